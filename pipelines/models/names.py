"""What each model is called in tables, and what the name means.

Put here: one entry per model. Contracts take the allowed values of their columns from here. Keep out: the maths.
"""

BG_NBD, MBG_NBD, PARETO_NBD = "bg_nbd", "mbg_nbd", "pareto_nbd"
GAMMA_GAMMA = "gamma_gamma"
SHIFTED_BETA_GEOMETRIC, GEOMETRIC = "shifted_beta_geometric", "geometric"

BY_COHORT = "_by_cohort"
"""Ends the name of a model that is fitted anew for the customers of each time; heals a left-censored base."""

PURCHASE_MODELS = {
    BG_NBD: "Beta-geometric / NBD (Fader, Hardie and Lee 2005): customers may drop out right after a purchase.",
    MBG_NBD: "Modified BG/NBD (Batislam and others 2007): customers may also drop out after the very first purchase.",
    PARETO_NBD: "Pareto / NBD (Schmittlein, Morrison and Colombo 1987): customers may drop out at any moment.",
}
"""The models of when customers buy and leave: name -> what it means."""

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
    for name, meaning in PURCHASE_MODELS.items():
        names[name] = meaning
        names[name + BY_COHORT] = f"{name}, fitted anew for the customers who first bought in each period."
    return names
