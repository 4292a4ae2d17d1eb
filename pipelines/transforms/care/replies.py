"""Whether a ticket was answered in time, for every mart that needs it.

Put here: in time, too late, or still open, by the clock and by business hours. Keep out: counting minutes
(`core.tickets`), and what follows from the outcome.
"""

import narwhals as nw

MEASURES = {
    "": ("first_reply_minutes", "minutes_until_as_of"),
    "_business": ("first_reply_business_minutes", "business_minutes_until_as_of"),
}
"""Ending of a column's name -> the columns of `core.tickets` with the minutes to the reply, and to as_of."""

ON_TIME, BREACHED, PENDING = OUTCOMES = ("on_time", "breached", "pending")


def find_outcome(measure: str, reply_within_minutes: int) -> nw.Expr:
    """One of `OUTCOMES`: a reply in time, no reply in time, or no reply yet while there is still time.

    A reply after as_of does not count yet.

    Args:
        measure: A key of `MEASURES`.
        reply_within_minutes: How long a reply may take.
    """
    reply, waited = (nw.col(name) for name in MEASURES[measure])
    is_on_time = (reply <= reply_within_minutes) & (reply <= waited)
    return (
        nw.when(is_on_time)
        .then(nw.lit(ON_TIME))
        .when(waited > reply_within_minutes)
        .then(nw.lit(BREACHED))
        .otherwise(nw.lit(PENDING))
    )
