"""A headline view: the rows of a table that a person means who names no grain or dimension; a plain SUM is right.

Put here: the shape of a view and reading it from a contract. Keep out: what follows from it (`view_contracts.py`),
whether it makes sense (`odcs/lint_views.py`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from regulars.pipelines.contracts.metric import Metric
from regulars.pipelines.contracts.odcs.place import Place

KEYS = {"name", "purpose", "grain", "where", "where_not", "additive"}


@dataclass(frozen=True)
class HeadlineView:
    """Some rows of a table, without the columns that are the same in all of them.

    Attributes:
        name: Without the layer, which is that of the table.
        purpose: One sentence for the reader.
        grain: What one row is.
        where: Column -> the one value that the rows have. The view leaves these columns out.
        where_not: Column -> the value of rows that hold what other rows of the view hold too, such as `all`.
        additive: The columns whose sum over any rows of the view is a number of its own: nothing counts twice.
    """

    name: str
    purpose: str
    grain: str
    where: Mapping[str, Any] = field(default_factory=dict, hash=False)
    where_not: Mapping[str, Any] = field(default_factory=dict, hash=False)
    additive: tuple[str, ...] = ()

    def holds(self, metric: Metric, key: Iterable[str]) -> bool:
        """Whether the view has the rows that a metric is made from: those that it filters by columns of the key.

        A metric of all values but one is not in a view of a single value.
        """
        is_whole = not any(name in self.where for name in metric.filter_not)
        return is_whole and all(self.where.get(name) == value for name, value in metric.filter.items() if name in key)


def read_headline_views(entries: Any, place: Place) -> tuple[HeadlineView, ...]:
    """The views of a table's customProperty `headlineViews`.

    Args:
        entries: One mapping per view, with the keys of `KEYS`.
        place: Where problems go.
    """
    return tuple(_read_view(entry, place.at(f"view {entry.get('name', '?')}")) for entry in entries or ())


def _read_view(entry: Mapping[str, Any], place: Place) -> HeadlineView:
    place.refuse_unknown(entry, KEYS)
    where, where_not = dict(entry.get("where") or {}), dict(entry.get("where_not") or {})
    if not where and not where_not:
        place.wrong("`where` and `where_not` are empty: a view of all rows is the table itself")
    return HeadlineView(
        name=place.read_text(entry, "name"),
        purpose=place.read_text(entry, "purpose"),
        grain=place.read_text(entry, "grain"),
        where=where,
        where_not=where_not,
        additive=tuple(entry.get("additive") or ()),
    )
