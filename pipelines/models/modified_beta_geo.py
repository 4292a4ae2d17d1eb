"""The MBG/NBD model: customers buy at their own rate and may drop out after each purchase, the first included.

Put here: what distinguishes it in the family.
Keep out: what it shares with BG/NBD (`beta_geo_family.py`).
"""

from regulars.pipelines.models.dropout.beta_geo_family import BetaGeoFamily
from regulars.pipelines.models.dropout.beta_geo_formulas import BetaGeoFormulas


class ModifiedBetaGeoModel(BetaGeoFamily):
    """MBG/NBD of Batislam, Denizel & Filiztekin (2007), International Journal of Research in Marketing 24(3)."""

    CHANCES_AT_START = 1
    FORMULAS = BetaGeoFormulas(CHANCES_AT_START)
