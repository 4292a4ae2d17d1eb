"""Tells amounts apart by what their names say of tax, and finds the amounts given back.

Put here: words in the names of columns of money. Keep out: how amounts are written (`written_formats.py`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from regulars.pipelines.sources.recognition.column_facts import ColumnFacts
from regulars.pipelines.sources.recognition.open_questions import Questions
from regulars.pipelines.warehouse.sql_text import quote_identifier

TaxBasis = Literal["with", "without", "either", ""]

_TAX = (
    r"(sales )?(tax(es)?|vat|gst|hst|mw ?st|ust|umsatzsteuer|mehrwertsteuer|steuern?|iva|tva|tps|tvq|taxes?|btw|alv"
    r"|moms|mva|dph|podatk(u|iem)|impost[oae]s?|impuestos?|icms|kdv|áfa|pdv|ddv|pvm|ppn|ндс|пдв|ддс|φπα)"
)
_WITHOUT_TAX = re.compile(
    r"\b(ex|excl|excluding|exclusive|not incl\w*|without|before|pre|net of|w/o|s/|ohne|exkl|exklusive|zzgl|zuzüglich"
    r"|sin|sem|senza|hors|sans|avant|esclus[ao]|zonder|utan|uten|uden|bez|brez|be|fără|ilman|без|χωρίς)"
    rf" ?(of )?(the )?\b{_TAX}\b|\b{_TAX} (excl\w*|ex|escl\w*|exkl\w*|0 ?%|n(o|on|ão|ot|icht) \w+)\b"
    rf"|\b{_TAX} 0 ?%|\b(o|nicht inkl\w*) {_TAX}\b|\bht\b|nett[oó](?!gew)|\bveroton|不含税|未税|未稅|税抜|税別"
    r"|부가세 별도|\bkdv hariç|\bkdv siz|нетто",
)
_WITH_TAX = re.compile(
    r"(?<![\w'’])(inc|incl|including|inclusive|with|w/?|c/|after|inkl|inklusive|einschl|mit|con|com|avec|met|med|sis"
    rf"|incluye|inclus[ao]|z|ze|s|vč|včetně|su|cu|с|з|με) ?(of )?(the )?\b{_TAX}\b"
    rf"|\b{_TAX} (incl\w*|inkl\w*|inc|compr\w*)\b|\bttc\b|brutt[oó](?!gew)|\bbruto\b|\bverollinen|(?<!不)含税|含稅|税込"
    r"|부가세 포함|\bkdv dahil|брутто",
)
_EITHER_TAX = re.compile(
    rf"( ?[+&] ?|\b(plus|and|und|et|och|og|ja|y|e|i|più|más|mais) ){_TAX}\b|\bgross\b(?! (profit|margin|weight))"
)
"""`Total + VAT` is what was paid in one list, and what the tax comes on top of in the next."""
_GOODS = r"sub ?total|goods|zwischensumme|sous total|products?|merchandise"
_GOODS_ALONE = re.compile(rf"\b({_GOODS})\b")
_BEFORE_TAX = re.compile(rf"\b(net|nett|{_GOODS}|base|imponible|imponibile|l[ií]quido|neto|nettó)\b")
"""Words of amounts that are without tax by custom."""
_FEES = {
    *("fee", "fees", "commission", "commissions", "gebühr", "gebühren", "provision", "frais", "comisión", "comissão"),
    *("commissione", "commissioni", "palkkio", "avgift", "gebyr", "opłata"),
}
"""Words in the names of columns of what a provider of payments, or a marketplace, keeps."""
_CHARGES = {"shipping", "delivery", "handling", "wrap", "postage", "cod", "late", "setup", "versand", "service"}
"""Words in the names of fees that customers pay."""
_NET = {"net", "nett", "netto", "net amount", "amount net", "net total", "total net", "nettobetrag", "neto", "nettó"}
_RATE = re.compile(r"\b0*[1-9]\d*([.,]\d+)? ?%")
_SHIPPING = ". Shipping within it counts as sales too, since no column says how much it is"
_REFUNDED = (
    *("refund amount", "refunded amount", "amount refunded", "total refunded", "refund total", "refunded", "refunds"),
    *("total refund", "erstattungsbetrag", "erstattet", "montant remboursé", "importe reembolsado", "valor devolvido"),
    *("hyvitetty summa", "kwota zwrotu", "退款金额"),
)
_MOST = 0.9
_WHICH = "which column is the discount in the same way as the goods?"


def find_tax_basis(name: str) -> TaxBasis:
    """Whether a name says that its amounts are with tax or without: `Total (inc tax)`, `total_tax_excl`, `Brutto`.

    `either` speaks of tax and leaves it open: `Total + VAT`, `Gross amount`.
    """
    spaced = _space(name)
    if _WITHOUT_TAX.search(spaced):
        return "without"
    if _WITH_TAX.search(spaced):
        return "with"
    return "either" if _EITHER_TAX.search(spaced) else ""


def is_before_tax(name: str) -> bool:
    """Whether a name that does not speak of tax is without it by custom: `Net amount`, `Subtotal`."""
    return bool(_BEFORE_TAX.search(_space(name)))


def is_goods_alone(name: str) -> bool:
    """Whether a name says that an amount is without shipping by custom: `Subtotal`."""
    return bool(_GOODS_ALONE.search(_space(name)))


def drop_doubtful_tax_words(name: str) -> str:
    """A name without words that leave open whether tax is in it: `Total + VAT` as `total`."""
    return " ".join(_EITHER_TAX.sub(" ", _space(name)).split())


def is_nothing_but_tax(name: str) -> bool:
    """Whether nothing of a name is left without what it says of tax: `TTC`, `IVA incl.`."""
    return bool(find_tax_basis(name)) and not re.search(r"\w", _WITH_TAX.sub(" ", _WITHOUT_TAX.sub(" ", _space(name))))


def drop_tax_words(name: str) -> str:
    """A name without what it says of tax: `total_paid_tax_excl` as `total paid`; whole where nothing else stays."""
    spaced = _space(name)
    rest = _WITH_TAX.sub(" ", _WITHOUT_TAX.sub(" ", spaced))
    return rest if rest != spaced and re.search(r"\w", rest) else name


def _space(name: str) -> str:
    """A name in small letters, with blanks between its words and without rates: `incl. 19% MwSt` as `incl mw st`."""
    divided = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold()
    return " ".join(re.sub(r"[_.-]", " ", _RATE.sub(" ", divided)).split())


def order_by_tax(facts: Sequence[ColumnFacts]) -> list[ColumnFacts]:
    """Columns of amounts without tax before those that say nothing, and these before those with tax."""
    rank = {"without": 0, "": 1, "either": 2, "with": 3}
    return sorted(facts, key=lambda each: rank[find_tax_basis(each.column)])


def settle_tax(
    found: Mapping[str, ColumnFacts], columns: dict[str, Any], reasons: list[str], questions: Questions
) -> None:
    """Say whether the prices of a file of orders include the tax, and leave out amounts that disagree in it.

    Args:
        found: Our column -> the file's.
        columns: Our columns as the settings write them, which are changed.
        reasons: Where a reason is added.
        questions: Where a question is added.
    """
    goods = found["gross_sales"]
    basis = find_tax_basis(goods.column)
    if basis == "either":
        questions.ask("prices_include_tax", f"is the tax within `{goods.column}`, or does it come on top?")
    if basis == "with":
        columns["prices_include_tax"] = {"value": True}
        if "tax" in columns:
            reasons.append(f"`{goods.column}` says that it holds the tax, which is taken out of it")
        else:
            questions.ask(
                "tax",
                f"`{goods.column}` holds the tax: which column is the tax? If there is one with the amount without, "
                "write that one as `gross_sales` and take `prices_include_tax` away",
            )
        if "discounts" in columns and find_tax_basis(found["discounts"].column) == "without":
            questions.ask(
                "discounts", f"`{found['discounts'].column}` is without tax and `{goods.column}` holds it: {_WHICH}"
            )
        return
    if "shipping" in columns and find_tax_basis(found["shipping"].column) == "with":
        del columns["shipping"]
        reasons.append(f"`{found['shipping'].column}` is with tax and `{goods.column}` is not, so that it is not read")
    if "discounts" in columns and find_tax_basis(found["discounts"].column) == "with":
        del columns["discounts"]
        questions.ask("discounts", f"`{found['discounts'].column}` is with tax and `{goods.column}` is not: {_WHICH}")


def question_silent_tax(amount: ColumnFacts, columns: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A question where nothing says whether amounts hold the tax, and what they are taken for until it is answered.

    Args:
        amount: The column of amounts, of orders, lines or subscriptions.
        columns: Our columns as the settings write them.
    """
    if find_tax_basis(amount.column) or is_before_tax(amount.column) or "tax" in columns:
        return
    silent = f"does `{amount.column}` hold the tax? No column says it, and it is taken as without"
    if "gross_sales" in columns and columns["gross_sales"] == amount.column:
        yield (
            "columns.prices_include_tax",
            f"{silent}. If it holds it, map the amount without, or `tax` with `prices_include_tax: {{value: true}}`"
            + ("" if "shipping" in columns or is_goods_alone(amount.column) else _SHIPPING),
        )
    else:
        ours = next((each for each, theirs in columns.items() if theirs == amount.column), "monthly_amount")
        yield f"columns.{ours}", f"{silent}. If it holds it, map the amount without"


def drop_net_of_fees(by_name: Mapping[str, ColumnFacts]) -> Mapping[str, ColumnFacts]:
    """Columns without a `Net` that stands beside a fee: it is what the provider pays out, and no amount without tax."""
    words = [set(name.split()) for name in by_name]
    if not any(each & _FEES and not each & _CHARGES for each in words):
        return by_name
    net = {each.column for name, each in by_name.items() if name in _NET}
    return {name: each for name, each in by_name.items() if each.column not in net}


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
