"""The net promoter score and the difference of two, with their adjusted-Wald intervals, from counts of votes.

Put here: the formulas. Keep out: which votes are counted (`votes.py`, `survey_windows.py`).
"""

from collections.abc import Sequence

import polars as pl

from regulars.pipelines.models.comparisons.significance import Z_95


def compute_nps(promoters: pl.Expr, detractors: pl.Expr, responses: pl.Expr) -> dict[str, pl.Expr]:
    """Compute the score, −100 to 100, and its 95 % adjusted-Wald interval, clipped to ±100; NULL without votes.

    The interval adds three answers, ¾ of an answer each to promoters and detractors, and uses the variance of a
    difference of two shares of one sample: Sauro and Lewis, measuringu.com/nps-confidence-intervals, after Rocks,
    "Interval Estimation for the Net Promoter Score", The American Statistician 70 (2016). With one vote that interval
    may miss the score by 1.5 points, so that it is widened to hold the score; from two votes on it always does.
    """
    centre, variance = adjust_score(promoters, detractors, responses)
    margin = Z_95 * variance.sqrt()
    voted = pl.when(responses > 0)
    score = 100 * (promoters - detractors) / responses
    return {
        "nps": voted.then(score),
        "nps_low": voted.then(pl.min_horizontal((100 * (centre - margin)).clip(-100, 100), score)),
        "nps_high": voted.then(pl.max_horizontal((100 * (centre + margin)).clip(-100, 100), score)),
    }


def adjust_score(promoters: pl.Expr, detractors: pl.Expr, responses: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The adjusted score, −1 to 1, and its variance."""
    n = responses + 3
    share_for, share_against = (promoters + 0.75) / n, (detractors + 0.75) / n
    centre = share_for - share_against
    return centre, (share_for + share_against - centre**2) / n


def compare_scores(own: Sequence[pl.Expr], other: Sequence[pl.Expr]) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Compare the scores of two samples that share no vote.

    The interval and z use the adjusted scores, so that small samples give few false alarms: at a true difference of 0,
    at most 5 % of comparisons of samples of equal size, from five votes on. Beside a far larger sample it takes 30
    votes: where 90 of 100 are promoters, false alarms are 19 % with two votes and at most 6 % with 30.

    Args:
        own: Promoters, detractors and responses of the first sample.
        other: Those of the second sample, which is subtracted.

    Returns:
        The ends of the 95 % interval of the difference in points, and z.
    """
    (own_score, own_variance), (other_score, other_variance) = adjust_score(*own), adjust_score(*other)
    difference, error = own_score - other_score, (own_variance + other_variance).sqrt()
    return 100 * (difference - Z_95 * error), 100 * (difference + Z_95 * error), difference / error
