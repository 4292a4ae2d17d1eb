"""The findings about money given back, taxes and subscriptions.

Put here: their entries of the catalogue. Keep out: measuring them (`pipelines/audit/findings/tables/money.py`,
`pipelines/audit/findings/doubts/`).
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
        name="refund_lines_cut",
        meaning="Lines beside refunds tell more goods than their refunds gave back; they share those goods.",
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
        name="included_tax_unknown",
        meaning="Prices are said to include the tax, and no order of the source tells it: none is taken out.",
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
    FindingType(
        name="shipping_within_gross_sales",
        meaning=(
            "Payments or lines show that gross_sales of orders includes the shipping, which counts as goods then."
        ),
        measure="share",
        threshold=0.5,
        unit="orders",
    ),
    FindingType(
        name="discounts_taken_twice",
        meaning=("Payments or lines show that gross_sales of orders is after discounts, which are taken off again."),
        measure="share",
        threshold=0.5,
        unit="orders",
    ),
    FindingType(
        name="lines_unlike_orders",
        meaning=("Orders have another amount than their lines together, with or without shipping, tax and discounts."),
        measure="share",
        threshold=0.2,
        unit="orders",
    ),
    FindingType(
        name="taxes_like_rates",
        meaning="All taxes of a source are one rate or share, such as 19 or 0.19, whatever the amounts are.",
        unit="orders",
    ),
    FindingType(
        name="gift_cards_sold",
        meaning=("Sale lines are gift cards: they count when they are sold, and again when somebody pays with them."),
        measure="share",
        threshold=0.01,
        unit="lines",
    ),
    FindingType(
        name="negative_sale_lines",
        meaning="Sale lines are below zero, as discounts, vouchers and returns are.",
        measure="share",
        threshold=0.02,
        unit="lines",
    ),
    FindingType(
        name="refund_lines_above_zero",
        meaning="Refund lines are above zero: they raise sales instead of lowering them.",
        measure="share",
        threshold=0.05,
        unit="lines",
        is_listed_below=True,
        noise=(
            "Likely noise where a few returns were taken back, or a fee kept back stands on the return: then it is a "
            "small share. A tool that writes refunds without a sign does so in nearly all of them."
        ),
    ),
    FindingType(
        name="line_totals_as_prices",
        meaning="The unit price of lines of several pieces is what another column calls the total of the line.",
        measure="share",
        threshold=0.5,
        unit="lines",
    ),
    FindingType(
        name="refunds_in_another_unit",
        meaning=("Refunds are exactly a hundredth of their orders, as when orders are in cents and refunds are not."),
        measure="share",
        threshold=0.2,
        unit="refunds",
    ),
    FindingType(
        name="same_refunds_in_two_sources",
        meaning="Two sources hold refunds of the same customer, amount and days: they lower sales twice.",
        measure="share",
        threshold=0.2,
        unit="refunds",
    ),
    FindingType(
        name="subscription_status_disagrees",
        meaning="Subscriptions are called ended or on trial and have no day of it, or active and have ended.",
        measure="share",
        threshold=0.02,
        unit="subscriptions",
    ),
    FindingType(
        name="monthly_amount_per_unit",
        meaning="monthly_amount is the same for every quantity, as the price of one unit is.",
        measure="share",
        threshold=0.5,
        unit="periods",
    ),
    FindingType(
        name="billing_interval_not_read",
        meaning=(
            "Periods are called yearly and cost many times what others do: the price of a year counts each month."
        ),
        unit="periods",
    ),
    FindingType(
        name="subscription_charges_as_orders",
        meaning="Subscribers have orders of their monthly amount month after month: the money may count twice.",
        measure="share",
        threshold=0.2,
        unit="subscribers",
    ),
    FindingType(
        name="same_subscriptions_in_two_systems",
        meaning=("Two systems hold subscriptions of the same customer and amount: recurring revenue may count twice."),
        measure="share",
        threshold=0.2,
        unit="subscribers",
    ),
)
