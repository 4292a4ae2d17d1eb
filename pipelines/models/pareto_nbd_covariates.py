"""Pareto/NBD with time-invariant covariates: what makes customers buy more often, and what makes them leave sooner.

Put here: on which parameters the covariates act.
Keep out: what all models with covariates share (`covariates_model.py`).
"""

from regulars.pipelines.models.dropout.covariates_fit import Effects
from regulars.pipelines.models.dropout.covariates_model import CovariatesModel
from regulars.pipelines.models.pareto_nbd import ParetoNBDModel


class ParetoNBDCovariatesModel(CovariatesModel):
    """Pareto/NBD in which customer i has alpha exp(-trans'x) and beta exp(-life'x), x being the covariates.

    A positive coefficient trans.<name> makes customers with more of it buy more often, a positive life.<name> makes
    them drop out sooner; exp(coefficient) is the ratio of the mean rates for one more of it. This is the convention of
    CLVTools 0.12.
    """

    PLAIN = ParetoNBDModel
    EFFECTS = Effects(trans=(0, -1, 0, 0), life=(0, 0, 0, -1))
