"""How many decimals an amount of each currency is written with: ISO 4217, where it is not two.

Put here: that. Keep out: rates (`rough_rates.py`), and writing amounts (`report/words`).
"""

USUAL = 2
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
OTHERS = {**dict.fromkeys(_NONE.split(), 0), **dict.fromkeys(_THREE.split(), 3)}


def find_decimals(currency: str | None) -> int:
    """The decimals of a currency, such as 2 of EUR, 0 of JPY; of an unknown one, the usual two."""
    return OTHERS.get((currency or "").upper(), USUAL)
