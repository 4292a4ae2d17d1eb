"""The NPS group of a customer: that of the latest answer, if there is one that is not too old.

Put here: this choice, for every mart that groups customers so. Keep out: what is counted per group (`nps_value.py`,
`customers/referrals.py`).
"""

import datetime as dt
from typing import Protocol

import polars as pl

NEVER_ANSWERED, TOO_OLD = "never_answered", "answer_too_old"
NPS_GROUPS = ("promoter", "passive", "detractor", TOO_OLD, NEVER_ANSWERED)


class AnswerSettings(Protocol):
    """What a company sets about the age of answers."""

    @property
    def max_answer_days(self) -> int:
        """How many days an answer tells how its customer feels."""


def choose_nps_group(as_of: dt.date, max_answer_days: int) -> pl.Expr:
    """The group of `latest_nps_group`; of no answer, or one whose `latest_nps_at` is too old, what it lacks."""
    age = (pl.lit(as_of) - pl.col("latest_nps_at").dt.date()).dt.total_days()
    return (
        pl.when(pl.col("latest_nps_group").is_null())
        .then(pl.lit(NEVER_ANSWERED))
        .when(age > max_answer_days)
        .then(pl.lit(TOO_OLD))
        .otherwise("latest_nps_group")
    )
