"""The values and windows that settings, transforms, audit and contracts share: each stands once, here.

The settings may not be read by transforms, so what both name lies at the bottom, where every room may import it. A
contract writes a number or text of this file as `{NAME}`.
Put here: lists of allowed values, patterns and lengths of windows that more than one room needs. Keep out: the names of
models (`pipelines/models/names.py`) and of methods (`pipelines/transforms/clv/methods.py`); values that one table alone
has.
"""

from typing import Literal, get_args

Grain = Literal["week", "month", "quarter", "year"]
"""How long the periods of cohorts are."""

GRAINS: tuple[Grain, ...] = get_args(Grain)

Dimension = Literal[
    "first_category",
    "first_channel",
    "first_store",
    "first_discount",
    "country",
    "customer_type",
    "acquisition_channel",
]
"""The columns of `marts.customer_dimensions` by which cohorts, churn and purchase behaviour can be split."""

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

CURRENCY_PATTERN = "^[A-Z]{3}$"
"""What an ISO 4217 code looks like."""

ALL, OTHER, UNKNOWN = "all", "other", "unknown"
"""Dimension and value of the whole base; the value of those too few to be named; the value of those who have none."""

UNKNOWN_CUSTOMER_IDX = 0
"""`customer_idx` of the orders, refunds and answers that no identifier leads to a customer."""

NPS_ROLLING_DAYS = 28
"""Days of the rolling window of `marts.nps`, the last one included. A multiple of 7, so that every window weighs the
days of the week alike."""

NPS_ROLLING_GRAIN = f"rolling_{NPS_ROLLING_DAYS}d"
NPS_GRAINS = {
    "day": "The answers of one day.",
    "week": "The answers of an ISO week, Monday to Sunday.",
    NPS_ROLLING_GRAIN: f"The answers of the {NPS_ROLLING_DAYS} days that end with period_end; a row for each day.",
}
"""How long the periods of `marts.nps` are: value -> what it means."""

NPS_DIMENSIONS = (ALL, "customer_type", "country", "touchpoint")

DEFAULT_LAPSE_DAYS = 365
"""Days without an order after which a customer has lapsed, where the settings say nothing."""

DETRACTOR_DAYS = 90
"""How long a detractor's answer calls for action, unless an order follows it: older anger is not helped by a call."""

LAST_ACTIVE_DAYS = 365
"""The length of a customer's last active year, which ends with the day of the last order."""

HOLDOUT_DAYS = 365
"""Days at the end of the history that methods predict and are evaluated on; half of a shorter history."""

RESTATEMENTS_KEPT_DAYS = 365
"""How long `meta.restatements` keeps the restatements of earlier runs, in days of as_of."""

REPEAT_DAYS, REPEAT_DAYS_LONG = 90, 365
"""Days after the first order within which a second one makes a repeat customer, in two lengths."""
