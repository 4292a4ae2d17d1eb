"""Money is right to the last decimal, however large the amount and whatever the rate.

Python's `decimal` is the oracle. DuckDB rounds half away from zero when it casts a DECIMAL to fewer decimals, which is
`ROUND_HALF_UP`.
"""

from decimal import ROUND_HALF_UP, Decimal, localcontext

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.builders import pick, rows_of, select_into, warehouse

LIMIT = Decimal("99999999999999.9999")
BARCODE = Decimal("4006381333931")
LARGEST_RATE = Decimal("9999999999.99999999")
PLACES = Decimal("0.0001")
PERIODS_A_YEAR = {None: 12, "day": 365, "week": 52, "month": 12, "quarter": 4, "year": 1}


def exact(*factors: Decimal, part: int = 1) -> Decimal:
    """The product divided by `part`, rounded to four decimals as DuckDB rounds."""
    with localcontext(prec=100):
        product = Decimal(1)
        for factor in factors:
            product *= factor
        return (product / part).quantize(PLACES, ROUND_HALF_UP)


@st.composite
def decimals(draw, least: int, most: int, places: int, signed: bool = False) -> Decimal:
    """A number between 10^least and 10^most, with at most so many decimals."""
    magnitude = draw(st.integers(least, most))
    digits = draw(st.integers(1, 10 ** (magnitude + places) - 1)) if magnitude + places > 0 else 1
    value = Decimal(digits).scaleb(-places)
    return -value if signed and draw(st.booleans()) else value


AMOUNTS = decimals(0, 14, 4, signed=True)
POSITIVE = decimals(0, 14, 4)
RATES = decimals(-6, 6, 8)
FEW = settings(max_examples=8, deadline=None)  # of many cases each: making the tables costs more than filling them


def core(table: str, *others: str, **tables: list[dict]) -> list[list[dict]]:
    """The rows of core tables, all made from the same small tables; in the order of their ids."""
    with warehouse(**tables) as con:
        made = []
        for name in (table, *others):
            select_into(con, f"core.{name}")
            made.append(rows_of(con, f"core.{name}"))
        return made


def rates(cases: list[tuple]) -> list[dict]:
    """One currency per case, `C00` …; the rate is the last of its values."""
    return [{"rate_date": "2026-01-01", "currency": f"C{n:02}", "rate": str(case[-1])} for n, case in enumerate(cases)]


def fits(case: tuple) -> bool:
    amount, discount, rate = case
    return max(abs(exact(amount, rate)), exact(discount, rate)) <= LIMIT


@FEW
@given(st.lists(st.tuples(AMOUNTS, POSITIVE, RATES).filter(fits), min_size=10, max_size=30))
@example(
    [
        (Decimal("1000000"), Decimal("1000000"), Decimal("1")),
        (LIMIT, LIMIT, Decimal("1")),
        (-LIMIT, LIMIT, Decimal("0.00000001")),
        (Decimal("9999.9999"), Decimal("0.0001"), LARGEST_RATE),
        (Decimal("-0.0001"), Decimal("0.0003"), Decimal("0.5")),
    ]
)
def test_amounts_are_converted_to_the_last_decimal(cases):
    ids = [{"order_id": f"{n:02}", "currency": f"C{n:02}"} for n in range(len(cases))]
    staged = [
        {**each, "gross_sales": str(amount), "discounts": str(discount)}
        for each, (amount, discount, _) in zip(ids, cases, strict=True)
    ]
    orders, lines, payments, refunds, subscriptions = core(
        "orders",
        "order_lines",
        "payments",
        "refunds",
        "subscriptions",
        staging__fx_rates=rates(cases),
        staging__orders=[{**each, "shipping": each["discounts"], "tax": each["discounts"]} for each in staged],
        staging__order_lines=[{**each, "cost": each["discounts"]} for each in staged],
        staging__payments=[{**each, "amount": str(case[0])} for each, case in zip(ids, cases, strict=True)],
        staging__refunds=[
            {"refund_id": each["order_id"], "currency": each["currency"], "amount": each["discounts"]}
            for each in staged
        ],
        staging__subscriptions=[
            {
                "subscription_id": each["order_id"],
                "currency": each["currency"],
                "monthly_amount": each["discounts"],
            }
            for each in staged
        ],
    )
    amounts = [exact(amount, rate) for amount, _, rate in cases]
    discounts = [exact(discount, rate) for _, discount, rate in cases]
    assert [row["gross_sales_original"] for row in orders] == [amount for amount, _, _ in cases]
    assert list(pick(orders, "gross_sales")) == list(pick(lines, "gross_sales")) == [(each,) for each in amounts]
    assert list(pick(orders, "discounts", "shipping", "tax")) == [(each,) * 3 for each in discounts]
    assert list(pick(lines, "discounts", "cost")) == [(each,) * 2 for each in discounts]
    assert list(pick(payments, "amount")) == [(each,) for each in amounts]
    assert list(pick(refunds, "amount")) == list(pick(subscriptions, "monthly_amount")) == [(d,) for d in discounts]


