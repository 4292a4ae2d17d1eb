"""What a company wants to reach.

Put here: the shape of an entry of `scorecard:`. Keep out: whether its metric exists (`contracts/scorecard_targets.py`),
and whether it is reached (`audit/scorecard`).
"""

from decimal import Decimal

from regulars.pipelines.definitions.enumerations import Lens, ScorecardPeriod
from regulars.pipelines.settings.part import Part, PlainText


class ScorecardTarget(Part):
    """A target: `marts.scorecard` compares it with any published metric, period by period.

    `meta.metric_definitions` lists the metrics. A metric that does not exist is refused before the run begins.
    """

    lens: Lens
    """What it is about: an objective of the company, its mission, or what it promises to customers."""
    metric: str
    """Table and metric, such as `churn.churn_rate_12m`."""
    where: dict[str, PlainText] = {}
    """Column: the one value that counts, such as `{dimension: country, dimension_value: DE}`. Without it the metric is
    that of the whole company."""
    period: ScorecardPeriod = "month"
    """Of what periods the target is."""
    target: Decimal
    """The value to reach in a period: of a percentage the share, such as `0.25`. Whether to stay above or below follows
    from the metric."""
