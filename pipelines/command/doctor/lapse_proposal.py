"""Words what the last run proposed for the setting `lapse_days`.

Put here: reading the proposal, and its sentence. Keep out: how it is computed (`pipelines/transforms/churn`).
"""

from regulars.pipelines.command.opened import open_published
from regulars.pipelines.errors import RegularsError
from regulars.pipelines.home.home import Home

LAPSE = """
    select proposed_lapse_days, lapse_days, returns_in_time_rate,
        case when proposed_lapse_days is null or reason like '%may grow%' then split_part(reason, '; ', 1) end as reason
    from marts.lapse_proposal
"""


def word_proposal(lapse_days: int, home: Home) -> str | None:
    """What the last run proposed for `lapse_days`; None when there is none yet.

    Args:
        lapse_days: The present setting.
        home: The company's home.
    """
    try:
        current = home.current()
        if current is None:
            return None
        with open_published(current) as con:
            found = con.execute(LAPSE).fetchone()
    except RegularsError:  # reported by the check of `home`; or published before there were proposals
        return None
    return None if found is None else _word_lapse_days(lapse_days, *found)


def _word_lapse_days(
    lapse_days: int, proposed: int | None, last_lapse_days: int, in_time: float | None, reason: str | None
) -> str:
    """The setting and the proposal in a sentence.

    Args:
        lapse_days: The present setting.
        proposed: `proposed_lapse_days` of `marts.lapse_proposal`.
        last_lapse_days: The setting of the last run.
        in_time: The share of returning customers, 0 to 1, who come back within `last_lapse_days`; None when not known.
        reason: Why nothing is proposed, or why the proposal may grow.
    """
    if proposed is None:
        return f"lapse_days is {lapse_days}; nothing is proposed yet: {reason}"
    because = f"90 % of those who come back at all do so within {proposed} days"
    if in_time is not None:
        because += f", {in_time:.1%} within {last_lapse_days}"
    return f"lapse_days is {lapse_days}; your customers' gaps suggest {proposed}, because {because}" + (
        f" ({reason})" if reason else ""
    )
