"""Pareto/NBD with facts about customers that do not change: what makes them buy more often and what leave sooner.

Put here: what sets it apart among the models with facts.
Keep out: what they share (`covariates_model.py`); facts that change over time.
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
