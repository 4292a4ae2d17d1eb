"""The BG/NBD model: customers buy at their own rate and may drop out after each repeat purchase.

Put here: what distinguishes it in the family.
Keep out: what it shares with MBG/NBD (`beta_geo_family.py`).
"""

from regulars.pipelines.models.dropout.beta_geo_family import BetaGeoFamily
from regulars.pipelines.models.dropout.beta_geo_formulas import BetaGeoFormulas


class BetaGeoModel(BetaGeoFamily):
    """BG/NBD of Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2).

    A customer without a repeat purchase has had no chance to drop out: P(alive) is 1 by construction. Where most
    customers bought once, prefer MBG/NBD.
    """

    CHANCES_AT_START = 0
    FORMULAS = BetaGeoFormulas(CHANCES_AT_START)
