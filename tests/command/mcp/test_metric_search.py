"""Words of a question find the metric that it means, or nothing where nothing fits."""

import re
from pathlib import Path

import pytest
import yaml

from regulars.pipelines.command.mcp.metric_search import START_TABLES, MetricIndex
from regulars.pipelines.command.mcp.word_scores import Described, score_by_words
from regulars.pipelines.command.mcp.word_search import find_words

PHRASES = yaml.safe_load((Path(__file__).parent / "metric_phrases.yaml").read_text(encoding="utf-8"))
README = Path(__file__).parents[3] / "README.md"


@pytest.fixture(scope="module")
def index(file) -> MetricIndex:
    return MetricIndex(file)


@pytest.mark.parametrize(
    ("group", "first", "first_three", "nothing"), [("tuned", 32, 34, 3), ("held_out", 23, 27, 3), ("fresh", 10, 13, 2)]
)
def test_most_phrases_find_their_metric(index, group, first, first_three, nothing):
    wanted = [each for each in PHRASES[group] if each["metrics"]]
    found = {}
    for each in wanted:
        search = index.search(each["ask"])
        found[each["ask"]] = list(dict.fromkeys(metric.row["metric"] for metric in search.found))[:3]
    hits = [[name in each["metrics"] for name in found[each["ask"]]] for each in wanted]
    assert sum(each[0] for each in hits) >= first, found
    assert sum(any(each) for each in hits) >= first_three, found
    assert sum(not index.search(each["ask"]).fits for each in PHRASES[group] if not each["metrics"]) >= nothing


def test_hardly_a_phrase_that_means_a_metric_is_told_that_nothing_fits(index):
    told = [
        each["ask"]
        for group in PHRASES.values()
        for each in group
        if each["metrics"] and not index.search(each["ask"]).fits
    ]
    assert len(told) <= 4, told


def test_tables_to_start_with_are_those_of_the_readme():
    section = README.read_text(encoding="utf-8").partition("## Start with these tables")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(marts\.\w+)`", section, flags=re.MULTILINE)) == START_TABLES


def test_a_whole_name_counts_more_than_a_part_and_a_name_more_than_a_text():
    things = [
        Described({"churn rate": 1.0}, {}),
        Described({"churn": 1.0}, {}),
        Described({"churned": 1.0}, {}),
        Described({"loss": 1.0}, {"also called churn": 0.3}),
        Described({"revenue": 1.0}, {}),
    ]
    part, whole, other_form, text, nothing = score_by_words("churn", things)
    assert (whole, text, nothing) == (1.0, pytest.approx(0.3), 0.0)
    assert text < part < other_form < whole
    assert score_by_words("churn of employees", things)[1] < 0.5
    assert score_by_words("of our", things) == [0.0] * 5


def test_a_small_word_of_a_name_keeps_it_from_being_whole():
    longer, whole = score_by_words("margin", [Described({"most for margin": 1.0}, {}), Described({"margin": 1.0}, {})])
    assert longer < whole


@pytest.mark.parametrize("text", ["churn_12m", "12-month churn", "churn of twelve months", "month 12 of churn"])
def test_a_number_and_its_period_are_one_word(text):
    assert sorted(find_words(text)) == ["12month", "churn"]
