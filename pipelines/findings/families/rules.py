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
        meaning="Values of optional columns broke a rule and were emptied; more of them than a share of the rows.",
        measure="share",
        threshold=0.001,
        unit="values",
    ),
    FindingType(
        name="few_values_emptied",
        meaning="Values of optional columns broke a rule and were emptied, whatever their number.",
        severity="info",
        unit="values",
    ),
    FindingType(
        name="records_quarantined",
        meaning="Records broke a rule and were quarantined, more of them than a share of the source's records.",
        measure="share",
        threshold=0.005,
    ),
    FindingType(
        name="few_records_quarantined",
        meaning="Records broke a rule and were quarantined, whatever their number.",
        severity="info",
    ),
)
