"""The table `core.refund_lines`: what refunds are of, and how much of their goods each line gave back."""

from tests.builders import build, money, pick, rows_of, run_sql

ORDER = {"order_id": "S1", "gross_sales": "100", "shipping": "10", "tax": "20"}
REFUND = {"refund_id": "F1", "order_id": "S1", "refunded_at": "2026-01-20 10:00:00", "amount": None}


def lines_of(refund: dict, *lines: dict, **tables) -> list[dict]:
    """`core.refund_lines` of one refund and its lines."""
    return run_sql(
        "core/refund_lines",
        staging__orders=[ORDER],
        staging__refunds=[REFUND | refund],
        staging__refund_lines=[{"refund_id": "F1", **line} for line in lines],
        **tables,
    )


def goods_of(refund: dict, *lines: dict) -> list[float]:
    return [float(row["goods"]) for row in lines_of(refund, *lines)]


def test_lines_beside_a_refund_say_what_it_is_of_and_why():
    found = lines_of(
        {"goods": "12", "reason": "damaged"},
        {"product_id": "tea", "quantity": "2", "goods": "8", "reason": "broken"},
        {"product_id": "cup", "quantity": "1", "goods": "4"},
        staging__products=[{"product_id": "cup", "category": "china"}],
    )
    assert list(pick(found, "line_number", "product_id", "category", "quantity", "reason", "goods", "order_id")) == [
        (1, "tea", None, 2, "broken", 8, "S1"),
        (2, "cup", "china", 1, "damaged", 4, "S1"),
    ]
    assert not any(row["is_order_line"] for row in found)


def test_lines_beside_a_refund_give_back_no_money_of_their_own():
    lines = [{"refund_id": "F1", "goods": "8"}, {"refund_id": "F1", "goods": "4"}]
    with build(raw__orders=[ORDER], raw__refunds=[REFUND | {"goods": "12"}], raw__refund_lines=lines) as con:
        assert con.sql("select sum(amount), count(*) from core.refunds").fetchone() == (12, 1)


def test_lines_whose_refund_has_not_come_give_back_nothing():
    back = [{"order_id": "1", "gross_sales": "9"}, {"order_id": "1", "line_type": "refund", "gross_sales": "-9"}]
    late = [{"refund_id": "1", "goods": "8"}, {"refund_id": "F2", "goods": "8"}]
    with build(raw__orders=[ORDER], raw__order_lines=back, raw__refund_lines=late) as con:
        assert list(pick(rows_of(con, "core.refund_lines"), "refund_id", "is_order_line")) == [("1", True)]


def test_what_no_line_tells_stays_with_the_refund():
    assert goods_of({"goods": "12"}, {"goods": "8"}) == [8]


def test_lines_that_tell_more_than_the_goods_share_them_to_the_last_decimal():
    # 10 of the 60 are shipping and tax, whatever the lines say
    assert goods_of({"amount": "60", "goods": "50"}, {"goods": "20"}, {"goods": "20"}, {"goods": "20"}) == [
        16.6666,
        16.6667,
        16.6667,
    ]


def test_a_refund_of_no_goods_gives_back_none_of_its_lines():
    assert goods_of({"goods": "0", "shipping": "5"}, {"goods": "8"}) == [0]


def test_goods_of_lines_make_up_converted_goods_exactly():
    rates = [{"rate_date": "2026-01-01", "currency": "USD", "rate": "0.33333333"}]
    told = {"goods": "10", "currency": "USD"}
    lines = [{"goods": "3.3333"}, {"goods": "3.3333"}, {"goods": "3.3334"}]
    found = lines_of(told, *lines, staging__fx_rates=rates)
    assert sum(row["goods"] for row in found) == money("3.3333")
    assert {row["currency"] for row in found} == {"USD"}


def test_order_lines_with_tax_in_their_prices_give_back_goods_without_it():
    gross = {"order_id": "1", "gross_sales": "119", "tax": "19", "prices_include_tax": "true"}
    back = {"order_id": "1", "product_id": "tea", "line_type": "refund", "gross_sales": "-59.50"}
    lines = [{"order_id": "1", "gross_sales": "119"}, back]
    with build(raw__orders=[gross], raw__order_lines=lines) as con:
        [row] = rows_of(con, "core.refund_lines")
    assert (row["amount"], row["goods"], row["is_order_line"]) == (59.5, 50, True)
