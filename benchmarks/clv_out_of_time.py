"""How far off the published predictions were, on histories of which is known what came.

Each history is cut every half year (`--every`). What is known by the cut is predicted as a run predicts it; the 365
days after it say what came, or with `--horizon 36m` the 1,095 days. Beside it stands what the run claimed: the horizon,
the error and the coverage of its test. Totals are measured as they are published, and as they would be without their
calibration by the test; and whether the published interval of the total, and those of the totals of ten groups of
customers, held what came.

    python benchmarks/clv_out_of_time.py FOLDER [NAME …]

FOLDER holds one Parquet file per history: `customer`, `date`, `value`; what was given back is negative.
Put here: the comparison. Keep out: where histories come from.
"""

import argparse
import datetime as dt
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from regulars.pipelines.settings.economics import Economics
from regulars.pipelines.transforms.clv.clv_evaluation import clv_evaluation
from regulars.pipelines.transforms.clv.clv_models import clv_models
from regulars.pipelines.transforms.clv.customer_clv import customer_clv
from regulars.pipelines.transforms.clv.holdout import WHOLE_YEAR_DAYS
from regulars.pipelines.transforms.clv.predictions import HORIZONS
from regulars.pipelines.transforms.clv.totals.total_errors import TotalErrors, bound_total, read_total_errors

MONEY = pl.Decimal(18, 4)
GROUPS = 10
SUBSCRIPTIONS = {
    "system": pl.String,
    "subscription_id": pl.String,
    "period_number": pl.Int32,
    "item_id": pl.String,
    "customer_idx": pl.Int32,
    "plan": pl.String,
    "active_from": pl.Date,
    "active_until": pl.Date,
    "paused_from": pl.Date,
    "paused_until": pl.Date,
    "is_free_time": pl.Boolean,
    "monthly_amount": MONEY,
    "cancelled_date": pl.Date,
    "cancel_reason": pl.String,
    "is_involuntary": pl.Boolean,
}
LINES = {
    "customer_idx": pl.Int32,
    "order_date": pl.Date,
    "is_countable": pl.Boolean,
    "gross_sales": MONEY,
    "discounts": MONEY,
    "cost": MONEY,
}
"""The columns of `core.subscriptions` and `core.order_lines` that marts read; the histories have neither."""

Row = dict[str, Any]


def main() -> None:
    """Print one line per history and cut, and the means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--json", type=Path, help="also write the rows here")
    parser.add_argument("--every", type=int, default=180, help="days between cuts; default 180")
    parser.add_argument("--horizon", choices=HORIZONS, default="12m", help="which prediction is compared; default 12m")
    asked = parser.parse_args()
    files = sorted(file for file in asked.folder.glob("*.parquet") if not asked.names or file.stem in asked.names)
    rows = [row for file in files for row in measure(file.stem, pl.read_parquet(file), asked.every, asked.horizon)]
    print(*format_rows(rows), sep="\n")
    if asked.json:
        asked.json.write_text(json.dumps(rows, default=str, indent=1))


def measure(name: str, history: pl.DataFrame, every: int, horizon: str) -> Iterator[Row]:
    """Yield one row per cut at which something is predicted: what was published then, and what came."""
    core = make_core(history)
    first, last = history.select(first=pl.col("date").min(), last=pl.col("date").max()).row(0)
    for days in range(every, (last - first).days - HORIZONS[horizon] + 1, every):
        cut = first + dt.timedelta(days=days)
        if compared := compare(core, cut, horizon):
            yield {"history": name, "cut": cut, "days_known": days, **compared}


def make_core(history: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Make the tables of core that predictions read."""
    idx = {customer: number for number, customer in enumerate(history["customer"].unique().sort(), 1)}
    known = history.select(
        customer_idx=pl.col("customer").replace_strict(idx, return_dtype=pl.Int32),
        day="date",
        money=pl.col("value").round(2).cast(MONEY),
    )
    first, last = known.select(first=pl.col("day").min(), last=pl.col("day").max()).row(0)
    days = pl.DataFrame({"day": pl.date_range(first, last, eager=True)})
    orders = known.filter(pl.col("money") > 0).rename({"day": "order_date", "money": "gross_sales"})
    refunds = known.filter(pl.col("money") < 0).rename({"day": "refund_date"})
    return {
        "orders": orders.with_columns(discounts=pl.lit(0).cast(MONEY), is_countable=pl.lit(value=True)),
        "refunds": refunds.with_columns(goods=(-pl.col("money")).cast(MONEY), is_countable=pl.lit(value=True)).drop(
            "money"
        ),
        "subscriptions": pl.DataFrame(schema=SUBSCRIPTIONS),
        "order_lines": pl.DataFrame(schema=LINES),
        "customers": pl.DataFrame(
            {"customer_id": [str(number) for number in idx.values()], "customer_idx": list(idx.values())},
            schema_overrides={"customer_idx": pl.Int32},
        ).with_columns(customer_type=pl.lit(None, pl.String), acquisition_cost=pl.lit(None, MONEY)),
        "calendar": days.with_columns(day_idx=pl.col("day").cast(pl.Int32)),
    }


