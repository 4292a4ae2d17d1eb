"""The simple formula of customer lifetime value: average annual value × expected lifetime − acquisition cost.

Put here: years observed and expected, the formula and its reasons; churn by customer type, which it needs.
Keep out: the mart (`customer_clv.py`), fitted models, the published churn over time (`churn.py`).
"""

import datetime as dt

import polars as pl

from regulars.pipelines.transforms.amounts import round_to_money
from regulars.pipelines.transforms.churn.active_intervals import has_lapsed
from regulars.pipelines.transforms.churn.churn import count_customers_by_month
from regulars.pipelines.transforms.day_numbers import DAYS_PER_YEAR, MONTHS_PER_YEAR, find_last_month_end

CUSTOMERS_FOR_A_CHURN = 100
"""The fewest average active customers of a customer type with its own churn; smaller types take the whole base's."""


def apply_simple_formula(
    buyers: pl.DataFrame, churn: pl.DataFrame, *, as_of: dt.date, max_lifetime_years: float
) -> pl.DataFrame:
    """Apply the formula: average annual value × expected lifetime − acquisition cost.

    Amounts are Float64 in between and rounded to four decimals, half to even, at the end.

    Args:
        buyers: One row per customer: `customer_type`, `first_order_date`, `lapse_date` (NULL: no end is known),
            `net_sales_to_date`, `acquisition_cost` (NULL when unknown).
        churn: `customer_type` (NULL is the whole base), `churn_rate_12m` (0 to 1, NULL when not known yet) and
            `average_customers`, as `measure_churn_by_customer_type` returns it.
        as_of: Last day that counts.
        max_lifetime_years: Cap of the expected lifetime; a customer observed for longer keeps the years observed.

    Returns:
        `buyers` with `years_observed`, `avg_annual_value`, `expected_lifetime_years`, `clv_simple`, `reason`.
    """
    of_base = churn.filter(pl.col("customer_type").is_null())["churn_rate_12m"]
    of_type = churn.filter(pl.col("average_customers") >= CUSTOMERS_FOR_A_CHURN).select(
        "customer_type", churn_of_type="churn_rate_12m"
    )
    observed_until = pl.min_horizontal(pl.lit(as_of), "lapse_date")
    years = (observed_until - pl.col("first_order_date")).dt.total_days() / DAYS_PER_YEAR
    to_come = pl.when(~pl.col("is_lapsed")).then(1 / pl.col("churn")).fill_null(0)
    capped = pl.min_horizontal(pl.lit(max_lifetime_years), pl.col("years_observed") + to_come)
    return (
        buyers.join(of_type, on="customer_type", how="left")
        .with_columns(
            is_lapsed=has_lapsed(as_of),
            years_observed=years,
            churn=pl.coalesce("churn_of_type", pl.lit(of_base.first(), pl.Float64)),
        )
        .with_columns(
            average=average_year("net_sales_to_date"),
            expected_lifetime_years=pl.max_horizontal("years_observed", capped),
            reason=_explain_formula(max_lifetime_years),
        )
        .with_columns(
            avg_annual_value=round_to_money(pl.col("average")),
            clv_simple=value_lifetime(pl.col("average")),
        )
    )


def average_year(amount: str) -> pl.Expr:
    """An amount to date ÷ years observed, where a first year counts as a whole one; Float64."""
    return pl.col(amount).cast(pl.Float64) / pl.max_horizontal(1.0, "years_observed")


def value_lifetime(average: pl.Expr) -> pl.Expr:
    """The formula itself: average × expected_lifetime_years − acquisition_cost, rounded half to even."""
    cost = pl.col("acquisition_cost").cast(pl.Float64).fill_null(0)
    return round_to_money(average * pl.col("expected_lifetime_years") - cost)


