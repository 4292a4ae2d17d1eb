"""Defines an entry of the catalogue of findings: one fact, one place.

Put here: what is fixed about a finding before anything is measured. Keep out: the entries (`families/`).
"""

from dataclasses import dataclass
from typing import Literal

from regulars.pipelines.findings.finding import Severity


@dataclass(frozen=True, kw_only=True)
class FindingType:
    """A finding that a run can make.

    Attributes:
        name: In snake_case; the settings and `--allow` use it.
        meaning: What is odd when it is found, as a sentence.
        severity: Unless the settings say otherwise.
        measure: Whether its count or its share is compared with the threshold.
        threshold: It is a finding when the measure is greater than this, unless the settings say otherwise.
        unit: What its count counts.
        is_listed_below: Whether it is listed as info when its measure is not 0 and not greater than the threshold.
        noise: When it is likely to mean nothing, as a sentence that begins with "Likely noise"; empty: nobody said.
    """

    name: str
    meaning: str
    severity: Severity = "warning"
    measure: Literal["count", "share"] = "count"
    threshold: float = 0.0
    unit: str = "records"
    is_listed_below: bool = False
    noise: str = ""
