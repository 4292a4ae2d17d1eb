"""The findings about what the settings say of findings.

Put here: their entries of the catalogue. Keep out: finding them (`pipelines/findings/evaluate.py`).
"""

from regulars.pipelines.findings.finding_type import FindingType

SETTINGS = (
    FindingType(
        name="theme_terms_too_common",
        meaning="A term of the file of themes finds more than a third of the comments in its language: it says little.",
        measure="share",
        threshold=1 / 3,
        unit="comments",
    ),
    FindingType(
        name="comments_unmatched",
        meaning="No rule of the file of themes finds anything in most of the comments.",
        severity="info",
        measure="share",
        threshold=0.5,
        unit="comments",
    ),
    FindingType(
        name="own_segments_undecided",
        meaning="The rule of an own segment is neither true nor false for customers, who are left out of it.",
        severity="info",
        measure="share",
        unit="customers",
    ),
    FindingType(
        name="acknowledgement_expired",
        meaning="An acknowledgement in the settings has expired; what it kept quiet is said again.",
        unit="acknowledgements",
    ),
    FindingType(
        name="acknowledgement_unused",
        meaning="An acknowledgement in the settings matches nothing that was found.",
        severity="info",
        unit="acknowledgements",
    ),
)
