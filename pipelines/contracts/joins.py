"""Which tables join by the names of their columns, where no rule says so.

Put here: finding the columns that name a row of another table. Keep out: references that a rule checks
(`dictionary.py` puts both together).
"""

from collections.abc import Iterator, Mapping

from regulars.pipelines.contracts.contract import Contract

SYSTEM = "system"
OTHER_SYSTEMS = {"store_id": ("store_system", "order_system")}
"""Id -> columns that say which tool gave it, before `<name>_system` and `system`: an answer's store is its order's."""


def list_joins(tables: Mapping[str, Contract]) -> Iterator[tuple[str, tuple[str, ...], str, tuple[str, ...]]]:
    """Every column, or pair of a tool and its id, that is named as the key of a table of core.

    Args:
        tables: Published table -> contract.

    Yields:
        The table, its columns, the table of core, and the columns there in the same order.
    """
    keys = [(to, key) for to, contract in tables.items() if contract.layer == "core" for key in _list_keys(contract)]
    for table, contract in tables.items():
        names = {column.name for column in contract.columns} if contract.layer in ("core", "marts") else set()
        for to, key in keys:
            columns = _find_columns(key, names)
            if to != table and columns:
                yield table, columns, to, key


def _list_keys(contract: Contract) -> Iterator[tuple[str, ...]]:
    """The keys of a table that are one id, or a tool and its id."""
    unique = [rule.columns for rule in contract.rules if rule.type == "unique" and len(rule.columns) == 1]
    for key in dict.fromkeys([contract.key, *unique]):
        *rest, last = key or ("",)
        if rest in ([], [SYSTEM]) and last.endswith(("_id", "_idx")):
            yield key


def _find_columns(key: tuple[str, ...], names: set[str]) -> tuple[str, ...]:
    """The columns among `names` that name a row by a key; none where there are not all of them."""
    *system, own = key
    if own not in names:
        return ()
    if not system:
        return (own,)
    others = OTHER_SYSTEMS.get(own, (f"{own.removesuffix('_id')}_{SYSTEM}",))
    found = next((name for name in (*others, SYSTEM) if name in names), None)
    return (found, own) if found else ()
