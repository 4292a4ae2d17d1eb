"""Checks that headline views make sense: real columns, numbers to add up, and one for every metric that needs it.

Put here: checks of `headlineViews`. Keep out: the form of their entries (`headline_view.py`), what their sums come to
(`tests/publish/test_headline_views.py`).
"""

from collections.abc import Iterator, Mapping

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.headline_view import HeadlineView
from regulars.pipelines.contracts.view_contracts import NUMBERS, find_view
from regulars.pipelines.definitions.enumerations import ALL


def lint_views(contract: Contract, contracts: Mapping[str, Contract]) -> Iterator[str]:
    """Check the views of one contract: one sentence per mistake.

    Args:
        contract: The table's.
        contracts: All contracts, by table: a view may not be called like one of them.
    """
    for view in contract.views:
        yield from (f"the view `{view.name}` {problem}" for problem in _lint_view(contract, view, contracts))
    for name in sorted({view.name for view in contract.views if [v.name for v in contract.views].count(view.name) > 1}):
        yield f"the view `{name}` stands twice in `headlineViews`"
    for column in contract.columns:
        is_of_all = column.key_position and any(value == ALL for value, _ in column.allowed_values)
        if contract.layer == "marts" and (is_of_all or column.name == "dimension") and not contract.views:
            yield (
                f"`{column.name}` holds `{ALL}` beside its parts: declare a view of it in the customProperty "
                "`headlineViews`"
            )
    for metric in contract.metrics:
        needed = {name: value for name, value in metric.filter.items() if name in contract.key}
        if contract.layer == "marts" and needed and find_view(contract, metric) is None:
            rows = ", ".join(f"{name}: {value}" for name, value in needed.items())
            yield (
                f"the metric `{metric.name}` counts the rows of {{{rows}}} alone, and no headline view holds them: "
                "declare one in the customProperty `headlineViews`"
            )


def _lint_view(contract: Contract, view: HeadlineView, contracts: Mapping[str, Contract]) -> Iterator[str]:
    columns = {column.name: column for column in contract.columns}
    if f"{contract.layer}.{view.name}" in contracts:
        yield "is called like a table: give it another name"
    for name in sorted({*view.where, *view.where_not, *view.additive} - {*columns}):
        yield f"names `{name}`, which is not a column"
    for name in view.additive:
        if name in view.where or name in contract.key:
            yield f"adds up `{name}`, which says what a row is"
        elif name in columns and columns[name].logical_type not in NUMBERS:
            yield f"adds up `{name}`, which is not a number"
    for metric in contract.metrics:
        # as_of is the same in every row, so that nothing is added up over it
        spans_time = metric.time_column in contract.key and metric.time_column not in view.where
        if metric.name in view.additive and metric.over_time != "sum" and spans_time:
            yield f"adds up `{metric.name}`, of which the metric says that it is never added up over time"
    if {*view.where} >= {*columns}:
        yield "leaves no column"
