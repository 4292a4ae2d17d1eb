"""Recognises records that a file calls cancelled, failed, spam or a test in a column that no setting reads.

Put here: the names of such columns and the words for it. Keep out: counting (`evidence.py`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_STATE_COLUMN = re.compile(r"stat(us|e|o|ut)?$|zustand|stav$|estado|stato|tila$", re.IGNORECASE)
_CANCEL_COLUMN = re.compile(r"cancel|storn|annul|void", re.IGNORECASE)
_TEST_COLUMN = re.compile(r"^(is[ _]?)?test([ _]?(order|mode))?$", re.IGNORECASE)
_NO_SALE = (
    r"cancell?ed|void(ed)?|failed|declined|rejected|expired|abandoned|trash|draft|test|storniert|abgebrochen|annul[eé]e?"
    r"|annullat[oa]|cancelad[oa]|anulad[oa]|geannuleerd|anulowane|zrušeno|peruttu|annulleret|avbruten|kansellert"
)
_FAILED = r"cancell?ed|void(ed)?|failed|declined|rejected|pending|requires_action|draft|test|storniert|abgelehnt"
_NO_ANSWER = r"(survey[ _]?)?preview|test|spam|bounced|failed|undeliverable|deleted|hard[ _]bounce"
_NO_TICKET = r"spam|merged|deleted|suspended|test|trash|duplicate"
STATES: Mapping[str, str] = {
    "orders": _NO_SALE,
    "order_lines": _NO_SALE,
    "refunds": _FAILED,
    "subscriptions": _NO_SALE,
    "survey_responses": _NO_ANSWER,
    "survey_invitations": _NO_ANSWER,
    "tickets": _NO_TICKET,
}
"""Kind -> a regular expression of the words by which a tool says that a record is none."""
DECIDING: Mapping[str, frozenset[str]] = {
    "orders": frozenset({"is_cancelled"}),
    "order_lines": frozenset({"is_cancelled"}),
    "subscriptions": frozenset({"cancelled_at", "ended_at", "status"}),
    "tickets": frozenset({"no_reply_due_reason"}),
}
"""Kind -> columns of ours of which one that is mapped says it already."""
_NO = ("", "0", "no", "n", "false", "f", "nein", "non")


def list_unread_states(
    kind: str, columns: Iterable[str], *, asks_cancelled: bool, asks_test: bool
) -> Iterator[tuple[str, str]]:
    """The columns that may say that a record is none, each with the SQL condition for a record that says so.

    Args:
        kind: One of `STATES`.
        columns: Columns of the file that no setting reads as an answer to that.
        asks_cancelled: Whether nothing else says which records are cancelled.
        asks_test: Whether nothing else says which records are tests.
    """
    no = ", ".join(quote_literal(word) for word in _NO)
    for column in columns:
        cell = f"lower(trim(file.{quote_identifier(column)}))"
        if asks_cancelled and _STATE_COLUMN.search(column):
            yield column, f"regexp_full_match({cell}, {quote_literal(STATES[kind])})"
        elif asks_cancelled and _CANCEL_COLUMN.search(column):
            # of a day, a moment or a yes: any other text may be a reason, a policy, an amount
            yield (
                column,
                (
                    f"{cell} not in ({no}) and regexp_full_match({cell}, "
                    f"{quote_literal(r'yes|y|true|t|1|ja|oui|[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}.*')})"
                ),
            )
        elif asks_test and _TEST_COLUMN.search(column):
            yield column, f"{cell} not in ({no})"