def line_fits(case: tuple) -> bool:
    quantity, price, rate = case
    return max(exact(quantity, price), exact(exact(quantity, price), rate)) <= LIMIT


@FEW
@given(
    st.lists(
        st.tuples(st.one_of(decimals(0, 12, 4), st.just(BARCODE)), decimals(-3, 6, 4), RATES).filter(line_fits),
        min_size=5,
        max_size=30,
    )
)
@example(
    [
        (BARCODE, Decimal("20.0001"), Decimal("1")),
        (BARCODE, Decimal("0.0001"), Decimal("200000")),
        (Decimal("10000000"), Decimal("9999999.9999"), Decimal("0.5")),
    ]
)
def test_a_line_without_its_amount_is_worth_quantity_times_price(cases):
    lines = [
        {
            "order_id": f"{line_type}{n:02}",
            "line_type": line_type,
            "quantity": str(quantity),
            "unit_price": str(-price if line_type == "refund" else price),
            "ordered_at": "2026-01-05",
            "currency": f"C{n:02}",
        }
        for n, (quantity, price, _) in enumerate(cases)
        for line_type in ("sale", "refund", "adjustment")
    ]
    orders, refunds, adjustments = core(
        "orders", "refunds", "adjustments", staging__fx_rates=rates(cases), staging__order_lines=lines
    )
    originals = [exact(quantity, price) for quantity, price, _ in cases]
    amounts = [(each, exact(each, case[-1])) for each, case in zip(originals, cases, strict=True)]
    assert list(pick(orders, "gross_sales_original", "gross_sales")) == amounts
    assert list(pick(refunds, "amount_original", "amount")) == amounts
    assert list(pick(adjustments, "amount_original", "amount")) == amounts


@FEW
@given(
    st.lists(
        st.tuples(POSITIVE, st.one_of(st.none(), decimals(0, 14, 4)), st.sampled_from([*PERIODS_A_YEAR])),
        min_size=5,
        max_size=30,
    )
)
@example(
    [
        (LIMIT, None, "month"),
        (LIMIT, Decimal("12"), "year"),
        (Decimal("0.0006"), None, "year"),
        (BARCODE, BARCODE, "month"),
        (LIMIT, LIMIT, "day"),
    ]
)
def test_a_price_of_any_size_is_brought_to_a_month_exactly(cases):
    monthly = [
        exact(amount, quantity or Decimal(1), Decimal(PERIODS_A_YEAR[interval]), part=12)
        for amount, quantity, interval in cases
    ]
    staged = [
        {
            "subscription_id": f"{n:02}",
            "amount": str(amount),
            "quantity": quantity and str(quantity),
            "billing_interval": interval,
            # a given monthly amount wins; the other columns are not used
            "monthly_amount": None if monthly[n] <= LIMIT else str(LIMIT),
        }
        for n, (amount, quantity, interval) in enumerate(cases)
    ]
    (subscriptions,) = core("subscriptions", staging__subscriptions=staged)
    assert [row["monthly_amount"] for row in subscriptions] == [min(each, LIMIT) for each in monthly]
