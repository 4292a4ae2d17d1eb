"""Lengths of windows in days that several rooms share: each stands once, here.

The settings may not be read by transforms, so what both name lies at the bottom, where every room may import it. A
contract writes a number of this file as `{NAME}`.
Put here: lengths of windows that more than one room needs. Keep out: values that one table alone has.
"""

NPS_ROLLING_DAYS = 28
"""Days of the rolling window of `marts.nps`, the last one included. A multiple of 7, so that every window weighs the
days of the week alike."""

NPS_LONG_ROLLING_DAYS = 90
"""Days of the longer rolling window of `marts.nps`, which has enough votes to be weighted by value tier."""

NPS_YEAR_ROLLING_DAYS = 365
"""Days of the longest rolling window of `marts.nps`, in which small regions and stores have enough votes too."""

LAST_YEAR_DAYS = 365
"""Days of the year to as_of of which `marts.support_response` and `marts.order_delivery` have one row, and whose orders
`marts.product_preferences` compares."""

DEFAULT_LAPSE_DAYS = 365
"""Days without an order after which a customer has lapsed, where the settings say nothing."""

DETRACTOR_DAYS = 90
"""How long a detractor's answer calls for action, unless an order follows it: older anger is not helped by a call."""

PAYMENT_DAYS = 30
"""How long after it a failed payment, or the end of a subscription that it led to, can still be mended."""

LAST_ACTIVE_DAYS = 365
"""The length of a customer's last active year, which ends with the day of the last order."""

HOLDOUT_DAYS = 365
"""Days at the end of the history that methods predict and are evaluated on; half of a shorter history."""

RESTATEMENTS_KEPT_DAYS = 365
"""How long `meta.restatements` keeps the restatements of earlier runs, in days of as_of."""

REPEAT_DAYS, REPEAT_DAYS_LONG = 90, 365
"""Days after the first order within which a second one makes a repeat customer, in two lengths."""

ACQUISITION_MONTHS = 24
"""Whole months whose first orders and spend `marts.acquisition_economics` compares: two years hold every season
twice."""

SEASON_YEARS = 5
"""Years at the end of the history from which `marts.seasonality` takes the season: habits of long ago say little."""

DEMAND_WEEKS, DEMAND_WEEKS_SHOWN = 156, 26
"""Weeks of history that forecasts of demand read, and that `marts.demand_forecast` shows."""

OFFER_DAYS, BASKET_DAYS = 28, 180
"""Days ahead that `marts.next_best_offers` looks and is graded on; days of baskets from which it learns what goes
together."""

THEME_WEEKS = 8
"""Weeks before a week with which `marts.feedback_themes` compares its themes."""
