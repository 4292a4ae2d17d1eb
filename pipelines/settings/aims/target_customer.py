"""Whom the company wants as customers.

Put here: the shape of `target_customer:`. Keep out: who its customers are (`pipelines/transforms/customers`).
"""

from collections.abc import Mapping, Sequence

from regulars.pipelines.settings.part import Part, PlainText


class TargetCustomer(Part):
    """The customer that the company wants, by what is known at the first order: `marts.primary_customer_profile`.

    A customer matches who has, in each attribute that is set, one of its values. Write values as the tables do.
    """

    first_category: list[PlainText] = []
    """Product categories on which the first order spent most."""
    first_channel: list[PlainText] = []
    """Channels of the first order."""
    first_store: list[PlainText] = []
    """Stores of the first order."""
    first_discount: list[PlainText] = []
    """`discounted` or `full price`."""
    country: list[PlainText] = []
    """Countries of the first order, as codes such as `DE`."""
    region: list[PlainText] = []
    """Regions of the first order."""
    customer_type: list[PlainText] = []
    """Kinds of customers, as the CRM says."""
    acquisition_channel: list[PlainText] = []
    """How customers were won, as the CRM says."""

    @property
    def wanted(self) -> Mapping[str, Sequence[str]]:
        """Attribute -> its wanted values, of those that are set."""
        return {name: values for name, values in dict(self).items() if values}
