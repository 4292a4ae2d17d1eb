"""The share of an NPS group that has lapsed, where it says whether they leave.

While an answer counts for no longer than an order keeps its customer active (`max_answer_days` up to `lapse_days`),
whoever answered after an order, ordered no more and has lapsed is in the group of old answers already: of the groups
with an answer next to nobody has lapsed, whatever they think. It is otherwise with subscribers, who may cancel the day
after the answer.

Put here: when the share is given. Keep out: the groups (`nps_groups.py`), their money (`nps_value.py`).
"""

import polars as pl

from regulars.pipelines.transforms.voice.nps_groups import NEVER_ANSWERED, TOO_OLD

SUBSCRIBERS_NEEDED = 0.5
"""Share of those who answered who must have had a subscription, so that most of them could leave in time."""

LAPSE_COMES_LATER = (
    "no lapsed_rate: who answered with an order lapses when the answer is too old already, as surveys.max_answer_days "
    "is not above lapse_days"
)


def withhold_early_lapsed_rates(rows: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """Take `lapsed_rate` from the groups with an answer and say why, unless most who answered have been subscribers.

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
