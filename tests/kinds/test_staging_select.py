"""The SELECTs that are made from kinds."""

from regulars.pipelines.kinds.shape.kind import Kind, KindColumn, Money
from regulars.pipelines.kinds.shape.staging_select import write_money_days_select, write_staging_select

PAYOUTS = Kind(
    name="payouts",
    purpose="",
    description="",
    grain="One row per payout of a system.",
    staging_grain="One row per payout.",
    columns=(
        KindColumn("payout_id", "id", "An id.", is_required=True),
        KindColumn("amount", "number", "An amount."),
        KindColumn("share", "number", "A share.", type="DECIMAL(9,4)"),
        KindColumn("paid_at", "moment", "A moment."),
        KindColumn("booked_on", "date", "A day."),
        KindColumn("is_test", "boolean", "Yes or no."),
    ),
    document=("payout_id",),
    record_id=("payout_id",),
    delivery="append",
    example={"payout_id": "1"},
    money=Money("amount", "booked_on", ()),
)


def test_every_column_is_cast_to_the_type_of_its_form():
    assert write_staging_select(PAYOUTS) == (
        "-- One row per payout; typed, otherwise unchanged.\n"
        "select\n"
        "    payout_id,\n"
        "    cast(amount as decimal(18,4)) as amount,\n"
        "    cast(share as decimal(9,4)) as share,\n"
        "    cast(paid_at as timestamp) as paid_at,\n"
        "    cast(booked_on as date) as booked_on,\n"
        "    cast(is_test as boolean) as is_test,\n"
        "    _source,\n"
        "    _system,\n"
        "    _delivery,\n"
        "    _file_sha256,\n"
        "    _row,\n"
        "    _row_id,\n"
        "from raw.payouts\n"
    )


def test_the_days_of_money_are_those_of_every_kind_that_has_some():
    points = Kind("points", "", "", "", "", PAYOUTS.columns, ("payout_id",), (), "append", {})
    select = write_money_days_select([PAYOUTS, points, PAYOUTS])
    assert select.startswith("-- One row per UTC day")
    assert select.count("cast(booked_on as date) as utc_date from staging.payouts") == 2
    assert "points" not in select
