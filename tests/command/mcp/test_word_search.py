"""Words find what says them: a name before a text, a rare word before one that everybody says, in any inflexion."""

import pytest

from regulars.pipelines.command.mcp.word_search import Entry, cut_ending, find_words, rank_by_words

SEASON = Entry("seasonality", {"seasonality": 3.0, "what customers buy when": 1.0})
CHURN = Entry("churn", {"churn": 3.0, "how many customers are lost in each season": 1.0})
STORES = Entry("stores", {"stores": 3.0, "where customers buy": 1.0})


def test_a_name_comes_before_a_text():
    assert rank_by_words("seasons", [CHURN, STORES, SEASON]) == ["seasonality", "churn"]


def test_a_rare_word_counts_more_than_one_that_all_say():
    assert rank_by_words("customers lost", [STORES, SEASON, CHURN])[0] == "churn"


def test_of_equal_ones_the_first_comes_first_and_who_says_nothing_does_not_come():
    assert rank_by_words("buy", [STORES, CHURN, SEASON]) == ["stores", "seasonality"]
    assert rank_by_words("which of our", [STORES]) == []


@pytest.mark.parametrize(
    "words",
    [
        *("seasonality seasonal seasons", "returning returns returned", "referral refers", "category categories"),
        *("lose lost loss losing", "sell sold sales selling", "win won winning", "day days", "tax taxes", "box boxes"),
    ],
)
def test_words_of_one_stem_are_one(words):
    assert len({cut_ending(word) for word in words.split()}) == 1


def test_words_that_say_nothing_are_no_words_of_a_question():
    assert find_words("How many of our customers did we lose?") == ["custom", "lose"]
    assert find_words("It's the customer's turn") == ["custom", "turn"]


def test_a_word_in_s_that_is_no_plural_keeps_it():
    assert [cut_ending(word) for word in ("nps", "less")] == ["nps", "less"]


def test_a_table_that_a_question_calls_by_its_name_comes_before_one_that_has_a_word_of_it_in_a_longer_name():
    named = Entry("sales", {"sales": 10.0}, {"revenue": 10.0})
    longer = Entry("concentration", {"revenue concentration": 9.0}, {"revenue concentration": 10.0})
    assert rank_by_words("revenue", [longer, named]) == ["sales", "concentration"]
    assert rank_by_words("revenue concentration", [named, longer]) == ["concentration", "sales"]
    assert rank_by_words("concentration", [named, longer]) == ["concentration"]


def test_words_that_stand_together_in_the_question_and_in_a_text_count_more():
    apart = Entry("orders", {"days after a sale without any first order": 2.0})
    together = Entry("lapse", {"days without an order after which customers are gone": 2.0})
    assert rank_by_words("how many days without an order", [apart, together]) == ["lapse", "orders"]
