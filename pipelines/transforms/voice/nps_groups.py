"""The NPS group of a customer: that of the latest answer, if there is one that is not too old.

Put here: this choice, which `customer_360` makes for every mart that groups customers by NPS. Keep out: sums per group
(`nps_value.py`, `customers/referrals.py`).
"""

import datetime as dt
from typing import Protocol

import polars as pl

from regulars.pipelines.transforms.local_days import CompanyZone, find_local_day

NEVER_ANSWERED, TOO_OLD = "never_answered", "answer_too_old"
NPS_GROUPS = ("promoter", "passive", "detractor", TOO_OLD, NEVER_ANSWERED)


class AnswerSettings(Protocol):
    """What a company sets about the age of answers."""

    @property
    def max_answer_days(self) -> int:
        """The days for which an answer counts."""


def choose_nps_group(as_of: dt.date, max_answer_days: int, company: CompanyZone) -> pl.Expr:
    """`latest_nps_group`, or the group of customers without an answer, or with an answer that is too old."""
    age = (pl.lit(as_of) - find_local_day(pl.col("latest_nps_at"), company)).dt.total_days()
    return (
        pl.when(pl.col("latest_nps_group").is_null())
        .then(pl.lit(NEVER_ANSWERED))
        .when(age > max_answer_days)
        .then(pl.lit(TOO_OLD))
        .otherwise("latest_nps_group")
    )
