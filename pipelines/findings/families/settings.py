"""The findings about what the settings say of findings.

Put here: their entries of the catalogue. Keep out: finding them (`pipelines/findings/evaluate.py`).
"""

from regulars.pipelines.findings.finding_type import FindingType

SETTINGS = (
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
