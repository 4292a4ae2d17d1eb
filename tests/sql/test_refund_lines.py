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


def parts_of(refunds: list[dict], lines: list[dict]) -> list[tuple[float, ...]]:
    """Goods, shipping, tax and what is neither, of refunds of one order that tell their amount alone."""
    given = [{**REFUND, "refund_id": f"F{n}", **each} for n, each in enumerate(refunds, 1)]
    told = [{"refund_id": "F1", **each} for each in lines]
    found = run_sql("core/refunds", staging__orders=[ORDER], staging__refunds=given, staging__refund_lines=told)
    return [tuple(map(float, row)) for row in pick(found, "goods", "shipping", "tax", "other")]


def test_lines_tell_the_goods_of_a_refund_that_does_not():
    # 10 of shipping and 20 of tax are a third of the order's rest each time
    assert parts_of([{"amount": "115"}], [{"goods": "60"}, {"goods": "40"}]) == [(100, 5, 10, 0)]
    assert parts_of([{"amount": "60"}], [{"goods": "50"}]) == [(50, 3.33, 6.67, 0)]
    assert parts_of([{"amount": "100"}], [{"goods": "50"}]) == [(50, 10, 20, 20)]
    assert [row["goods"] for row in lines_of({"amount": "115"}, {"goods": "60"}, {"goods": "40"})] == [60, 40]


def test_lines_without_an_order_tell_the_goods_of_their_refund_too():
    assert parts_of([{"amount": "60", "order_id": "gone"}], [{"goods": "50"}]) == [(50, 0, 0, 10)]


def test_refunds_without_lines_share_what_those_with_lines_leave():
    assert parts_of([{"amount": "65"}, {"amount": "65"}], [{"goods": "50"}]) == [(50, 5, 10, 0), (50, 5, 10, 0)]


def test_lines_do_not_tell_more_than_the_refund_or_what_its_order_has_left():
    assert parts_of([{"amount": "13"}], [{"goods": "14"}]) == [(10, 1, 2, 0)]
    assert parts_of([{"amount": "13"}], [{"goods": "0"}]) == [(10, 1, 2, 0)]
    told = {"amount": "95", "goods": "95", "refunded_at": "2026-01-25 10:00:00"}
    assert parts_of([{"amount": "13"}, told], [{"goods": "12"}])[0][0] < 5
    lines = [{"goods": "60"}, {"goods": "60", "refund_id": "F2"}]
    assert [row[0] for row in parts_of([{"amount": "60"}, {"amount": "70"}], lines)] == [60, 40]


def test_a_refund_in_another_currency_has_the_goods_of_its_lines_however_large_its_order():
    usd = {"amount": "900", "currency": "USD"}
    given = [{**REFUND, **usd}]
    rates = [{"rate_date": "2026-01-01", "currency": "USD", "rate": "0.1"}]
    [row] = run_sql(
        "core/refunds",
        staging__orders=[ORDER],
        staging__refunds=given,
        staging__refund_lines=[{"refund_id": "F1", "goods": "600"}],
        staging__fx_rates=rates,
    )
    assert [float(row[name]) for name in ("goods", "shipping", "tax", "other", "is_capped")] == [60, 10, 20, 0, 0]


def test_lines_of_goods_that_are_told_by_the_refund_itself_change_nothing():
    assert parts_of([{"amount": "60", "goods": "45"}], [{"goods": "50"}]) == [(45, 0, 0, 15)]
    assert parts_of([{"amount": "60", "tax": "10"}], [{"goods": "40"}]) == [(50, 0, 10, 0)]


def test_only_lines_that_make_up_their_refund_have_an_amount():
    back = {"order_id": "1", "line_type": "refund", "gross_sales": "-7"}
    with build(
        raw__orders=[ORDER, ORDER | {"order_id": "1"}],
        raw__order_lines=[back],
        raw__refunds=[REFUND | {"amount": "6", "goods": "5"}],
        raw__refund_lines=[{"refund_id": "F1", "goods": "8"}],
    ) as con:
        columns = ("amount_original", "amount", "told_goods_original", "goods")
        found = list(pick(rows_of(con, "core.refund_lines"), "refund_id", *columns))
        lines = con.sql("select sum(goods) from core.refund_lines").fetchone()
        assert lines == con.sql("select sum(goods) from core.refunds").fetchone()
    assert found == [("1", 7, 7, None, 7), ("F1", None, None, 8, 5)]


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
