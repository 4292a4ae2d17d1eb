"""The values that settings, transforms, audit and contracts share: each list stands once, here.

The settings may not be read by transforms, so what both name lies at the bottom, where every room may import it. A
contract writes a number or text of this file as `{NAME}`.
Put here: lists of allowed values and patterns that more than one room needs. Keep out: lengths of windows
(`windows.py`), the names of models (`pipelines/models/names.py`) and of methods
(`pipelines/transforms/clv/methods.py`), and values that one table alone has.
"""

from typing import Literal, get_args

from regulars.pipelines.definitions.windows import (
    LAST_YEAR_DAYS,
    NPS_LONG_ROLLING_DAYS,
    NPS_ROLLING_DAYS,
    NPS_YEAR_ROLLING_DAYS,
)

Grain = Literal["week", "month", "quarter", "year"]
"""How long the periods of cohorts are."""

GRAINS: tuple[Grain, ...] = get_args(Grain)

Dimension = Literal[
    "first_category",
    "first_product",
    "first_channel",
    "first_store",
    "first_discount",
    "country",
    "customer_type",
    "acquisition_channel",
    "owner",
]
"""The columns of `marts.customer_dimensions` by which cohorts, churn and purchase behaviour can be split."""

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

PROFILE_ATTRIBUTES = {
    "first_category": "The product category on which the first order spent most.",
    "first_channel": "The channel of the first order.",
    "first_store": "The store of the first order.",
    "first_discount": "Whether the first order had a discount.",
    "country": "The country of the first order, else of the customer.",
    "region": "The region of the first order, else of the customer.",
    "customer_type": "The kind of customer, as the CRM says.",
    "acquisition_channel": "How the customer was won, as the CRM says.",
}
"""What customers are compared by in `marts.primary_customer_profile`: value -> what it means."""

TARGET_CUSTOMER = "target_customer"
"""The attribute of the one row of that mart that is about all that the settings say of the target customer."""

CURRENCY_PATTERN = "^[A-Z]{3}$"
"""What an ISO 4217 code looks like."""

ALL, OTHER, UNKNOWN = "all", "other", "unknown"
"""Dimension and value of the whole base; the value of those too few to be named; the value of those who have none."""
UNMATCHED = "unmatched"
"""The theme of a comment in which no rule of the company finds anything."""

UNASSIGNED = "unassigned"
"""Who looks after customers and tickets without an owner: the value of `owner` in every mart."""
VALUES_OF_NONE = {"owner": UNASSIGNED}
"""Dimension -> the value of those who have none, where it is not `UNKNOWN`."""

UNKNOWN_CUSTOMER_IDX = 0
"""`customer_idx` of the orders, refunds and answers that no identifier leads to a customer."""

RfmSegment = Literal[
    "champions",
    "loyal",
    "potential_loyalists",
    "new",
    "promising",
    "needs_attention",
    "cannot_lose",
    "at_risk",
    "hibernating",
    "lost",
]
"""The named segments of `marts.customer_segments`."""

RfmRule = tuple[RfmSegment, tuple[int, int], tuple[int, int], tuple[int, int]]
"""A segment, and its inclusive ranges of recency, frequency and monetary score."""

NPS_ROLLING_GRAIN = f"rolling_{NPS_ROLLING_DAYS}d"
NPS_LONG_ROLLING_GRAIN = f"rolling_{NPS_LONG_ROLLING_DAYS}d"
NPS_YEAR_ROLLING_GRAIN = f"rolling_{NPS_YEAR_ROLLING_DAYS}d"
NPS_GRAINS = {
    "day": "The answers of one day.",
    "week": "The answers of an ISO week, Monday to Sunday.",
    "month": "The answers of a calendar month.",
    NPS_ROLLING_GRAIN: f"The answers of the {NPS_ROLLING_DAYS} days that end with period_end; a row for each "
    "day of dimension `all`, for Sundays, month-ends and as_of of the others.",
    NPS_LONG_ROLLING_GRAIN: f"The answers of the {NPS_LONG_ROLLING_DAYS} days that end with period_end; a row for each "
    "day of dimension `all`, for month-ends and as_of of the others.",
    NPS_YEAR_ROLLING_GRAIN: f"The answers of the {NPS_YEAR_ROLLING_DAYS} days that end with period_end; a row for "
    "month-ends and as_of.",
}
"""How long the periods of `marts.nps` and `marts.satisfaction_scores` are: value -> what it means."""

