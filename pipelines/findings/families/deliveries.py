"""Findings about which version of a thing is newest, and about records that rules of the settings leave out.

Put here: their entries. Keep out: measuring them (`pipelines/sources`, `pipelines/contracts/quarantine`).
"""

from regulars.pipelines.findings.finding_type import FindingType

DELIVERIES = (
    FindingType(
        name="file_order_disagrees",
        meaning="The times of files, or numbers and days in their names, contradict the order in which they are used.",
        unit="files",
    ),
    FindingType(
        name="file_times_are_equal",
        meaning="Files that are new in one run and changed at the same moment hold versions of the same thing.",
        unit="files or documents",
    ),
    FindingType(
        name="version_column_disagrees",
        meaning="By `updated_at` another version is the newest than by the order of deliveries; `updated_at` decides.",
        severity="info",
        unit="documents",
    ),
    FindingType(
        name="changed_in_future",
        meaning=(
            "`updated_at` of a record lies more than two days after its file landed: it says nothing, and the order of "
            "deliveries decides, about versions of a document and about several records of a customer."
        ),
        unit="documents",
    ),
    FindingType(
        name="excluded_records_share_ids",
        meaning=(
            "A rule leaves out records under the ids of documents that happened at another moment or have an amount of "
            "the other sign, such as refunds; the documents count."
        ),
        severity="info",
        unit="documents",
    ),
    FindingType(
        name="delivery_put_back",
        meaning=(
            "A file that landed before was put back after a newer one: its versions are the newest again; a warning "
            "where it is the whole of a full source."
        ),
        severity="info",
        unit="files",
    ),
    FindingType(
        name="refund_replaces_sale",
        meaning="The newest version of an order has refund lines only, where the version before had sales.",
        unit="orders",
    ),
    FindingType(
        name="ids_used_again",
        meaning="An id came again for another thing, so that a newer record replaced an older one that is real too.",
        unit="ids",
    ),
    FindingType(
        name="orders_split_over_files",
        meaning="The lines of an order came in two files of one run; those of the newer file replaced the others.",
        unit="orders",
    ),
    FindingType(
        name="lines_added_again",
        meaning="Lines without an id came again in another file of a source that appends, and changed; both count.",
        unit="lines",
    ),
    FindingType(
        name="condition_is_null",
        meaning="A condition of `when`, `exclude` or `include` is neither true nor false for a record.",
        unit="records",
    ),
    FindingType(
        name="exclude_matches_nothing",
        meaning="A list or rule of the settings leaves nothing out; info, where other entries of the list do.",
        unit="entries or rules",
    ),
    FindingType(
        name="source_left_out_whole",
        meaning="The rules of a source leave out all of its records.",
        severity="stop",
    ),
    FindingType(
        name="excluded_share_jumps",
        meaning="A rule leaves out a much larger or smaller share of the newest file than of the files before.",
        measure="share",
        threshold=0.1,
        unit="records",
    ),
    FindingType(
        name="rows_seen_in_two_files",
        meaning="Rows without an id stand in several files of a source that appends; they count once.",
        severity="info",
        unit="rows",
    ),
    FindingType(
        name="excluded_version_is_newest",
        meaning="The newest version of a document is excluded; its older versions do not count any more.",
        severity="info",
        unit="documents",
    ),
)
