"""The findings of comparing a delivery with the deliveries before it, and a generation with its parent.

Put here: their entries of the catalogue. Keep out: measuring them (`pipelines/audit/findings`).
"""

from regulars.pipelines.findings.finding_type import FindingType

VOLUME = (
    FindingType(
        name="delivery_small",
        meaning=(
            "A delivery of an incremental source has far fewer rows than the smallest usual one of its last 35 "
            "deliveries, of the same weekday where its rows are of one day: by this share of it, beyond what chance "
            "does in so few rows."
        ),
        measure="share",
        threshold=0.5,
        unit="rows",
    ),
    FindingType(
        name="delivery_large",
        meaning=(
            "A delivery of an incremental source has so many rows that the largest usual one of its last 35 "
            "deliveries is short of it by this share; 0.67 is three times as many."
        ),
        measure="share",
        threshold=0.67,
        unit="rows",
    ),
    FindingType(
        name="full_delivery_shrank",
        meaning=(
            "A delivery of a full source has fewer rows than half of its last 14 deliveries had: by this share; "
            "when half is missing, the file is refused."
        ),
        measure="share",
        threshold=0.1,
        unit="rows",
    ),
    FindingType(
        name="full_delivery_replaced",
        meaning=(
            "The newest delivery of a full source lacks most of the ids of the one before, as when each file is a part."
        ),
        severity="stop",
        measure="share",
        threshold=0.5,
        unit="ids",
    ),
    FindingType(
        name="records_deleted",
        meaning=(
            "Records that were fetched by a cursor before are gone from a fetch of everything: they count as deleted."
        ),
        measure="share",
        threshold=0.05,
        unit="ids",
        is_listed_below=True,
        noise=(
            "Likely noise where a tool of few records really deleted some, and where it deletes after a time: then it "
            "comes with every fetch of everything."
        ),
    ),
    FindingType(
        name="export_limit",
        meaning=(
            "A file has exactly as many records as exports are commonly cut off at (1,000, 5,000, 10,000 …), and no "
            "other delivery of the source has more."
        ),
    ),
    FindingType(
        name="empty_values_rose",
        meaning=(
            "A column is empty in many more rows of a delivery than in any of the deliveries before: by this share of "
            "all rows, beyond what chance does in so few rows."
        ),
        measure="share",
        threshold=0.2,
        unit="rows",
    ),
    FindingType(
        name="amounts_shifted",
        meaning=(
            "The median amount of a delivery is so far from that of every delivery before it that the smaller of the "
            "two is short of the larger by this share, beyond what chance does in so few rows; 0.67 is a third, or "
            "three times as much."
        ),
        measure="share",
        threshold=0.67,
        unit="rows",
    ),
    FindingType(
        name="customers_collapsed",
        meaning=(
            "The rows of a delivery name far fewer different customers than usual: different customers per row fell by "
            "this share, beyond what chance does in so few rows."
        ),
        measure="share",
        threshold=0.3,
        unit="rows",
    ),
    FindingType(
        name="fewer_known_ids",
        meaning=(
            "The customers, orders or products that the rows of a delivery name are known from elsewhere far less "
            "often than those of the deliveries before: by this share, beyond what chance does in so few rows."
        ),
        measure="share",
        threshold=0.3,
        unit="rows",
    ),
    FindingType(
        name="rows_repeated_under_other_ids",
        meaning=(
            "Many more rows of a delivery than in those before repeat a row that has another id and is the same in "
            "all else: by this share of all rows, beyond what chance does in so few rows."
        ),
        measure="share",
        threshold=0.1,
        unit="rows",
    ),
    FindingType(
        name="currencies_shifted",
        meaning=(
            "Many more rows of a delivery than in those before are in one currency: by this share of all rows, beyond "
            "what chance does in so few rows."
        ),
        measure="share",
        threshold=0.3,
        unit="rows",
    ),
    FindingType(
        name="rows_older_than_usual",
        meaning=(
            "The rows of a delivery are older, by the time of their file, than twice the age of those of the "
            "deliveries before: by so many days."
        ),
        threshold=3,
        unit="days",
    ),
    FindingType(
        name="hours_shifted",
        meaning=(
            "The median hour of the rows of a delivery lies outside those of the deliveries before, as when times are "
            "in another zone: by so many hours, beyond what chance does in so few rows."
        ),
        threshold=2,
        unit="hours",
    ),
    FindingType(
        name="columns_appeared",
        meaning="A file has columns that the delivery before it had not; they are kept, and not published.",
        severity="info",
        unit="columns",
    ),
    FindingType(
        name="columns_vanished",
        meaning="A file lacks columns that the delivery before it had and that the settings do not need.",
        severity="info",
        unit="columns",
    ),
    FindingType(
        name="source_gone",
        meaning="A source that fed rows into the parent generation is not in the settings any more, or is renamed.",
        unit="rows",
    ),
    FindingType(
        name="closed_months_lost_excluded",
        meaning="Months that were over are lower, because the settings have come to exclude people or orders.",
        unit="months",
    ),
    FindingType(
        name="closed_month_fell",
        meaning=(
            "The sales, the orders or the active customers of a month that was over when the parent was published are "
            "lower now by this share, beyond one average order and without a customer merged or a setting changed."
        ),
        severity="stop",
        measure="share",
        threshold=0.02,
        unit="months",
    ),
    FindingType(
        name="closed_month_rose",
        meaning=(
            "The sales or orders of a month that was over two weeks before the parent was published are higher now by "
            "this share, without a setting changed: the same orders may count twice."
        ),
        measure="share",
        threshold=0.05,
        unit="months",
    ),
)
