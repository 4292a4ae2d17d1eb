"""Finds metrics by the words of a question, and says whether they fit it.

Put here: what of a metric is searched, and what its words weigh. Keep out: scores (`word_scores.py`), and how a found
metric is explained (`explain.py`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from regulars.pipelines.command.mcp.file_rows import Rows, read_rows
from regulars.pipelines.command.mcp.splits import list_split_values, list_splits
from regulars.pipelines.command.mcp.word_scores import Described, score_by_words
from regulars.pipelines.command.mcp.word_search import PERIODS, WORD, cut_ending, find_forms, join_spans

NAME, TABLE, NUMBER, FIRST_SENTENCE, PURPOSE, DEFINITION = 1.0, 0.5, 0.9, 0.35, 0.3, 0.15
"""How much a word counts in a name or synonym of the metric, in the name of its table, as a number that its table has
rows for, in the first sentence of its definition, in what the table answers, and in the
rest of the definition."""
NOT_SPLIT = 0.6
"""What a metric keeps of its score where the question asks for it by what its table is not split by."""
START_PRIOR, CALLED_PRIOR, RATE_PRIOR, FORM_PRIOR = 1.2, 1.22, 1.12, 1.2
"""How much more a metric counts of a table to start with, one with synonyms, a rate or mean (which has an n), and one
in the form that the question asks for."""
START_TABLES = frozenset(
    f"marts.{name}"
    for name in (
        *("customer_360", "retention_cohorts", "churn", "customer_clv", "nps", "satisfaction_drivers"),
        *("feedback_themes", "satisfaction_scores", "nps_value", "owner_worklists", "service_risk_customers"),
        *("scorecard", "sales_new_vs_returning"),
    )
)
"""Those of "Start with these tables" in the README."""
FITS, FITS_IN_PART = 0.3, 0.5
"""The least share of a question that a metric must say to fit it; the latter where a word of it stands nowhere."""
FORMS = {
    "integer": re.compile(r"\b(how many|numbers? of|counts?)\b"),
    "currency": re.compile(r"\b(how much|money|amounts?)\b"),
    "percent": re.compile(r"\b(shares?|rates?|percent(age)?)\b|%"),
}
"""The format of a metric -> how a question asks for one."""
NUMBERED = re.compile(rf"\b(?P<number>\d+)(?P<period>{'|'.join(PERIODS)})\b|\b(?P<count>\d+) (?P<unit>[a-z]+)\b")

_METRICS = """
    select metrics.*, contracts.purpose
    from meta.metric_definitions as metrics
    left join meta.contracts as contracts using (table_name)
    order by table_name, metric
"""
_NUMBERED_KEYS = """
    select table_name, column_name, concat_ws(' ', column_name, description) as text
    from meta.data_dictionary
    where is_key and data_type in ('INTEGER', 'BIGINT')
        and table_name in (select table_name from meta.metric_definitions)
