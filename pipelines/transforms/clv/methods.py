"""The methods that can predict a customer's purchases, by the names under which tables show them.

Put here: which methods exist, and what follows from the name of a method alone. Keep out: what a method predicts
(`forecasts.py`), which one is chosen (`clv_evaluation.py`), the names of models (`pipelines/models/names.py`).
"""

from regulars.pipelines.models.names import BY_COHORT, PURCHASE_MODELS, purchase_model_names

SIMPLE = "simple"
"""The simple formula: it is not tested, and predicts only where no method can be tested."""

OWN_AVERAGE, SEGMENT_AVERAGE, LAST_YEAR = "own_average", "segment_average", "last_year"

BASELINES = (OWN_AVERAGE, SEGMENT_AVERAGE, LAST_YEAR)
"""The baselines a model has to beat: the customer's own rate, the average of similar customers, the last year."""

SUBSCRIPTION_SURVIVAL, SUBSCRIBERS = "subscription_survival", "subscribers"
"""The method for subscription revenue, and the scope of its test; it does not compete with the methods for orders."""

PREDICTING_MODELS = tuple(purchase_model_names())
"""The models of purchases, each fitted on the whole base and by cohort."""

METHODS = (SIMPLE, *BASELINES, *PREDICTING_MODELS, SUBSCRIPTION_SURVIVAL)

SURE_OF_ONE_TIME_BUYERS = tuple(
    method
    for name, model in PURCHASE_MODELS.items()
    if model.sure_of_one_time_buyers
    for method in (name, name + BY_COHORT)
)
"""The methods in which every customer without a repeat purchase is alive, by construction."""