LAST_YEAR_GRAIN = f"last_{LAST_YEAR_DAYS}d"
SUPPORT_GRAINS = {
    "day": "The tickets opened on one day.",
    "week": "The tickets opened in an ISO week, Monday to Sunday.",
    LAST_YEAR_GRAIN: f"The tickets opened in the {LAST_YEAR_DAYS} days that end with as_of.",
}
"""How long the periods of `marts.support_response` are: value -> what it means."""

SUPPORT_DIMENSIONS = {
    ALL: "All tickets.",
    "reason": "By what the ticket is about, its topic, in the words of the source; the rare ones are `other`.",
    "channel": "By the channel through which the ticket came in.",
    "value_tier": "By the value tier of today of the customer who wrote it.",
    "owner": "By who looks after the ticket, a number unless the settings show names (worklists.show_owner_names).",
}
"""What the tickets of `marts.support_response` are split by: value -> what it means."""

DELIVERY_GRAINS = {
    "month": "The orders promised for a calendar month.",
    LAST_YEAR_GRAIN: f"The orders promised for the {LAST_YEAR_DAYS} days that end with as_of.",
}
"""How long the periods of `marts.order_delivery` are: value -> what it means."""

DELIVERY_DIMENSIONS = {
    ALL: "All orders with a promised day.",
    "country": "By the country that the order went to.",
    "region": "By the state, province or sales region that it went to.",
    "store": "By the store where it was placed.",
    "channel": "By where it was placed, such as web or store.",
}
"""What the orders of `marts.order_delivery` are split by: value -> what it means."""

ValueBasis = Literal["net_sales", "contribution_margin"]
"""What a customer's value can be made of."""

VALUE_BASES = {
    "net_sales": "gross_sales − discounts − refunds, without tax and shipping.",
    "contribution_margin": "net_sales × contribution_rate of customer_clv: what is left after the cost of the goods.",
}
"""What values can be made of: value -> what it means."""

SurveyDimension = Literal[
    "customer_type",
    "country",
    "region",
    "owner",
    "segment",
    "value_tier",
    "touchpoint",
    "channel",
    "store",
    "language",
]
"""What scores of surveys can be split by."""

SURVEY_DIMENSIONS: tuple[SurveyDimension, ...] = get_args(SurveyDimension)
SCORE_DIMENSIONS = (ALL, *SURVEY_DIMENSIONS)
ANSWERING_WAVE = "answering_wave"
NPS_DIMENSIONS = (*SCORE_DIMENSIONS, ANSWERING_WAVE)
ANSWERING_WAVES = ("first_half", "second_half")
"""The values of the dimension `ANSWERING_WAVE`: the answers that came sooner after their invitation, and the others."""

BadSign = Literal[
    "failed_delivery",
    "complaint",
    "late_delivery",
    "refund",
    "detractor",
    "reopened_ticket",
    "late_reply",
    "failed_payment",
]
"""By what a bad experience of a customer is known, the gravest first."""

ALL_BAD_SIGNS: tuple[BadSign, ...] = get_args(BadSign)

BAD_SIGNS = {
    "failed_delivery": "An order was not delivered service_risk.undelivered_days after the promised day.",
    "complaint": "The customer complained to support.",
    "late_delivery": "An order was delivered after the promised moment.",
    "refund": "Money was given back.",
    "detractor": "The customer answered a recommendation question with 0 to 6.",
    "reopened_ticket": "A ticket was opened again after it was solved.",
    "late_reply": "Support did not answer in time.",
    "failed_payment": "A payment failed, or a subscription ended without the customer's will.",
}
"""What each sign means; of several signs of one experience the first of this list leads."""

Lens = Literal["objective", "mission", "customer_promise"]
"""From which side a target of the scorecard looks at the company."""

LENSES = {
    "objective": "What the company wants to reach.",
    "mission": "What the company is there for.",
    "customer_promise": "What customers are promised.",
}
"""What each lens means; in this order they are shown."""

ScorecardPeriod = Literal["month", "quarter", "year"]
"""Of what periods a target is."""