"""


@dataclass(frozen=True)
class FoundMetric:
    """A row of `meta.metric_definitions` that a question means.

    Attributes:
        row: The row.
        score: How well it fits, more than others or less.
        share: Which share of the question it says, from 0 to 1.
        fixed: Columns of its table that a number of the question fixes -> the value.
    """

    row: Mapping[str, Any]
    score: float
    share: float
    fixed: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class MetricSearch:
    """What a question found.

    Attributes:
        found: The metrics that say any of its words, each of every table that publishes it, the best first.
        unsaid: The words that no metric says.
        fits: Whether the best is what the question means, or only says a word of it.
        values: The words that no metric needs to say: each is a value that rows are of, such as `office`.
    """

    found: Sequence[FoundMetric]
    unsaid: Sequence[str]
    fits: bool
    values: Sequence[str] = ()


class MetricIndex:
    """What is searched of the metrics of a published file: read once, it answers any number of questions."""

    def __init__(self, file: Path) -> None:
        """Read the metrics of a published DuckDB file."""
        self._rows = read_rows(file, _METRICS)
        self._described = [_describe(row) for row in self._rows]
        self._splits = list_splits(file)
        values = " ".join(list_split_values(file)).lower()
        self._values = {cut_ending(word) for word in WORD.findall(values) if word.isalpha()}
        self._numbered_keys = read_rows(file, _NUMBERED_KEYS)

    def search(self, words: str) -> MetricSearch:
        """Search the metrics by the words of a question; where none fits, without values that no metric says."""
        search = self._search(words)
        values = [word for word in search.unsaid if cut_ending(word) in self._values]
        if search.fits or not values:
            return search
        rest = " ".join(word for word in words.split() if not set(WORD.findall(word.lower())) & set(values))
        if not find_forms(rest):
            return search
        of_rest = self._search(rest)
        return replace(of_rest, values=values) if of_rest.fits else search

    def _search(self, words: str) -> MetricSearch:
        fixed = _fix_numbers(self._numbered_keys, words)
        of_rows = [_find_fixed(row, fixed) for row in self._rows]
        described = [_add_numbers(each, of_row) for each, of_row in zip(self._described, of_rows, strict=True)]
        head, tail = _cut_split(words, self._splits.values())
        form = next((form for form, asked in FORMS.items() if asked.search(words.lower())), None)
        shares = score_by_words(head, described)
        weights = _weigh_splits(self._rows, tail, self._splits)
        found = [
            FoundMetric(row, share * split * _weigh_prior(row, form), share * split, of_row)
            for row, share, split, of_row in zip(self._rows, shares, weights, of_rows, strict=True)
            if share
        ]
        found.sort(key=lambda each: (-each.score, len(each.row["metric"]), each.row["metric"]))
        said = {word for each in described for word in each.words} | find_forms(" ".join(self._splits.values())).keys()
        unsaid = [sorted(forms)[0] for word, forms in find_forms(head).items() if word not in said]
        return MetricSearch(found, unsaid, bool(found) and found[0].share >= (FITS_IN_PART if unsaid else FITS))


def _cut_split(words: str, splits: Iterable[str]) -> tuple[str, str]:
    """A question before and after its last `by`, where all after it is what some table is split by."""
    head, _, tail = words.rpartition(" by ")
    known = find_forms(" ".join([*splits, *PERIODS]))
    return (head, tail) if head and known.keys() >= find_forms(tail).keys() else (words, "")


def _weigh_splits(rows: Rows, tail: str, splits: Mapping[str, str]) -> list[float]:
    """What each metric keeps of its score, the more of the words it is split by or says in its names."""
    asked = find_forms(tail).keys()
    weights = []
    for row in rows:
        said = [splits.get(row["table_name"], ""), row["metric"], row["synonyms"] or "", row["time_grain"] or ""]
        missing = len(asked - find_forms(" ".join(said)).keys()) / max(1, len(asked))
        weights.append(1 - (1 - NOT_SPLIT) * missing)
    return weights


def _describe(row: Mapping[str, Any]) -> Described:
    first, _, rest = row["definition"].partition(". ")
    names = [row["metric"], *(row["synonyms"] or "").split(", ")]
    return Described(
        {row["table_name"].partition(".")[2]: TABLE, **{name: NAME for name in names if name}},
        {first: FIRST_SENTENCE, row["purpose"] or "": PURPOSE, rest: DEFINITION},
    )


def _add_numbers(described: Described, fixed: Mapping[str, str | int]) -> Described:
    """The numbers of the question, such as `month 3`, are said of a metric whose table has rows of each number."""
    if not fixed:
        return described
    numbers = " ".join(f"{value} {period}" for value in fixed.values() for period in PERIODS)
    return Described(described.phrases, {**described.texts, numbers: NUMBER})


def _weigh_prior(row: Mapping[str, Any], wanted: str | None) -> float:
    return (
        (START_PRIOR if row["table_name"] in START_TABLES else 1.0)
        * (CALLED_PRIOR if row["synonyms"] else 1.0)
        * (RATE_PRIOR if row["n_column"] else 1.0)
        * (FORM_PRIOR if row["format"] == wanted else 1.0)
    )


def _fix_numbers(keys: Rows, words: str) -> dict[str, dict[str, str | int]]:
    """Table -> what numbers of the question, such as `month 3`, fix of its key: a numbered column, and the grain.

    A number belongs to a column that says the word beside it, or to one of periods where the word is one.
    """
    asked = [
        (each["period"] or cut_ending(each["unit"]), int(each["number"] or each["count"]))
        for each in NUMBERED.finditer(join_spans(words))
    ]
    fixed: dict[str, dict[str, str | int]] = {}
    for key in keys:
        said = find_forms(key["text"])
        for unit, number in asked:
            if unit in said:
                fixed[key["table_name"]] = {key["column_name"]: number}
            elif unit in PERIODS and cut_ending("periods") in said:
                fixed[key["table_name"]] = {key["column_name"]: number, "grain": unit}
    return fixed


def _find_fixed(row: Mapping[str, Any], fixed: Mapping[str, Mapping[str, str | int]]) -> Mapping[str, str | int]:
    """What a question's numbers fix of a metric's table, unless the metric itself is of other numbers."""
    of_table = fixed.get(row["table_name"], {})
    return {} if any(f'"{name}" =' in (row["filter"] or "") for name in of_table if name != "grain") else of_table
