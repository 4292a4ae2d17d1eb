"""The findings about money given back, taxes and subscriptions.

Put here: their entries of the catalogue. Keep out: measuring them (`pipelines/audit/findings/tables/money.py`).
"""

from regulars.pipelines.findings.finding_type import FindingType

MONEY = (
    FindingType(
        name="refund_goods_derived",
        meaning="Refunds tell only a whole amount; their goods were derived from their orders in proportion.",
        severity="info",
        unit="refunds",
    ),
    FindingType(
        name="refund_order_unknown",
        meaning="Refunds name an order that was not delivered, or none; the whole amount of each lowers sales.",
        measure="share",
        threshold=0.02,
        unit="refunds",
    ),
    FindingType(
        name="refund_beyond_order",
        meaning="Refunds give back more than their orders had left; what is beyond lowers no sales.",
        unit="refunds",
    ),
    FindingType(
        name="refund_of_uncounted_order",
        meaning="Refunds belong to orders that do not count, such as cancelled ones; they lower no sales.",
        severity="info",
        unit="refunds",
    ),
    FindingType(
        name="refund_day_estimated",
        meaning="Refunds have no day of their own and count on the day of their order.",
        severity="info",
        unit="refunds",
    ),
    FindingType(
        name="tax_within_prices",
        meaning="Payments, refunds, totals or tax rates show that gross_sales includes the tax; settings say beside.",
        measure="share",
        threshold=0.5,
        unit="orders",
    ),
    FindingType(
        name="tax_beside_prices",
        meaning="Payments, refunds or totals show that tax was charged beside gross_sales; settings say within.",
        measure="share",
        threshold=0.5,
        unit="orders",
    ),
    FindingType(
        name="costs_known_for_few_sales",
        meaning="Values are net sales, not the contribution margin that settings want: too few costs are known.",
        unit="customers",
    ),
    FindingType(
        name="discounts_spread",
        meaning="Orders give other discounts than their lines; the difference was spread over the lines.",
        severity="info",
        unit="orders",
    ),
    FindingType(
        name="refunds_before_orders",
        meaning="Refunds lie more than a day before the order that they belong to.",
        unit="refunds",
    ),
    FindingType(
        name="subscription_plans_successive",
        meaning="Plans of one subscription have no item ids; each is taken to end where the next one begins.",
        severity="info",
        unit="periods",
    ),
    FindingType(
        name="subscription_period_replaced",
        meaning="Periods of subscriptions were never charged, since another one took their place on their first day.",
        unit="periods",
    ),
)
