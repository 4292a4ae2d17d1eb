"""The net promoter score and its adjusted-Wald interval, from counts of votes.

Put here: the formula. Keep out: which votes are counted (`votes.py`, `survey_windows.py`).
"""

from statistics import NormalDist

import polars as pl

Z_95 = NormalDist().inv_cdf(0.975)


def compute_nps(promoters: pl.Expr, detractors: pl.Expr, responses: pl.Expr) -> dict[str, pl.Expr]:
    """Compute the score, −100 to 100, and its 95 % adjusted-Wald interval, clipped to ±100; NULL without votes.

    The interval adds three answers, ¾ of an answer each to promoters and detractors, and uses the variance of a
    difference of two shares of one sample: Sauro and Lewis, measuringu.com/nps-confidence-intervals, after Rocks,
    "Interval Estimation for the Net Promoter Score", The American Statistician 70 (2016). With one vote that interval
    may miss the score by 1.5 points, so that it is stretched to hold the score; from two votes on it always does.
    """
    centre, variance = adjust_score(promoters, detractors, responses)
    margin = Z_95 * variance.sqrt()
    voted = pl.when(responses > 0)
    score = 100 * (promoters - detractors) / responses
    return {
        "nps": voted.then(score),
        "nps_ci_low": voted.then(pl.min_horizontal((100 * (centre - margin)).clip(-100, 100), score)),
        "nps_ci_high": voted.then(pl.max_horizontal((100 * (centre + margin)).clip(-100, 100), score)),
    }


def adjust_score(promoters: pl.Expr, detractors: pl.Expr, responses: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The adjusted score, −1 to 1, and its variance."""
    n = responses + 3
    share_for, share_against = (promoters + 0.75) / n, (detractors + 0.75) / n
    centre = share_for - share_against
    return centre, (share_for + share_against - centre**2) / n
