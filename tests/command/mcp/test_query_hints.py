"""A query that is cut says how many rows there are; one with a wrong column, which columns there are."""

from pathlib import Path

import pytest

from regulars.pipelines.command.mcp.query_process import answer


def ask(file: Path, query: str, row_limit: int = 3) -> dict:
    limits = {"row_limit": row_limit, "character_limit": 60_000, "memory_mib": 2048}
    return answer({"file": str(file), "query": query, **limits})


def test_a_cut_answer_says_how_many_rows_there_are_and_how_to_go_on(file):
    found = ask(file, "select * from range(7) order by 1")
    assert (found["row_count"], found["is_cut"], found["all_rows"]) == (3, True, "7")
    assert "`offset 3`" in found["go_on"]
    assert ask(file, "select * from range(2004)")["all_rows"] == "2,004"
    assert ask(file, "select * from range(100000000000)")["all_rows"].startswith("at least ")
    assert {"all_rows", "go_on"}.isdisjoint(ask(file, "select * from range(3)"))


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("select share from marts.revenue_concentration", "top_1_percent_share"),
        ("select pareto from marts.revenue_concentration", "top_20_percent_share"),
        ("select n.answers from marts.nps as n", "responses"),
        ("select chrun_rate_12m from marts.churn_all", "churn_rate_12m"),
        ("select bad_experiences_12m from marts.service_risk_customers", "bad_experience_count"),
        ("select experience_on from marts.bad_experiences", "experienced_on"),
        ("select is_used from meta.clv_evaluation", "is_chosen"),
        ("select customer_idx from marts.customer_segments", "customer_id"),
        ("select nps_score from marts.nps", "nps"),
        ("select answered_share from marts.nps_all", "response_rate"),
    ],
)
def test_a_wrong_column_is_answered_with_those_that_say_its_words_and_all_of_the_table(file, query, meant):
    error = ask(file, query)["error"]
    assert f"`{meant}`" in error.partition("Did you mean")[2].partition("?")[0]
    assert f"Columns of {query.split(' from ')[1].split()[0]}: " in error
    assert "describe_table" in error


def test_an_error_about_no_column_of_a_table_stays_as_it_is(file):
    assert "Columns of" not in ask(file, "select nothing")["error"]
    assert "Columns of" not in ask(file, "select sum('a') from marts.churn")["error"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select customer_type from marts.seasonality_all", "The view leaves `customer_type` out"),
        ("select dimension from marts.support_response_last_year", "marts.support_response has it."),
        ("select plan from marts.mrr_movements_all", "dimension of marts.mrr_movements: filter `dimension = 'plan'`"),
        ("select scope_value from marts.revenue_concentration", "is a column of marts.predicted_totals"),
        ("select segment from marts.customer_clv", "`segment` is a column of marts.customer_360, "),
    ],
)
def test_a_column_that_another_table_has_is_said_to_be_there(file, query, said):
    assert said in ask(file, query)["error"]


@pytest.mark.parametrize("word", ["no", "simple", "ref", "share", "month"])
def test_a_name_that_is_a_word_of_sql_is_shown_as_it_may_be_written(file, word):
    query = f"select count(*) {word} from marts.churn"
    assert f'write `as "{word}"`' in ask(file, query)["error"]
    assert ask(file, query.replace(word, f'as "{word}"', 1))["columns"] == [word]


def test_an_error_of_grammar_elsewhere_names_no_word(file):
    assert "name of yours" not in ask(file, "select from where marts.churn")["error"]
