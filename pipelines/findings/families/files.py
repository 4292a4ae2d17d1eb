"""The findings that a delivered file gives rise to when it lands.

Put here: their entries of the catalogue. Keep out: measuring them (`pipelines/sources`).
"""

from regulars.pipelines.findings.finding_type import FindingType

FILES = (
    FindingType(
        name="optional_column_missing",
        meaning="A file lacks a column that the settings map but that no table needs; what it describes stays empty.",
        unit="columns",
    ),
    FindingType(
        name="source_stale",
        meaning="An optional source has no good new file, so that its last delivery is used again.",
        unit="files",
    ),
)
