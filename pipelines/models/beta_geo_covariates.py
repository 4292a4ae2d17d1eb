"""BG/NBD with time-invariant covariates: what makes customers buy more often, and what makes them differ in dropout.

Put here: on which parameters the covariates act.
Keep out: what all models with covariates share (`covariates_model.py`).
"""

from regulars.pipelines.models.beta_geo import BetaGeoModel
from regulars.pipelines.models.dropout.covariates_fit import Effects
from regulars.pipelines.models.dropout.covariates_model import CovariatesModel


class BetaGeoCovariatesModel(CovariatesModel):
    """BG/NBD in which customer i has alpha exp(-trans'x), a exp(life'x) and b exp(life'x), x being the covariates.

    A positive coefficient trans.<name> makes customers with more of it buy more often. life.<name> scales a and b by
    the same factor: the mean dropout probability stays, and a positive coefficient makes customers more similar in it.
    This is the convention of CLVTools 0.12.
    """

    PLAIN = BetaGeoModel
    EFFECTS = Effects(trans=(0, -1, 0, 0), life=(0, 0, 1, 1))
