"""What a company sets about bad experiences.

Put here: the shape of `service_risk:`. Keep out: what is counted (`pipelines/transforms/care`).
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from regulars.pipelines.definitions.enumerations import ALL_BAD_SIGNS, BadSign
from regulars.pipelines.settings.part import Part


class ServiceRisk(Part):
    """What a bad experience is, and how many of them put a customer at risk.

    `marts.bad_experiences`, `marts.service_risk_customers`, `marts.lapse_after_experiences` and
    `marts.orders_after_experiences` follow these.
    """

    threshold: Annotated[int, Field(ge=1, le=10)] = 3
    """So many bad experiences in the window put a customer at risk."""
    window_days: Annotated[int, Field(ge=30, le=1095)] = 365
    """The days up to as_of in which they are counted."""
    same_event_days: Annotated[int, Field(ge=0, le=90)] = 14
    """What goes wrong with one order, ticket or subscription is one experience, as long as no more days than these lie
    between one sign and the next."""
    signs: list[BadSign] = list(ALL_BAD_SIGNS)
    """What counts as a sign of a bad experience."""
    refund_reasons: list[str] = []
    """Which refunds count, by their reason as the tool writes it, such as `damaged`, or that of one of their lines.
    Without any, all refunds do."""
    undelivered_days: Annotated[int, Field(ge=0, le=90)] = 3
    """An order that was not delivered so many days after the promised day is a failed delivery. Only orders of tools
    that say when orders were delivered count."""
    reply_time: Literal["clock", "business_hours"] = "business_hours"
    """Whether `support.reply_within_minutes` is counted by the clock or by opening hours. By the clock, almost every
    ticket written in the evening is late."""
    failed_payment_statuses: list[str] = ["failed", "failure", "declined", "refused", "rejected", "error", "past_due"]
    """What a payment's status says when it failed, in small letters."""

    @model_validator(mode="after")
    def _each_sign_once(self) -> Self:
        if len(set(self.signs)) < len(self.signs):
            raise ValueError("`signs` names one of them twice")
        return self
