"""Explains a metric: how it is defined, a query for its latest values, and which others are like it.

Put here: what `explain_metric` answers. Keep out: which metric a question means (`metric_search.py`).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from regulars.pipelines.command.mcp.file_rows import drop_empty, name_nearest, read_rows
from regulars.pipelines.command.mcp.find import list_tables
from regulars.pipelines.command.mcp.metric_search import FoundMetric, MetricIndex, MetricSearch
from regulars.pipelines.command.mcp.splits import list_values_with
from regulars.pipelines.errors import UsageWrong
from regulars.pipelines.warehouse.sql_text import quote_literal

_NAMED = """
    select distinct metric
    from meta.metric_definitions
    where metric = replace(lower(trim($metric)), ' ', '_')
        or list_contains(string_split(lower(coalesce(synonyms, '')), ', '), replace(lower(trim($metric)), '_', ' '))
"""
_NAMES = "select column_name, is_key from meta.data_dictionary where table_name = $table"
QUERY_ROWS = 60
"""Of the query that shows a metric: five years of months, or the newest weeks."""
IS_COMPLETE, AS_OF, CUSTOMER = "is_complete", "as_of", "customer_id"
PRODUCT, PRODUCT_NAME = "product_id", "product_name"
TOLD_BESIDE = ("{}_verdict", "is_{}_significant", IS_COMPLETE, "reason")
"""What stands beside a metric, where its table has it: whether it is more than chance, is known, or why not."""
NEAR = 0.85
"""Of the score of the best metric, the least of one that fits as well."""
EXPLAINED, LISTED = 3, 5
"""How many metrics that fit as well are explained, and how many others are named."""
VALUES = 4
"""How many values of a table are named that say a word of the question."""
TABLES = 3
"""How many tables are named where no metric fits."""
LINE = 240
"""Most characters of a line that says which metric to use."""
_GRAIN = re.compile(r"\"grain\" = '\w+'")
_SPLITS = "select distinct {column} as value from {table} where {column} is not null order by value limit 60"


def explain_metric(file: Path, metric: str) -> dict[str, Any]:
    """How a metric is defined and asked for, once per table that publishes it.

    Args:
        file: The published DuckDB file.
        metric: Its name, such as `churn_rate_12m`, or one of its synonyms, in small or capital letters; or words.

    Returns:
        `metrics`: rows of `meta.metric_definitions` without what is empty, each with `query`, a SELECT that gives its
        latest values with their n, and `splits`, the grains and dimensions that its table has too. `see_also`: other
        metrics that say the words, a line each. Of words: `found` says how well the metrics fit, and `which`, where
        several fit as well, a line on each; where nothing fits, `metrics` is empty, and `tables` has a line on each of
        the tables that say the words best.

    Raises:
        UsageWrong: No metric says any of the words; the sentence names those that are written alike.
    """
    search = MetricIndex(file).search(metric)
    names = {row["metric"] for row in read_rows(file, _NAMED, {"metric": metric})}
    if names:
        named = [each for each in search.found if each.row["metric"] in names]
        return _answer(file, {}, named, _list_others(search, names))
    if not search.found:
        known = [row["metric"] for row in read_rows(file, "select distinct metric from meta.metric_definitions")]
        raise UsageWrong(name_nearest(metric, known, "metric"))
    if not search.fits:
        told = {"found": _say_nothing_fits(search), "tables": list_tables(file, metric)[:TABLES]}
        return _answer(file, told, [], _list_others(search, set()))
    near = _list_near(search.found)
    told = {"found": "By words; by its name or synonym, a metric is found for sure."}
    if len(near) > 1:
        told = {
            "found": f"{len(near)} metrics fit the words as well as each other: `which` says what each is.",
            "which": [_write_line(each) for each in near],
        }
    if search.values:
        told["values"] = "; ".join(_say_values(file, word, near) for word in search.values)
    return _answer(file, told, near, _list_others(search, {each.row["metric"] for each in near}))


def _say_values(file: Path, word: str, found: Sequence[FoundMetric]) -> str:
    """The condition for the rows of a word, such as `home` of `home member`, in each table of the metrics."""
    said = []
    for table in dict.fromkeys(each.row["table_name"] for each in found):
        conditions = [
            " and ".join(f"{column} = {quote_literal(held)}" for column, held in row.items())
            for row in list_values_with(file, table, word)[:VALUES]
        ]
        said += [f"{table} where {' or '.join(conditions)}"] if conditions else []
    return f"{word}: {', '.join(said) or 'a value of other tables; these are not split by it'}"


def _answer(file: Path, told: Mapping[str, Any], found: Sequence[FoundMetric], others: Sequence[str]) -> dict[str, Any]:
    metrics = [
        drop_empty({**each.row, "query": _write_query(file, each), "splits": _list_splits(file, each.row) or None})
        for each in found
    ]
    return {**told, "metrics": metrics, **({"see_also": others} if others else {})}


def _list_near(found: Sequence[FoundMetric]) -> list[FoundMetric]:
    """Those that fit as well as the first, each of the table in which it fits best."""
    best: dict[str, FoundMetric] = {}
    for each in found:
        if each.score >= NEAR * found[0].score:
            best.setdefault(each.row["metric"], each)
    return list(best.values())[:EXPLAINED]


def _list_others(search: MetricSearch, told: set[str]) -> list[str]:
    """A line of each of the next metrics."""
    best: dict[str, FoundMetric] = {}
    for each in search.found:
        if each.row["metric"] not in told:
            best.setdefault(each.row["metric"], each)
    return [_write_line(each) for each in list(best.values())[:LISTED]]


def _say_nothing_fits(search: MetricSearch) -> str:
    unsaid = f" No metric says: {', '.join(search.unsaid)}." if search.unsaid else ""
    return (
        f"No metric fits well; `see_also` names the nearest.{unsaid} Look at `tables`, which say the words best, "
        "before you say that it is not published."
    )


def _write_line(found: FoundMetric) -> str:
    """A metric, its table, and the first sentences of its definition, as many as a line holds."""
    text = found.row["definition"]
    if len(text) > LINE:
        ends = [place for place in range(len(text)) if text.startswith(". ", place) and place < LINE]
        text = text[: ends[-1] + 1] if ends else f"{text[:LINE].rpartition(' ')[0]} …"
    return f"{found.row['metric']} ({found.row['table_name']}): {text}"


def _write_query(file: Path, found: FoundMetric) -> str:
    """A SELECT of the metric: its column over time, latest first, beside all that its rows are told apart by.

    Of a table without periods, such as one row per customer, it is the expression over all rows, unless it has an
    interval, which adds up to nothing; of days that add up, it is the expression by month. Of customers one by
    one, and of products in each period, those with most of it come first; products have their names beside their ids.
    Periods that are not over are left out where `is_complete` says that alone. What its row says of itself
    (`TOLD_BESIDE`) stands beside it.
    """
    metric = found.row
    table, where = _place_rows(found)
    there = read_rows(file, _NAMES, {"table": table})
    names = {each["column_name"] for each in there}
    apart = _list_columns_apart(file, table, metric["never_over"] or "", where or "")
    interval = [name for name in (metric["interval_low_column"], metric["interval_high_column"]) if name]
    if metric["expression"] and metric["time_column"] == "as_of" and not apart and not interval:
        return f"select {metric['expression']} as {metric['metric']} from {table}{_write_where(where)}"
    if metric["over_time"] == "sum" and "\"grain\" = 'day'" in (metric["filter"] or ""):
        month = f"date_trunc('month', {metric['time_column']})::date"
        is_over = f"{metric['time_column']} < date_trunc('month', as_of + 1)" if AS_OF in names else ""
        condition = _write_where(where, is_over)
        counted = [f"sum({metric['n_column']}) as {metric['n_column']}"] if metric["n_column"] else []
        chosen = ", ".join([f"{month} as month", *apart, f"{metric['expression']} as {metric['metric']}", *counted])
        return f"select {chosen} from {table}{condition} group by all order by month desc limit {QUERY_ROWS}"
    said = (metric["column_name"], metric["n_column"], metric["known_column"])
    condition = _write_where(where, IS_COMPLETE if _hides_unfinished_alone(file, metric, table, where, names) else "")
    keys = [
        each["column_name"] for each in there if each["is_key"] and f'"{each["column_name"]}" =' not in (where or "")
    ]
    told = [name for each in TOLD_BESIDE if (name := each.format(metric["metric"])) in names]
    columns = [name for name in dict.fromkeys((metric["time_column"], *apart, *keys, *said, *interval, *told)) if name]
    if PRODUCT in keys and PRODUCT_NAME in names:
        columns.insert(columns.index(PRODUCT) + 1, PRODUCT_NAME)
    order = ", ".join([f"{metric['time_column']} desc", *apart])
    most_first = f"{metric['column_name']} desc nulls last"
    if CUSTOMER in keys:
        order = most_first
    elif PRODUCT in keys:
        order = f"{metric['time_column']} desc, {most_first}"
    return f"select {', '.join(columns)} from {table}{condition} order by {order} limit {QUERY_ROWS}"


def _write_where(*conditions: str | None) -> str:
    said = " and ".join(each for each in conditions if each)
    return f" where {said}" if said else ""


def _hides_unfinished_alone(
    file: Path, metric: Mapping[str, Any], table: str, where: str | None, names: Collection[str]
) -> bool:
    """Whether `is_complete` leaves out the period that is not over, and values that are not known, but no other value.

    In some tables it says that another number of the row is known, as churn does in young companies.
    """
    time = metric["time_column"]
    if IS_COMPLETE not in names or time == AS_OF:
        return False
    condition = _write_where(where)
    is_earlier = f"{time} < (select max({time}) from {table}{condition})"
    is_hidden = f"not {IS_COMPLETE} and {metric['column_name']} is not null and {is_earlier}"
    counts = f"count(*) filter ({IS_COMPLETE}) as complete, count(*) filter ({is_hidden}) as hidden"
    [counted] = read_rows(file, f"select {counts} from {table}{condition}")
    return bool(counted["complete"] and (metric["known_column"] == IS_COMPLETE or not counted["hidden"]))


def _place_rows(found: FoundMetric) -> tuple[str, str | None]:
    """The table or view that holds the metric's rows, and which of its rows they are; of a number, the rows of it."""
    metric, fixed = found.row, dict(found.fixed)
    table, where = metric["table_name"], metric["filter"] or ""
    grain = fixed.pop("grain", None)
    if metric["view_name"] and (grain is None or f"\"grain\" = '{grain}'" in where):
        table, where = metric["view_name"], metric["view_filter"] or ""
    elif grain is not None:
        where = _GRAIN.sub(f"\"grain\" = '{grain}'", where)
    numbers = [f'"{column}" = {number}' for column, number in fixed.items()]
    return table, " and ".join([*([where] if where else []), *numbers]) or None


def _list_columns_apart(file: Path, table: str, never_over: str, where: str) -> list[str]:
    """The columns of a table over which its metric must not be added up, but for those that the condition fixes."""
    there = {row["column_name"] for row in read_rows(file, _NAMES, {"table": table})}
    return [each for each in never_over.split(", ") if each in there and f'"{each}" =' not in where]


def _list_splits(file: Path, metric: Mapping[str, Any]) -> dict[str, list[str]]:
    """Column -> the values of it that the metric's table has rows of: its grains, and what customers are split by."""
    apart = (metric["never_over"] or "").split(", ")
    return {
        column: [row["value"] for row in read_rows(file, _SPLITS.format(column=column, table=metric["table_name"]))]
        for column in ("grain", "dimension")
        if column in apart
    }
