"""Which documents hold an amount of more than 14 digits before the point, in their own currency or in ours."""

from regulars.pipelines.contracts.quarantine.oversized import MONEY, list_oversized
from tests.builders import warehouse

DOLLARS = {"order_id": "1", "currency": "USD"}
RATES = [
    {"rate_date": "2026-01-01", "currency": "USD", "rate": "1"},
    {"rate_date": "2026-01-08", "currency": "USD", "rate": "20000"},
]


def find(*lines, orders=()):
    """The rows of `order_lines` whose document is too large."""
    kinds = {*MONEY, "fx_rates"}
    with warehouse(raw__order_lines=lines, raw__orders=orders, raw__fx_rates=RATES) as con:
        con.execute("create schema if not exists quarantine_work")
        for kind in kinds:
            con.execute(f"create table quarantine_work.{kind}_left_out (row_id bigint)")
        list_oversized(con, dict.fromkeys(kinds))
        return con.execute("select row_id % 1000 from quarantine_work.oversized where kind = 'order_lines'").fetchall()


def test_a_line_is_converted_at_the_rate_of_its_own_day():
    line = DOLLARS | {"gross_sales": "6000000000"}
    assert find(line | {"ordered_at": "2026-01-05 10:00:00"}) == []
    assert len(find(line | {"ordered_at": "2026-01-05 10:00:00"}, line | {"ordered_at": "2026-01-09 10:00:00"})) == 2


def test_a_cost_is_converted_at_the_rate_of_its_own_currency():
    line = {"order_id": "1", "ordered_at": "2026-01-09 10:00:00", "gross_sales": "1", "cost": "60000000000"}
    assert find(line) == []
    assert len(find(line | {"cost_currency": DOLLARS["currency"]})) == 1


def test_lines_that_cancel_out_are_too_large_where_their_sum_is_on_the_way():
    most = {"order_id": "1", "ordered_at": "2026-01-05 10:00:00", "gross_sales": "90000000000000"}
    assert find(most) == []
    assert len(find(most, most, most | {"gross_sales": "-90000000000000"})) == 3


def test_lines_are_added_up_beside_the_amount_that_their_order_gives_itself():
    most = {"order_id": "1", "ordered_at": "2026-01-05 10:00:00", "gross_sales": "90000000000000"}
    assert len(find(most, most, orders=[{"order_id": "1", "gross_sales": "1"}])) == 2
