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
        name="secret_columns_left_out",
        meaning="A file has columns of passwords or of tokens that open an account: they are not landed, and the "
        "original is not kept.",
        unit="columns",
    ),
    FindingType(
        name="encoding_guessed",
        meaning="A file is not UTF-8, no encoding is declared, and its letters depend on which one it is.",
        unit="files",
    ),
    FindingType(
        name="first_file_is_empty",
        meaning="The first file of a source holds no record.",
        unit="files",
    ),
    FindingType(
        name="values_misread",
        meaning="Numbers, days, moments or booleans of a column are not written as the settings say; more of them than "
        "a share of its values.",
        measure="share",
        threshold=0.01,
        unit="values",
    ),
    FindingType(
        name="parent_files_missing",
        meaning="Files of the generation before are missing on the disk, from which a run carries on what it cannot "
        "compute anew: who was in the company's own segments, and what deliveries are compared by.",
        unit="files",
    ),
    FindingType(
        name="source_stale",
        meaning="An optional source has no good new file, so that its last delivery is used again.",
        unit="files",
    ),
    FindingType(
        name="rows_outside_table",
        meaning="A sheet of a workbook has filled rows above its header or below its table; they are not read.",
        severity="info",
        unit="rows",
    ),
    FindingType(
        name="sheets_not_read",
        meaning="A workbook has several sheets with the same header, and the settings name none: the first is read.",
        unit="sheets",
        noise=(
            "Likely noise where the others are copies of the first: name it with `options: {sheet: …}`. Hidden sheets, "
            "and those with a header alone, such as months to come, are not counted."
        ),
    ),
    FindingType(
        name="cells_with_errors",
        meaning="Cells of a workbook show an error such as #N/A and are read as empty, since the settings say so.",
        unit="rows",
    ),
    FindingType(
        name="formulas_without_value",
        meaning="Formulas of a workbook were never computed, so that their cells are read as empty.",
        unit="formulas",
    ),
    FindingType(
        name="cells_hidden",
        meaning="A sheet of a workbook has hidden columns or rows; they are read like the others.",
        severity="info",
        unit="columns and rows",
    ),
    FindingType(
        name="cells_merged",
        meaning="A table in a workbook has merged cells; only the first cell of each has a value.",
        unit="merged cells",
    ),
)