def compare(core: dict[str, pl.DataFrame], cut: dt.date, horizon: str) -> Row | None:
    """Compare what a run of that day publishes with what came after it; None where it predicts nothing."""
    started = time.process_time()
    bought = (core["orders"], core["refunds"], core["calendar"])
    models = clv_models(*bought, as_of=cut)
    evaluation = clv_evaluation(*bought, models, core["subscriptions"], as_of=cut)
    published = customer_clv(
        **core,
        clv_models=models,
        clv_evaluation=evaluation,
        as_of=cut,
        lapse_days=365,
        max_lifetime_years=10,
        discount_rate=0.1,
        value_basis="net_sales",
        economics=Economics(),
        subscription_revenue_is_in_orders=False,
    )
    seconds = time.process_time() - started
    if published["predicted_value_12m"].null_count() == published.height:
        return None
    actual = sum_actual(core, cut, HORIZONS[horizon])
    joined = published.join(actual, on="customer_idx", how="left").with_columns(
        pl.col("purchases", "value").fill_null(0)
    )
    errors = read_total_errors(evaluation, "all")
    claim = read_claim(evaluation)
    return {
        "method": published["method"][0],
        **claim,
        **measure_truth(joined, horizon),
        **measure_totals(joined, claim, errors and errors.extend_to(HORIZONS[horizon] // HORIZONS["12m"]), horizon),
        "cpu": seconds,
    }


def sum_actual(core: dict[str, pl.DataFrame], cut: dt.date, days: int) -> pl.DataFrame:
    """Sum the purchase days and net sales of the days after the cut, one row per customer."""
    sold = core["orders"].select("customer_idx", day="order_date", money="gross_sales")
    back = core["refunds"].select("customer_idx", day="refund_date", money=-pl.col("goods"))
    after = pl.col("day").is_between(cut, cut + dt.timedelta(days=days), closed="right")
    purchases = sold.filter(after).group_by("customer_idx").agg(purchases=pl.col("day").n_unique())
    value = pl.concat([sold, back], how="vertical_relaxed").filter(after).group_by("customer_idx")
    return value.agg(value=pl.col("money").sum().cast(pl.Float64)).join(
        purchases, on="customer_idx", how="full", coalesce=True
    )


def read_claim(evaluation: pl.DataFrame) -> Row:
    """Read what the run's own test says of the chosen method."""
    names = {
        "test_days": "horizon_days",
        "claimed_error": "value_error_rate",
        "claimed_coverage": "value_interval_covered",
        "claimed_purchases_coverage": "purchases_interval_covered",
        "purchases_calibration": "purchases_calibration",
        "value_calibration": "value_calibration",
        "purchases_widening": "purchases_interval_widening",
        "value_widening": "value_interval_widening",
    }
    chosen = evaluation.filter("is_chosen", pl.col("scope") == "all").to_dicts()
    return {name: chosen[0].get(column) if chosen else None for name, column in names.items()}


def measure_truth(joined: pl.DataFrame, horizon: str) -> Row:
    """Measure totals and intervals against what came."""
    covered = {
        what: joined.select(
            pl.col(what).is_between(f"predicted_{what}_{horizon}_low", f"predicted_{what}_{horizon}_high").mean()
        ).item()
        for what in ("purchases", "value")
    }
    totals = {
        f"{what}_error": joined[f"predicted_{what}_{horizon}"].cast(pl.Float64).sum() / joined[what].sum() - 1
        for what in ("purchases", "value")
    }
    return {
        **totals,
        "nominal": joined["interval_nominal_coverage_12m"].mean(),
        "coverage": covered["value"],
        "purchases_coverage": covered["purchases"],
        "least_expected": float(joined[f"predicted_value_{horizon}"].cast(pl.Float64).min() or 0),
        "correlation": joined.select(
            pl.corr(pl.col(f"predicted_value_{horizon}").cast(pl.Float64).rank(), pl.col("value").rank())
        ).item(),
        "rmse": joined.select(
            ((pl.col(f"predicted_purchases_{horizon}") - pl.col("purchases")) ** 2).mean().sqrt()
        ).item(),
    }


def measure_totals(joined: pl.DataFrame, claim: Row, errors: TotalErrors | None, horizon: str) -> Row:
    """Measure totals without calibration, and whether the intervals of totals held what came.

    Groups are tenths of the customers by the hash of their number, and so of any kind.
    """
    row = {
        f"{what}_error_uncalibrated": (
            joined[f"predicted_{what}_{horizon}"].cast(pl.Float64).sum() / (claim[f"{what}_calibration"] or 1)
        )
        / joined[what].sum()
        - 1
        for what in ("purchases", "value")
    }
    if errors is None:
        return row
    low, high = bound_total(pl.col(f"predicted_value_{horizon}"), errors)
    group = pl.col("customer_idx").hash(seed=1) % GROUPS
    held = [
        joined.group_by(by)
        .agg(pl.col(f"predicted_value_{horizon}", "value").cast(pl.Float64).sum())
        .select(pl.col("value").is_between(low, high).mean())
        .item()
        for by in (pl.lit(0), group)
    ]
    return {**row, "total_margin": errors.margin_rate, "total_held": bool(held[0]), "groups_held": held[1]}


COLUMNS = {
    "history": "history", "days_known": "days known", "method": "method", "test_days": "days of test",
    "claimed_error": "error claimed", "value_error": "value", "purchases_error": "purchases",
    "nominal": "nominal", "claimed_coverage": "covered in test", "coverage": "covered after",
    "claimed_purchases_coverage": "purchases in test", "purchases_coverage": "purchases after",
    "value_widening": "widening", "value_calibration": "calibration",
    "value_error_uncalibrated": "value uncalibrated", "total_margin": "margin of the total", "total_held": "total held",
    "groups_held": "groups held", "rmse": "rmse", "correlation": "rank corr.",
    "cpu": "cpu s",
}  # fmt: skip


def format_rows(rows: list[Row]) -> Iterator[str]:
    """Format the rows as a table, and the mean absolute errors under it."""
    yield "| " + " | ".join(COLUMNS.values()) + " |"
    yield "|---" * len(COLUMNS) + "|"
    for row in rows:
        yield "| " + " | ".join(format_cell(name, row.get(name)) for name in COLUMNS) + " |"
    whole, short = ([row for row in rows if is_whole_year(row) is each] for each in (True, False))
    named = [("all cuts", rows), ("a year of test", whole), ("less than a year of test", short)]
    named += [
        (f"{name}, a year of test", [row for row in whole if row["history"] == name]) for name in list_names(rows)
    ]
    named += [(f"{name}, less", [row for row in short if row["history"] == name]) for name in list_names(rows)]
    yield from (describe(label, chosen) for label, chosen in named if chosen)


def is_whole_year(row: Row) -> bool:
    """Whether the run's own test held every season, so that totals were calibrated."""
    return (row["test_days"] or 0) >= WHOLE_YEAR_DAYS


def list_names(rows: list[Row]) -> list[str]:
    """List the histories in the order of the rows."""
    return list(dict.fromkeys(row["history"] for row in rows))


def describe(label: str, rows: list[Row]) -> str:
    """Say the mean absolute errors of totals, and how much their and the customers' intervals held."""
    value, raw, purchases = (
        sum(abs(row[name]) for row in rows) / len(rows)
        for name in ("value_error", "value_error_uncalibrated", "purchases_error")
    )
    gaps = [row["coverage"] - row["nominal"] for row in rows if row["coverage"] is not None]
    gap, lacking = sum(gaps) / max(1, len(gaps)), sum(max(0.0, -each) for each in gaps) / max(1, len(gaps))
    totals = [row for row in rows if "total_held" in row]
    held, groups = (sum(row[name] for row in totals) for name in ("total_held", "groups_held"))
    return (
        f"{label}: {len(rows)} cuts, mean absolute error of totals: value {value:.1%} (uncalibrated {raw:.1%}), "
        f"purchases {purchases:.1%}; {len(gaps)} with intervals of customers, coverage - nominal {gap:+.1%}, short by "
        f"{lacking:.1%}; totals inside their 80 %: {held} of {len(totals)}, of tenths "
        f"{groups / max(1, len(totals)):.0%}"
    )


def format_cell(name: str, value: Any) -> str:
    """Format one cell."""
    if value is None:
        return "–"
    if "error" in name:
        return f"{value:+.1%}"
    if "coverage" in name or name == "nominal":
        return f"{value:.1%}"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
