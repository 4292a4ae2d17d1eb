"""The models: their names in tables and for people, their meanings, and their classes.

Put here: one entry per model. Fits, predictions, the report and the allowed values of contracts follow from it. Keep
out: the maths.
"""

import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regulars.pipelines.models.dropout.dropout_model import DropoutModel

GAMMA_GAMMA = "gamma_gamma"
SHIFTED_BETA_GEOMETRIC, GEOMETRIC = "shifted_beta_geometric", "geometric"

BY_COHORT = "_by_cohort"
"""The ending of the name of a model that is fitted per cohort, for a base that is left-censored."""


@dataclass(frozen=True)
class PurchaseModel:
    """A model of when customers buy and leave.

    Attributes:
        meaning: What the model assumes, with its paper, in a sentence.
        label: Its name as people write it, the same in every language, such as BG/NBD.
        path: `module:class` below `pipelines/models/`. It is loaded when it is needed: contracts only read the names,
            and should not wait for scipy.
        sure_of_one_time_buyers: Whether every customer without a repeat purchase is alive in it, by construction.
    """

    meaning: str
    label: str
    path: str
    sure_of_one_time_buyers: bool = False

    def load(self) -> "type[DropoutModel]":
        """The class of the model."""
        found: type[DropoutModel] = pkgutil.resolve_name(f"regulars.pipelines.models.{self.path}")
        return found


PURCHASE_MODELS = {
    "bg_nbd": PurchaseModel(
        "Beta-geometric / NBD (Fader, Hardie and Lee 2005): customers may drop out right after a purchase.",
        label="BG/NBD",
        path="beta_geo:BetaGeoModel",
        sure_of_one_time_buyers=True,
    ),
    "mbg_nbd": PurchaseModel(
        "Modified BG/NBD (Batislam and others 2007): customers may also drop out after the very first purchase.",
        label="MBG/NBD",
        path="modified_beta_geo:ModifiedBetaGeoModel",
    ),
    "pareto_nbd": PurchaseModel(
        "Pareto / NBD (Schmittlein, Morrison and Colombo 1987): customers may drop out at any moment.",
        label="Pareto/NBD",
        path="pareto_nbd:ParetoNBDModel",
    ),
}
"""The models of when customers buy and leave, by their names in tables."""

SPEND_MODELS = {GAMMA_GAMMA: "Gamma-Gamma model of spend (Fader and Hardie 2013): what a purchase brings."}
"""The models of what a purchase brings: name -> what it means."""

SUBSCRIPTION_MODELS = {
    SHIFTED_BETA_GEOMETRIC: "Subscribers differ in how easily they leave.",
    GEOMETRIC: "One chance to leave for all and every month, where no difference can be seen.",
}
"""The models of how long subscriptions live: name -> what it means."""


def purchase_model_names() -> dict[str, str]:
    """Every purchase model fitted to the whole base and by cohort: name -> what it means."""
    names = {}
    for name, model in PURCHASE_MODELS.items():
        names[name] = model.meaning
        names[name + BY_COHORT] = f"{name}, fitted anew for the customers who first bought in each period."
    return names
