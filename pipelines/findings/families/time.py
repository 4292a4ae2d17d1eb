"""The findings about time: days far from all others, silence, old rates, clocks.

Put here: their entries of the catalogue. Keep out: measuring them (`pipelines/audit/findings`).
"""

from regulars.pipelines.findings.finding_type import FindingType

TIME = (
    FindingType(
        name="source_silent",
        meaning=(
            "A source and kind has no row of days whose weekday had some in each of the last twelve weeks, more of "
            "them than on other nights; or its newest row is older than twice its longest silence of the last 180 "
            "days, and than chance explains once in twenty years, given how often and how evenly its rows come: by so "
            "many days."
        ),
        unit="days",
    ),
    FindingType(
        name="as_of_ahead",
        meaning="The newest row of all sources lies so many days before the day that the run counts to.",
        threshold=30,
        unit="days",
    ),
    FindingType(
        name="as_of_behind",
        meaning=(
            "The day that the run counts to lies so many days before the day on which it runs, as when `as_of` is left "
            "in the settings: calls and next steps come too late."
        ),
        threshold=30,
        unit="days",
        noise="Likely noise in an example, whose data ends on a fixed day: acknowledge it.",
    ),
    FindingType(
        name="rows_after_as_of",
        meaning="Rows lie more than two days after the day that the run counts to, and so do not count yet.",
        unit="rows",
    ),
    FindingType(
        name="orders_before_history",
        meaning=(
            "A few customers ordered more than a year before all others. Their orders count, but history does not "
            "begin with them."
        ),
        unit="customers",
    ),
    FindingType(
        name="rate_old",
        meaning="Orders of the last 30 days are converted with an exchange rate that is so many days old.",
        threshold=7,
        unit="days",
    ),
    FindingType(
        name="clock_went_back",
        meaning="The clock of the machine is behind the end of the run before: by so many minutes.",
        unit="minutes",
    ),
    FindingType(
        name="rate_stands_out",
        meaning="Exchange rates are more than four times from the usual ones of their currency.",
        unit="rates",
    ),
    FindingType(
        name="rates_not_renewed",
        meaning=(
            "The newest exchange rate is older, in business days, than it ever was when rates came: by so many days."
        ),
        unit="business days",
    ),
)