def measure_churn_by_customer_type(
    active_intervals: pl.DataFrame, customers: pl.DataFrame, history: dt.date | None, *, as_of: dt.date
) -> pl.DataFrame:
    """Measure the 12-month churn at the last month-end up to `as_of`, of the whole base and per customer type.

    The definition is that of `marts.churn`.

    Args:
        active_intervals: As `list_active_intervals` returns them.
        customers: `customer_idx`, `customer_type` (NULL: counts in the whole base only); others are left out.
        history: The first day with lapse_days of history behind it, as `find_history_start` returns it.
        as_of: Last day that counts.

    Returns:
        `customer_type` (NULL: the whole base), `churn_rate_12m` Float64 (NULL until every one of the 13 month-ends has
        `lapse_days` of history behind it), `average_customers` Float64, the average number of active customers at these
        month-ends.
    """
    known = active_intervals.join(customers, on="customer_idx")
    typed = known.filter(pl.col("customer_type").is_not_null()).partition_by("customer_type", as_dict=True)
    groups = [(None, known)] * (not known.is_empty()) + [(kind, group) for (kind,), group in typed.items()]
    rows = [(kind, *_count_churn_of_12_months(group, as_of)) for kind, group in groups]
    counts = pl.DataFrame(
        rows,
        schema={"customer_type": pl.String, "churned": pl.Int64, "average_customers": pl.Float64},
        orient="row",
    )
    month_end = find_last_month_end(as_of)
    first_month_end = month_end.replace(year=month_end.year - 1, day=1)
    has_history = pl.lit(history, pl.Date) <= pl.lit(first_month_end).dt.month_end()
    is_known = has_history & (pl.col("average_customers") > 0)
    rate = pl.when(is_known).then(pl.col("churned") / pl.col("average_customers"))
    return counts.select("customer_type", churn_rate_12m=rate, average_customers="average_customers")


def measure_own_churn(
    active_intervals: pl.DataFrame, known: pl.DataFrame, history: dt.date | None, as_of: dt.date
) -> pl.DataFrame:
    """Measure the 12-month churn of the whole base, and of each customer type with enough customers."""
    has_own = pl.len().over("customer_type") >= CUSTOMERS_FOR_A_CHURN
    types = known.select("customer_idx", customer_type=pl.when(has_own).then("customer_type"))
    return measure_churn_by_customer_type(active_intervals, types, history, as_of=as_of)


def _count_churn_of_12_months(active_intervals: pl.DataFrame, as_of: dt.date) -> tuple[int, float]:
    """Count customers churned in the 12 months to the last month-end; average the active ones of 13 month-ends."""
    months = count_customers_by_month(active_intervals, as_of).tail(MONTHS_PER_YEAR + 1)
    churned, active = months["churned_customers_12m"].tail(1), months["active_customers"]
    return int(churned.sum()), int(active.sum()) / (MONTHS_PER_YEAR + 1)


def _explain_formula(max_lifetime_years: float) -> pl.Expr:
    """Say which inputs of the formula were missing or capped; NULL where none were."""
    lapsed, unknown_churn = pl.col("is_lapsed"), pl.col("churn").is_null()
    of_base = pl.col("customer_type").is_not_null() & pl.col("churn_of_type").is_null()
    capped = pl.col("years_observed") + 1 / pl.col("churn") > max_lifetime_years
    notes = [
        pl.when(lapsed).then(pl.lit("lapsed: the simple formula adds no further years")),
        pl.when(~lapsed & unknown_churn).then(pl.lit("12-month churn is not known yet: no further years are added")),
        pl.when(~lapsed & ~unknown_churn & of_base).then(
            pl.lit(f"churn of the whole base: fewer than {CUSTOMERS_FOR_A_CHURN} customers of this type")
        ),
        pl.when(~lapsed & ~unknown_churn & capped).then(
            pl.lit(f"no years beyond the cap of {max_lifetime_years:g} are added to the expected lifetime")
        ),
        pl.when(pl.col("acquisition_cost").is_null()).then(
            pl.lit("acquisition cost is unknown: nothing is subtracted")
        ),
    ]
    words = pl.concat_str(notes, separator="; ", ignore_nulls=True)
    return pl.when(words != "").then(words)
