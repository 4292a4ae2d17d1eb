"""What currencies are roughly worth, to recognise rates that are upside down or per 100 units.

Put here: currencies that have kept their order of magnitude for twenty years. Keep out: rates that anything is
converted with, and currencies that lose most of their worth.
"""

from collections.abc import Mapping

USD_PER_UNIT: Mapping[str, float] = {
    "AUD": 0.7,
    "BRL": 0.25,
    "CAD": 0.78,
    "CHF": 1.05,
    "CNY": 0.145,
    "CZK": 0.045,
    "DKK": 0.15,
    "EUR": 1.15,
    "GBP": 1.35,
    "HKD": 0.128,
    "HUF": 0.0032,
    "INR": 0.014,
    "ISK": 0.008,
    "JPY": 0.008,
    "KRW": 0.0008,
    "MXN": 0.06,
    "NOK": 0.12,
    "NZD": 0.65,
    "PLN": 0.27,
    "SEK": 0.11,
    "SGD": 0.73,
    "THB": 0.03,
    "USD": 1.0,
    "ZAR": 0.075,
}
"""Currency -> what one unit is roughly worth in US dollars, within a factor of two."""
