"""The columns of every kind that a source can feed, and the form in which each is delivered.

Put here: names, forms, what must be there. Keep out: how a form is made (`canonical.py`).
"""

from dataclasses import dataclass
from typing import Literal

Form = Literal["text", "code", "id", "ids", "moment", "date", "number", "boolean", "currency", "lower"]
"""`text` as written · `code` as written, without Excel's leading apostrophe · `id` likewise, and `7.0` is `7` ·
`ids` several of them, joined by `;` · `moment` UTC · `date` · `number` · `boolean` · `currency` upper case ·
`lower` lower case."""


@dataclass(frozen=True)
class KindColumn:
    """One column of a kind.

    `is_required`: every row needs a value, so the settings must say where it comes from (or it has a default).
    `is_descriptive`: its absence changes no count, no amount and nobody's identity; a file that has lost it is
    still read, with a warning.
    """

    name: str
    form: Form
    is_required: bool = False
    is_descriptive: bool = False


def _columns(listing: str) -> tuple[KindColumn, ...]:
    """Read lines of `name form`, `name* form` (required) or `name? form` (descriptive)."""
    columns = []
    for line in listing.strip().splitlines():
        name, form = line.split()
        columns.append(
            KindColumn(name.rstrip("*?"), form, name.endswith("*"), name.endswith("?"))  # type: ignore[arg-type]
        )
    return tuple(columns)


KIND_COLUMNS: dict[str, tuple[KindColumn, ...]] = {
    "customers": _columns(
        """
        customer_record_id* id
        email text
        phone? code
        first_name? text
        last_name? text
        company_name? text
        account_id id
        country? text
        region? text
        city? text
        postal_code? code
        customer_type? text
        acquisition_channel text
        acquisition_cost number
        owner? text
        referred_by_record_id id
        merged_record_ids ids
        email_opt_in? boolean
        is_deleted boolean
        created_at moment
        updated_at moment
        """
    ),
    "orders": _columns(
        """
        order_id* id
        customer_record_id id
        customer_system text
        email text
        ordered_at* moment
        status text
        currency* currency
        gross_sales number
        discounts number
        shipping number
        tax number
        channel? text
        store_id? id
        country? text
        region? text
        city? text
        promised_at moment
        delivered_at moment
        is_test boolean
        is_cancelled boolean
        """
    ),
    "order_lines": _columns(
        """
        order_id* id
        line_type* lower
        product_id id
        product_name? text
        category? text
        quantity* number
        unit_price number
        gross_sales number
        discounts number
        shipping number
        cost number
        customer_record_id id
        customer_system text
        email text
        ordered_at moment
        currency* currency
        channel? text
        store_id? id
        country? text
        region? text
        city? text
        is_test boolean
        """
    ),
    "payments": _columns(
        """
        order_id* id
        payment_id id
        method? text
        status text
        amount* number
        currency* currency
        paid_at moment
        """
    ),
    "refunds": _columns(
        """
        refund_id* id
        order_id id
        customer_record_id id
        customer_system text
        email text
        refunded_at* moment
        currency* currency
        amount* number
        """
    ),
    "products": _columns(
        """
        product_id* id
        product_name? text
        category? text
        cost number
        """
    ),
    "survey_responses": _columns(
        """
        response_id* id
        survey_kind* lower
        score* number
        scale_min* number
        scale_max* number
        answered_at* moment
        email text
        customer_record_id id
        customer_system text
        order_id id
        touchpoint? text
        language? text
        comment? text
        """
    ),
    "subscriptions": _columns(
        """
        subscription_id* id
        customer_record_id id
        customer_system text
        email text
        plan text
        status? text
        currency* currency
        monthly_amount number
        amount number
        quantity number
        billing_interval lower
        started_at* moment
        trial_ends_at moment
        cancelled_at moment
        ended_at moment
        cancel_reason? text
        is_involuntary? boolean
        """
    ),
    "fx_rates": _columns(
        """
        rate_date* date
        currency* currency
        rate* number
        """
    ),
}

TRACE_COLUMNS = (
    ("_source", "varchar"),
    ("_system", "varchar"),
    ("_delivery", "integer"),
    ("_file_sha256", "varchar"),
    ("_row", "bigint"),
    ("_row_id", "bigint"),
    ("_rest", "varchar"),
)
"""What stands behind the columns of every `landed.<kind>`: where the row was read."""

DEFAULTED = {
    "order_lines": {"line_type", "quantity", "currency"},
    "orders": {"currency"},
    "payments": {"currency"},
    "refunds": {"currency"},
    "subscriptions": {"currency"},
    "survey_responses": {"scale_min", "scale_max"},
}
"""Required columns that need not be mapped, since `mapping.py` fills them."""


def column_of(kind: str, name: str) -> KindColumn | None:
    """The column `name` of `kind`, or None when the kind has no such column."""
    return next((column for column in KIND_COLUMNS[kind] if column.name == name), None)
