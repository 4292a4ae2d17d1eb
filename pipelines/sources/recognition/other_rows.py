"""Finds what says that the rows of a file are not all of the kind that it seems: types of rows, suppliers, employees.

Put here: the names of such columns. Keep out: states of a sale (`states.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regulars.pipelines.sources.recognition.column_facts import ColumnFacts
from regulars.pipelines.sources.recognition.column_names import plain_name

_ROW_TYPES = {
    *("line type", "row type", "record type", "entry type", "document type", "transaction type", "event type", "type"),
    *("transaction", "vorgang", "vorgangsart", "belegart", "buchungsart", "art", "typ", "tyyppi", "rodzaj", "tipo"),
    *("operation", "type de ligne", "类型", "交易类型", "ধরন"),
}
"""Names of columns that say what a row is: a sale, a line of it, a payment, a refund."""
_PARTNER_TYPES = {
    *("gp typ", "bp type", "card type", "partner type", "business partner type", "account type", "relationship type"),
    *("kontaktart", "adressart", "partnerart", "geschäftspartnertyp"),
}
"""Names of columns that tell customers from suppliers and others."""
_STAFF = {
    *("employee id", "employee number", "employee no", "staff id", "salary", "wage", "hourly rate"),
    *("hire date", "date of hire", "employment status", "employment type", "payroll number"),
    *("personalnummer", "personal nr", "mitarbeiternummer", "mitarbeiter nr", "gehalt", "lohn", "eintrittsdatum"),
    *("palkka", "henkilönumero", "salaire", "matricule", "date d embauche", "salario", "sueldo", "nómina", "salário"),
    *(
        "stipendio",
        "wynagrodzenie",
        "data zatrudnienia",
        "lön",
        "anställningsnummer",
        "工号",
        "工资",
        "入职日期",
        "বেতন",
    ),
}
"""Names that only lists of employees have."""
_FEW = 2
_MOST_ROW_TYPES = 20


def find_staff_column(facts: Sequence[ColumnFacts]) -> str:
    """The column by which a file is a list of employees, who are no customers; empty: it is none.

    Args:
        facts: What its columns look like.
    """
    return next((each.column for each in facts if plain_name(each.column) in _STAFF), "")


def question_row_types(
    kind: str, facts: Sequence[ColumnFacts], columns: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """A column that says what a row is: not all rows are of the kind."""
    names = {"orders": _ROW_TYPES, "order_lines": _ROW_TYPES, "customers": _PARTNER_TYPES}.get(kind, ())
    for each in facts:
        is_free = each.column not in columns.values()
        if plain_name(each.column) in names and is_free and _FEW <= each.distinct <= _MOST_ROW_TYPES:
            what = "customers" if kind == "customers" else "sales"
            yield (
                "kind",
                f"`{each.column}` has {each.distinct} different words: which of the rows are {what}? "
                "Leave the others out with `exclude`",
            )
