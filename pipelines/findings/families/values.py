"""The findings about the values of a source: amounts, quantities, texts, numbers and days with two readings.

Put here: their entries of the catalogue. Keep out: measuring them (`pipelines/audit/findings/tables/`,
`pipelines/sources/mapping/evidence_findings.py`).
"""

from regulars.pipelines.findings.finding_type import FindingType

VALUES = (
    FindingType(
        name="amounts_empty",
        meaning="Orders have neither an amount nor lines with one; they count as 0 and are no countable orders.",
        unit="orders",
    ),
    FindingType(
        name="amounts_in_another_unit",
        meaning="The median order of one source is many times that of the others, as when amounts are in cents.",
        threshold=49,
        unit="times the other sources' median",
    ),
    FindingType(
        name="orders_below_zero",
        meaning="Orders have negative gross sales, as when refunds are delivered as orders.",
        measure="share",
        threshold=0.02,
        unit="orders",
    ),
    FindingType(
        name="orders_worth_nothing",
        meaning="A large part of a source's orders has gross sales of 0, as when another column is mapped.",
        measure="share",
        threshold=0.2,
        unit="orders",
    ),
    FindingType(
        name="orders_stand_out",
        meaning="An order is worth more than 1,000 times the median order of its source, or has twelve digits.",
        unit="orders",
    ),
    FindingType(
        name="discounts_beyond_goods",
        meaning="Orders have discounts larger than their goods, so that they lower sales.",
        unit="orders",
    ),
    FindingType(
        name="discounts_like_shares",
        meaning="All discounts of a source are below 1, as shares and percentages are.",
        unit="orders",
    ),
    FindingType(
        name="orders_of_one_moment",
        meaning="A large part of a source's orders was placed in one second, as when an import's moment is mapped.",
        measure="share",
        threshold=0.3,
        unit="orders",
    ),
    FindingType(
        name="offers_below_best_sellers",
        meaning="In the last 28 days five best sellers would have been better offers than each customer's own five.",
        severity="info",
        unit="customers",
    ),
    FindingType(
        name="lines_of_several_customers",
        meaning="Lines of one order name different customers; the order counts for one.",
        unit="orders",
    ),
    FindingType(
        name="lines_of_several_places",
        meaning="Lines of one order name different stores, channels or countries; the order counts for one.",
        severity="info",
        unit="orders",
    ),
    FindingType(
        name="amounts_named_as_cents",
        meaning="The name of a column says that its amounts are in cents; they are read as whole units.",
        unit="columns",
    ),
    FindingType(
        name="quantities_like_barcodes",
        meaning="Quantities have 12 to 14 digits, as a bar code has: a scanner wrote into the wrong field.",
        unit="lines",
    ),
    FindingType(
        name="currency_not_mapped",
        meaning="A file with amounts has a column of currencies that no mapping reads, and it names other currencies.",
        unit="records",
    ),
    FindingType(
        name="totals_rows",
        meaning="Rows that add up the others, as at the end of a report, are read as records of their own.",
        severity="stop",
        unit="rows",
    ),
    FindingType(
        name="footer_rows",
        meaning="The last line of a report, such as `8 records exported`, is read as a record.",
        unit="files",
    ),
    FindingType(
        name="texts_garbled",
        meaning="Texts were damaged before they reached us, as when UTF-8 is taken for another encoding and saved.",
        unit="texts",
    ),
    FindingType(
        name="states_not_read",
        meaning="Records are called cancelled, failed or a test in a column that no setting reads; they count.",
    ),
    FindingType(
        name="unfinished_answers_count",
        meaning="Answers are called partial, unfinished or thrown out in a column that no setting reads; they count.",
        unit="answers",
    ),
    FindingType(
        name="progress_with_two_readings",
        meaning="Answers have a number for how far they came that may mean finished or not, such as a 1, of 1 or of "
        "100; wherever settings do not leave them out, they count.",
        unit="answers",
    ),
    FindingType(
        name="personal_attribute",
        meaning="An attribute of the company's own looks like a name, an e-mail address or a telephone number, and is "
        "published.",
        unit="values",
    ),
    FindingType(
        name="attribute_values_unread",
        meaning="Values of an attribute of the company's own are not of the type that the settings give it, and are "
        "left empty.",
        unit="values",
    ),
    FindingType(
        name="free_text_in_codes",
        meaning="A column of codes or names of groups, which is published, holds nearly as many texts as rows.",
        measure="share",
        threshold=0.3,
        unit="different texts",
    ),
    FindingType(
        name="countries_unknown",
        meaning="Countries that are no name or code of ISO 3166, in more than a share of the records that have one.",
        measure="share",
        threshold=0.01,
        unit="different texts",
    ),
    FindingType(
        name="few_countries_unknown",
        meaning="Countries that are no name or code of ISO 3166, whatever their number; they are kept as delivered.",
        severity="info",
        unit="different texts",
    ),
    FindingType(
        name="booleans_empty",
        meaning="A yes-or-no column made by an expression is NULL, which counts as no.",
        unit="records",
    ),
    FindingType(
        name="numbers_with_two_readings",
        meaning="Numbers of a column can be read with `.` or `,` as decimal sign, and no number decides which it is.",
        unit="numbers",
    ),
    FindingType(
        name="numbers_of_another_format",
        meaning="Numbers of a column are written with another decimal sign than the settings say.",
        unit="numbers",
    ),
    FindingType(
        name="days_with_two_readings",
        meaning="No day of a column is later than the 12th, so that nothing proves which number is the month.",
        threshold=9,
        unit="days",
    ),
    FindingType(
        name="days_of_another_format",
        meaning="Days of a column only make sense when day and month change places.",
        unit="days",
    ),
    FindingType(
        name="moments_at_24",
        meaning="Moments are written as 24:00 of a day: they are read as the first moment of the day after.",
        unit="moments",
    ),
    FindingType(
        name="days_seem_exchanged",
        meaning=(
            "All days of a file can be read with day and month in either order, and as the settings have it they lie "
            "in the future, or are spread over months where they would lie close together the other way round."
        ),
        unit="days",
    ),
    FindingType(
        name="nps_answers_left_out",
        meaning="Answers of the type nps are no whole number: no NPS counts them, `marts.nps` counts them beside it.",
        unit="answers",
    ),
    FindingType(
        name="nps_on_another_scale",
        meaning="Answers are called nps and are on another scale than 0 to 10, a contradiction: no NPS counts them.",
        unit="answers",
    ),
    FindingType(
        name="nps_scores_up_to_five",
        meaning="All answers of the type nps lie between 1 and 5: they were probably asked on that scale.",
        unit="answers",
    ),
    FindingType(
        name="answers_before_invitations",
        meaning="Invitations are later than the answer that they brought.",
        measure="share",
        threshold=0.05,
        unit="invitations",
    ),
    FindingType(
        name="question_on_two_scales",
        meaning="Answers to one question are on several scales.",
        unit="questions",
    ),
    FindingType(
        name="tickets_opened_at_midnight",
        meaning=("All tickets were opened at one time of day, as days without hours are; replies are counted from it."),
        unit="tickets",
    ),
    FindingType(
        name="replies_at_once",
        meaning="First replies came within ten seconds, as automatic ones do.",
        measure="share",
        threshold=0.5,
        unit="tickets",
    ),
    FindingType(
        name="spend_by_day_and_month",
        meaning="Spend holds days and a row that is the sum of them.",
        unit="months",
    ),
    FindingType(
        name="costs_beyond_prices",
        meaning="Lines were sold for less than their product costs.",
        measure="share",
        threshold=0.5,
        unit="lines",
    ),
    FindingType(
        name="costs_not_in_order_currency",
        meaning=(
            "Costs of lines in a foreign currency are the same numbers as those in the company's: they are converted, "
            "though they probably are in the company's already."
        ),
        measure="share",
        threshold=0.5,
        unit="lines",
    ),
    FindingType(
        name="product_costs_not_converted",
        meaning="Costs of a product list are empty: no rate converts them into the company's currency.",
        unit="products",
    ),
    FindingType(
        name="products_sold_below_cost",
        meaning="Products were sold for less than they cost, line by line, again and again in the last 12 months.",
        severity="info",
        unit="lines",
        noise="Likely noise where a product is sold cheaply on purpose, or has one cost for pieces that differ.",
    ),
    FindingType(
        name="header_rows",
        meaning="Rows repeat the header, or hold questions or ids of an import, as survey tools write below it.",
        unit="records",
    ),
)
