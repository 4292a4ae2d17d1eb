"""The share of an NPS group that has lapsed, where it is meaningful.

If an answer counts no longer than an order keeps its customer active (`max_answer_days` is at most `lapse_days`), a
customer who answered after the last order and has lapsed since is in the group of old answers already: almost no
customer with a current answer has lapsed, whatever the answer. Subscribers are different, since they may cancel the day
after the answer.

Put here: when the share is published. Keep out: the groups (`nps_groups.py`), their money (`nps_value.py`).
"""

import polars as pl

from regulars.pipelines.transforms.voice.nps_groups import NEVER_ANSWERED, TOO_OLD

SUBSCRIBERS_NEEDED = 0.5
"""The least share of subscribers among those who answered: most of them can then leave before the answer is old."""

LAPSE_COMES_LATER = (
    "no lapsed_rate: answers count no longer (surveys.max_answer_days) than customers stay active after an order "
    "(lapse_days), so hardly anybody with a current answer can have lapsed, whatever the answer"
)


def withhold_early_lapsed_rates(rows: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """Set `lapsed_rate` of the groups with an answer to NULL, with a reason, unless most who answered were subscribers.

    Args:
        rows: `nps_group`, `customers`, `lapsed_rate`, `reason`; any other columns.
        customers: Every customer; `nps_group`, `net_sales_to_date`, `total_revenue_to_date`.
    """
    has_answered = ~pl.col("nps_group").is_in([NEVER_ANSWERED, TOO_OLD])
    has_subscribed = pl.col("total_revenue_to_date") > pl.col("net_sales_to_date")
    if (customers.filter(has_answered).select(has_subscribed.mean()).item() or 0) >= SUBSCRIBERS_NEEDED:
        return rows
    is_early = has_answered & (pl.col("customers") > 0)
    why = pl.concat_str(["reason", pl.lit(LAPSE_COMES_LATER)], separator="; ", ignore_nulls=True)
    return rows.with_columns(
        lapsed_rate=pl.when(~is_early).then("lapsed_rate"),
        reason=pl.when(is_early).then(why).otherwise("reason"),
    )
