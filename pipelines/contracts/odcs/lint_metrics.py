"""Checks that of every number of a mart it is decided whether it is a metric, and that a metric means one number.

Put here: what need not be a metric, and what contradicts between tables. Keep out: the form of an entry (`metric.py`).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.expression import list_expression_columns, parse_expression
from regulars.pipelines.contracts.view_contracts import NUMBERS

NOT_METRICS = {
    "of_one_customer": "An attribute of one customer: a score, a number of days, a rate. No number of the company.",
    "of_one_row": "A detail of one event, offer or product, read beside the row's other columns.",
    "interval_ends": "The end of an interval that belongs to one row; the metric is added up, the ends are not.",
    "model": "What a model or a test was given, or how well it did: an error, a p value.",
    "repeated": "The same in many rows, from a setting or from another table, where it is a metric.",
    "of_any_metric": "The value of another metric, whose own definition says what it is.",
}
"""Keys of a table's customProperty `notMetrics` -> why such a number need not be a metric."""
IDS = {"customer_idx"}


def lint_metrics(contract: Contract) -> Iterator[str]:
    """Check the metrics of one contract: one sentence per mistake.

    A number of a mart is a metric, or part of one (of its expression, its n, its interval), or part of the key, or
    stands in `notMetrics` with the reason.
    """
    metrics = [metric.name for metric in contract.metrics]
    for name in sorted({name for name in metrics if metrics.count(name) > 1}):
        yield f"the metric `{name}` is defined twice"
    columns = [column.name for column in contract.columns]
    left_out = [name for names in contract.not_metrics.values() for name in names]
    for reason in contract.not_metrics:
        if reason not in NOT_METRICS:
            yield f"`notMetrics` gives the reason `{reason}`, and must give one of {', '.join(NOT_METRICS)}"
    for name in sorted({name for name in left_out if left_out.count(name) > 1}):
        yield f"`notMetrics` names `{name}` twice"
    parts = set(_list_parts(contract))
    for name in dict.fromkeys(left_out):
        if name not in columns:
            yield f"`notMetrics` names `{name}`, which is not a column"
        elif name in parts:
            yield f"`notMetrics` names `{name}`, which is a metric or part of one"
    if contract.layer != "marts":
        return
    for column in contract.columns:
        is_decided = column.name in parts or column.name in left_out or column.name in IDS or column.key_position
        if column.logical_type in NUMBERS and not is_decided:
            yield (
                f"`{column.name}` is a number and no metric: define it in the customProperty `metrics`, or name it in "
                "`notMetrics` with the reason"
            )


def lint_shared_metrics(contracts: Mapping[str, Contract]) -> Iterator[str]:
    """Check that metrics of one name are shown alike, and good in one direction, in every mart."""
    found: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for contract in contracts.values():
        if contract.layer == "marts":
            for metric in contract.metrics:
                found[metric.name][contract.table] = metric.format, metric.good
    for name, tables in sorted(found.items()):
        if len({*tables.values()}) > 1:
            said = ", ".join(f"{table} ({form}, {good})" for table, (form, good) in tables.items())
            yield f"the metric `{name}` has several formats or good directions: {said}"


def lint_synonyms(contracts: Mapping[str, Contract]) -> Iterator[str]:
    """Check that what people call a number leads to one metric of one table, and is not the name of another metric.

    Also metrics of one name need synonyms of their own: their sums count other customers, or other days.
    """
    found: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    names: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    for contract in contracts.values():
        for metric in contract.metrics:
            names[_fold(metric.name)][contract.table, metric.name] = None
            for synonym in metric.synonyms:
                found[_fold(synonym)][contract.table, metric.name] = None
    for synonym, metrics in sorted(found.items()):
        others = {(table, name): None for table, name in names.get(synonym, ()) if (table, name) not in metrics}
        if len(metrics) + len(others) > 1:
            said = ", ".join(f"{table}.{name}" for table, name in {**metrics, **others})
            yield (
                f"the synonym `{synonym}` leads to several metrics: {said}; say in each how it differs from the others"
            )


def _fold(name: str) -> str:
    """A name as somebody asks for it: in small letters, in words."""
    return " ".join(name.lower().replace("_", " ").split())


def _list_parts(contract: Contract) -> Iterator[str]:
    """Columns that a metric holds or is made of."""
    for metric in contract.metrics:
        yield from (metric.name, metric.n, metric.known, *metric.interval)
        if metric.expression:
            yield from list_expression_columns(parse_expression(metric.expression))
