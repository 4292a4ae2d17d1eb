"""The orders of the sample company that were delayed are found as late, in the month for which they were promised."""

from pathlib import Path

import duckdb
import polars as pl

PROMISED_DAYS = 3


def test_late_orders_by_month_are_those_that_were_delayed(published_demo: Path):
    (path,) = published_demo.rglob("truth/orders.csv")
    orders = pl.read_csv(path, try_parse_dates=True)
    sent = orders.filter(~pl.col("sort").is_in(["cancelled", "test"]))
    promised = (pl.col("ordered_at") + pl.duration(days=PROMISED_DAYS)).dt.replace_time_zone("UTC")
    true = sent.group_by(month=promised.dt.convert_time_zone("Europe/Berlin").dt.date().dt.month_start()).agg(
        pl.len().alias("orders"), pl.col("is_delayed").sum().alias("delayed")
    )
    with duckdb.connect(str(published_demo / "home/current/regulars.duckdb"), read_only=True) as con:
        found = con.sql("from marts.order_delivery_all").pl()
    # in the last month some have not come yet; one order that cannot be read is quarantined in some
    both = found.filter(pl.col("period_end") < pl.col("as_of")).join(
        true, left_on="period_start", right_on="month", how="left"
    )
    assert both.height == 35
    assert (both["orders"] - both["promised_orders"]).is_between(0, 5).all()
    missing = both["delayed"] - both["late_orders"]
    assert missing.min() == 0
    assert missing.sum() <= 8
    assert both["late_orders"].sum() > 50
