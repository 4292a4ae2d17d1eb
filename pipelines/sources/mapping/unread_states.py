"""Recognises orders that a file calls cancelled or a test in a column that no setting reads.

Put here: the names of such columns and the words for it. Keep out: counting (`evidence.py`).
"""

import re
from collections.abc import Iterable, Iterator

from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_STATE_COLUMN = re.compile(r"stat(us|e|o|ut)?$|zustand|stav$|estado|stato|tila$", re.IGNORECASE)
_CANCEL_COLUMN = re.compile(r"cancel|storn|annul|void", re.IGNORECASE)
_TEST_COLUMN = re.compile(r"^(is[ _]?)?test([ _]?(order|mode))?$", re.IGNORECASE)
_NO_SALE = (
    r"cancell?ed|void(ed)?|failed|declined|rejected|expired|abandoned|trash|draft|test|storniert|abgebrochen|annul[eé]e?"
    r"|annullat[oa]|cancelad[oa]|anulad[oa]|geannuleerd|anulowane|zrušeno|peruttu|annulleret|avbruten|kansellert"
)
_NO = ("", "0", "no", "n", "false", "f", "nein", "non")


def list_unread_states(columns: Iterable[str], *, asks_cancelled: bool, asks_test: bool) -> Iterator[tuple[str, str]]:
    """The columns that may say that an order is no sale, each with the SQL condition for a record that says so.

    Args:
        columns: Columns of the file that no setting reads as an answer to that.
        asks_cancelled: Whether nothing else says which orders are cancelled.
        asks_test: Whether nothing else says which orders are tests.
    """
    no = ", ".join(quote_literal(word) for word in _NO)
    for column in columns:
        cell = f"lower(trim(file.{quote_identifier(column)}))"
        if asks_cancelled and _STATE_COLUMN.search(column):
            yield column, f"regexp_full_match({cell}, {quote_literal(_NO_SALE)})"
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
