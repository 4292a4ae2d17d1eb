"""Finds what says that the rows of a file are not all of the kind that it seems: types of rows, suppliers, employees.

Put here: the names of such columns. Keep out: states of a sale (`states.py`).
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from regulars.pipelines.sources.recognition.column_facts import ColumnFacts
from regulars.pipelines.sources.recognition.column_names import plain_name, read_names
from regulars.pipelines.sources.surveys.unfinished_answers import RULE as UNFINISHED
from regulars.pipelines.warehouse.sql_text import quote_identifier

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
_SUPPLIERS = {
    *("supplier", "supplier name", "supplier id", "vendor", "vendor name", "vendor id", "lieferant", "lieferanten nr"),
    *("lieferantennummer", "fournisseur", "proveedor", "fornecedor", "fornitore", "leverancier", "leverantör"),
    *("leverandør", "toimittaja", "dostawca", "dodavatel", "beszállító", "tedarikçi", "поставщик", "供应商", "仕入先"),
}
"""Names of columns that say whom the company buys from."""
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
_OFTEN_STAFF = {
    *("job title", "department", "date joined", "joining date", "line manager", "manager", "position", "abteilung"),
    *("stellenbezeichnung", "vorgesetzter", "osasto", "esimies", "titre du poste", "departamento", "reparto", "dział"),
    *("avdelning", "befattning", "部门", "职位"),
}
"""Names that lists of employees have, and lists of people at companies too."""
_THINGS = re.compile(
    r"(subscription|order|invoice|payment|transaction|charge|refund|payout|ticket|case|conversation|deal|opportunity"
    r"|shipment|delivery|booking|reservation|appointment|event|session|visit|review|response|submission|call|message"
    r"|cart|checkout|quote|estimate|abo|bestell|bestellung|rechnungs?|auftrags?|buchungs?|vorgangs?|tilaus|varaus)"
    r" ?(id|no|number|nr|nummer|numero|key|uuid)"
)
"""Names of the ids of things that people buy, ask or do: a list of people has no such id of every row."""
_IDS_OF_ANYBODY = {"id", "record id"}
_SALES = ("orders", "order_lines")
_FEW = 2
_FEW_BLANK = 2
"""So many records without a number are taken for totals."""
_TOTALS = "(grand )?total|sum|gesamt|yhteensä|razem|итого|合计|合計|합계"
"""How a line of totals begins."""
_MOST = 0.9
_MOST_ROW_TYPES = 20


def find_staff_column(facts: Sequence[ColumnFacts]) -> str:
    """The column by which a file is a list of employees, who are no customers; empty: it is none, or may be none.

    A list of customers may name the employee who looks after each, or where each works: one such column decides
    only where no column is the id of a customer.

    Args:
        facts: What its columns look like.
    """
    staff = _list_columns(facts, _STAFF)
    return staff[0] if len(staff) >= _FEW or (staff and not _names_customers(facts)) else ""


def question_staff(kind: str, facts: Sequence[ColumnFacts]) -> Iterator[tuple[str, str]]:
    """What has to be asked of a file that seems to be a list of customers, and may be one of employees."""
    staff = _list_columns(facts, _STAFF)
    often = _list_columns(facts, _OFTEN_STAFF)
    found = staff or (often if len(often) >= _FEW and not _names_customers(facts) else [])
    if kind == "customers" and found:
        names = ", ".join(f"`{column}`" for column in found)
        yield "kind", f"lists of employees have {names} too: are its rows customers?"


def question_things(kind: str, facts: Sequence[ColumnFacts]) -> Iterator[tuple[str, str]]:
    """What has to be asked of a file that seems to be a list of customers, and may be one of what they do.

    Every subscription, booking or message names its customer, so that these names alone speak for customers.
    """
    named = [each for each in facts if _THINGS.fullmatch(plain_name(each.column))]
    things = [each for each in named if each.filled >= _MOST * each.row_count]
    if kind == "customers" and things and things[0].row_count:
        yield (
            "kind",
            f"`{things[0].column}` names something else in every row, of which a customer may have several: are its "
            "rows customers?",
        )


def _list_columns(facts: Sequence[ColumnFacts], names: Collection[str]) -> list[str]:
    return [each.column for each in facts if plain_name(each.column) in names]


def _names_customers(facts: Sequence[ColumnFacts]) -> bool:
    ids = set(read_names()["customers"]["customer_record_id"]) - _IDS_OF_ANYBODY
    return bool(_list_columns(facts, ids))


def question_suppliers(
    kind: str, facts: Sequence[ColumnFacts], columns: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Orders that name a supplier and no customer: they may be what the company bought."""
    suppliers = _list_columns(facts, _SUPPLIERS)
    if kind in ("orders", "order_lines") and suppliers and not {"customer_record_id", "email"} & columns.keys():
        yield (
            "kind",
            f"`{suppliers[0]}` names suppliers and no column names customers: are its rows sales, or purchases?",
        )


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


def leave_out_rows(kind: str, found: Mapping[str, ColumnFacts], reasons: list[str]) -> Iterator[tuple[str, str]]:
    """Rules that leave out records of which nothing is known that all others have: totals, and surveys never sent.

    Args:
        kind: The kind of the rows.
        found: Our column -> the file's.
        reasons: Why, which are added to.
    """
    if kind == "survey_responses" and (blank := found["answered_at"]).filled < blank.row_count:
        what, name = "as surveys that were begun and never sent", UNFINISHED
    elif kind == "acquisition_spend" and has_totals(blank := found["month"]):
        cell = f"lower(trim(coalesce({quote_identifier(blank.column)}, '')))"
        reasons.append(
            f"{blank.row_count - blank.days:,} of {blank.row_count:,} records are no day in `{blank.column}`, "
            "as totals are none: those that say so are left out"
        )
        yield "totals", f"regexp_matches({cell}, '^(({_TOTALS}).*)?$')"
        return
    elif kind in _SALES and 0 < (blank := found["order_id"]).row_count - blank.filled <= _FEW_BLANK:
        what, name = "as a total has none", "without_number"
    else:
        return
    count = blank.row_count - blank.filled
    of_all = f"{count:,} of {blank.row_count:,} records {'has' if count == 1 else 'have'}"
    reasons.append(f"{of_all} nothing in `{blank.column}`, {what}: left out")
    yield name, f"trim(coalesce({quote_identifier(blank.column)}, '')) = ''"


def has_totals(day: ColumnFacts) -> bool:
    """Whether one or two rows of a report have no day, as totals have none."""
    return 0 < day.row_count - day.days <= _FEW_BLANK < day.days
