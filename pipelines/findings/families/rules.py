"""The findings about rules of contracts that were broken without stopping the run.

Put here: their entries of the catalogue. Keep out: the rules (`data_contracts/`, `pipelines/kinds`).
"""

from regulars.pipelines.findings.finding_type import FindingType

RULES = (
    FindingType(
        name="rules_broken",
        meaning="A table breaks rules of severity `warning`; the numbers stand, and are to be read with care.",
        unit="rules",
    ),
    FindingType(
        name="values_emptied",
        meaning="Values of an optional column broke a rule and were emptied, in more than this share of the rows.",
        measure="share",
        threshold=0.001,
        unit="values",
        is_listed_below=True,
    ),
    FindingType(
        name="left_out_in_doubt",
        meaning="A rule leaves records out that say something which the profile of the tool does not know.",
        noise=(
            "Likely noise where the state is a new one of records that are none of yours; say so in a condition of "
            "your own. An empty state is never in doubt."
        ),
    ),
    FindingType(
        name="records_quarantined",
        meaning=(
            "Records broke a rule and were quarantined, more than this share of the source's records; of its newest "
            "file alone, where three and a tenth of it are quarantined."
        ),
        measure="share",
        threshold=0.005,
        is_listed_below=True,
    ),
)
