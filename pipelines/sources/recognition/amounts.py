"""Tells amounts apart by what their names say of tax, and finds the amounts given back.

Put here: words in the names of columns of money. Keep out: how amounts are written (`written_formats.py`).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from regulars.pipelines.sources.recognition.column_facts import ColumnFacts
from regulars.pipelines.warehouse.sql_text import quote_identifier

TaxBasis = Literal["with", "without", ""]

_TAX = r"(sales )?(tax(es)?|vat|gst|mwst|ust|steuer|iva|tva|btw|alv|moms|imposto|impuestos?)"
_WITHOUT_TAX = re.compile(
    rf"\b(ex|excl|excluding|exclusive|without|before|net of|w/o|ohne|exkl|sin|sem|senza|hors|zonder|utan|uten|bez)\.?"
    rf"[ _]?(of )?{_TAX}\b|{_TAX}[ _](excl\w*|ex)\b|\bht\b|netto|\bveroton|不含税|未税",
    re.IGNORECASE,
)
_WITH_TAX = re.compile(
    rf"\b(inc|incl|including|inclusive|with|after|inkl|mit|con|com|avec|met|med|sis)\.?[ _]?(of )?{_TAX}\b"
    rf"|{_TAX}[ _](incl\w*|inc)\b|\bttc\b|brutto|\bbruto\b|\bverollinen|含税",
    re.IGNORECASE,
)
_REFUNDED = (
    *("refund amount", "refunded amount", "amount refunded", "total refunded", "refund total", "refunded", "refunds"),
    *("total refund", "erstattungsbetrag", "erstattet", "montant remboursé", "importe reembolsado", "valor devolvido"),
    *("hyvitetty summa", "kwota zwrotu", "退款金额"),
)
_MOST = 0.9


def find_tax_basis(name: str) -> TaxBasis:
    """Whether a name says that its amounts are with tax or without: `Total (inc tax)`, `total_tax_excl`, `Brutto`."""
    if _WITHOUT_TAX.search(name):
        return "without"
    return "with" if _WITH_TAX.search(name) else ""


def drop_tax_words(name: str) -> str:
    """A name without what it says of tax: `total_paid_tax_excl` as `total_paid_`; whole where nothing else stays."""
    rest = _WITH_TAX.sub(" ", _WITHOUT_TAX.sub(" ", name))
    return rest if re.search(r"\w", rest) else name


def order_by_tax(facts: Sequence[ColumnFacts]) -> list[ColumnFacts]:
    """Columns of amounts without tax before those that say nothing, and these before those with tax."""
    rank = {"without": 0, "": 1, "with": 2}
    return sorted(facts, key=lambda each: rank[find_tax_basis(each.column)])


def settle_tax(
    found: Mapping[str, ColumnFacts], columns: dict[str, Any], reasons: list[str], questions: dict[str, str]
) -> None:
    """Say whether the prices of a file of orders include the tax, and leave out amounts that disagree in it.

    Args:
        found: Our column -> the file's.
        columns: Our columns as the settings write them, which are changed.
        reasons: Where a reason is added.
        questions: Where a question is added.
    """
    goods = found["gross_sales"]
    if find_tax_basis(goods.column) == "with":
        if "tax" in columns:
            columns["prices_include_tax"] = {"value": True}
            reasons.append(f"`{goods.column}` says that it holds the tax, which is taken out of it")
        else:
            questions["gross_sales"] = (
                f"`{goods.column}` holds the tax: which column is the tax, or the amount without?"
            )
        return
    for ours in ("shipping", "discounts"):
        if ours in columns and find_tax_basis(found[ours].column) == "with":
            del columns[ours]
            reasons.append(f"`{found[ours].column}` is with tax and `{goods.column}` is not, so that it is not read")


def find_refunds(by_name: Mapping[str, ColumnFacts], columns: Mapping[str, Any]) -> dict[str, Any] | None:
    """The mapping of what was given back of each order; None where no column of money says it.

    Args:
        by_name: The columns, by their names in small letters with blanks.
        columns: The mapping of the orders.
    """
    free = (by_name[name] for name in _REFUNDED if name in by_name and by_name[name].column not in columns.values())
    amounts = (each for each in free if each.filled and each.share(each.numbers) >= _MOST)
    amount = next((each for each in amounts if each.flags < each.filled), None)  # else it only says whether
    if amount is None:
        return None
    cell = quote_identifier(amount.column)
    currency = {"currency": columns["currency"]} if "currency" in columns else {}
    return {
        "when": f"regexp_matches(coalesce({cell}, ''), '[1-9]')",
        "columns": {
            "refund_id": columns["order_id"],
            "order_id": columns["order_id"],
            "amount": {"sql": f"ltrim({cell}, '-')"},
            **currency,
        },
    }
