"""Measures answers that the settings call NPS and that no score counts.

Put here: what is odd about scores. Keep out: who answered (`links.py`), and the score (`transforms/voice/nps.py`).
"""

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

FEW = 20
"""Fewer low scores may be chance."""

_LEFT_OUT = """
    select
        source,
        count(*) as answer_count,
        count(*) filter (nps_left_out_reason = 'other_scale') as other_scale_count,
        count(*) filter (nps_left_out_reason = 'fraction') as fraction_count,
        min((scale_min, scale_max)) filter (nps_left_out_reason = 'other_scale') as scale,
        count(*) filter (nps_group is not null) as counted_count,
        min(score) filter (nps_group is not null) as least,
        max(score) filter (nps_group is not null) as most,
    from core.survey_responses
    where survey_type = 'nps'
    group by source
    order by source
"""


def find_left_out_answers(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Per source of answers: how many are called NPS and are on another scale, or are no whole number.

    Args:
        con: The build, with `core.survey_responses`.
    """
    found = []
    for source, count, other_scale, fractions, scale, counted, least, most in con.execute(_LEFT_OUT).fetchall():
        if other_scale:
            low, high = (f"{end.normalize():f}" for end in scale)
            found.append(
                make_finding(
                    "nps_on_another_scale",
                    f"`{source}` calls {other_scale:,} of its {count:,} answers nps, on a scale of {low} to {high}: "
                    "NPS is asked on 0 to 10, and no score counts them (marts.nps.left_out_other_scale).",
                    "Say `survey_type: csat`, or map the score to 0 to 10 if the question was asked on that scale.",
                    source=source,
                    kind="survey_responses",
                    count=other_scale,
                    share=other_scale / count,
                )
            )
        if counted >= FEW and least >= 1 and most <= 5:
            found.append(
                make_finding(
                    "nps_scores_up_to_five",
                    f"All {counted:,} nps answers of `{source}` lie between 1 and 5, though the scale is said to go "
                    "from 0 to 10: every one of them counts as a detractor.",
                    "If the question was asked on 1 to 5, say `survey_type: csat` and its scale.",
                    source=source,
                    kind="survey_responses",
                    count=counted,
                )
            )
        if fractions:
            found.append(
                make_finding(
                    "nps_answers_left_out",
                    f"{fractions:,} of {count:,} nps answers of `{source}` are no whole number: no score counts them "
                    "(marts.nps.left_out_fractions).",
                    "If they are averages or another scale, say `survey_type: csat`; NPS counts single whole answers.",
                    source=source,
                    kind="survey_responses",
                    count=fractions,
                    share=fractions / count,
                )
            )
    return found
