"""Checks that every text of a contract can be understood on its own, as in a tooltip.

Put here: phrases that lean on another text, words that are not ours, units. Keep out: everything that a machine reads
(`lint.py`).
"""

import re
from collections.abc import Iterator

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.rule import Column

LEANING = re.compile(
    r"^(its|it|the same|that|those|their|they|them|of it|of these|of them|also|likewise)\b"
    r"|\b(as above|of the above|see above|as below|see there|likewise|ditto|idem|of that answer|that interval)\b"
    r"|\bthose of them\b|\bthe same in all\b",
    re.IGNORECASE,
)
"""What only makes sense beside another text."""

NOT_OUR_WORDS = {
    "night": "run",
    "nights": "runs",
    "tonight": "in the run",
    "promise": "rule",
    "promises": "rules",
    "set aside": "quarantined",
    "somebody": "customer",
    "figure": "metric",
    "figures": "metrics",
}
_NOT_OURS = re.compile(rf"\b({'|'.join(sorted(NOT_OUR_WORDS, key=len, reverse=True))})\b", re.IGNORECASE)

_NUMBER = re.compile(r"(TINYINT|SMALLINT|INTEGER|BIGINT|DOUBLE|FLOAT|DECIMAL\(.*)")
_COUNTS_NOTHING = re.compile(r"(.+_)?(idx|number|rank|position|generation|parent)")
"""Names of numbers that identify or order rows, and are never added up."""


def lint_texts(contract: Contract) -> Iterator[str]:
    """Check the texts of the contract of a published table: one sentence per mistake."""
    texts = {"purpose": contract.purpose, "description": contract.description, "grain": contract.grain}
    texts |= {f"column {column.name}": column.description for column in contract.columns}
    texts |= {f"the rule {rule.id}": rule.description for rule in contract.rules}
    for place, text in texts.items():
        if found := _NOT_OURS.search(text):
            yield f"{place}: say `{NOT_OUR_WORDS[found[0].lower()]}`, not `{found[0]}`"
    for column in contract.columns:
        if found := LEANING.search(column.description):
            yield f"column {column.name}: `{found[0]}` leans on another text; say what it means"
        if needs_unit(column) and not column.unit:
            yield f"column {column.name}: a number needs the customProperty `unit`, such as orders or company currency"


def needs_unit(column: Column) -> bool:
    """Whether the column needs a unit."""
    is_number = _NUMBER.fullmatch(column.type) is not None
    return is_number and column.key_position is None and not _COUNTS_NOTHING.fullmatch(column.name)
