"""The findings about references between records, within a source and between sources.

Put here: their entries of the catalogue. Keep out: measuring them (`pipelines/audit/findings/tables/`).
"""

from regulars.pipelines.findings.finding_type import FindingType

REFERENCES = (
    FindingType(
        name="references_match_nothing",
        meaning="Records name customers or orders of another export, and not one of them is there: the ids differ.",
        severity="stop",
        threshold=19,
        unit="references",
    ),
    FindingType(
        name="references_unmatched",
        meaning="Records name customers or orders that the export they belong to does not hold.",
        measure="share",
        threshold=0.1,
        unit="references",
    ),
    FindingType(
        name="writers_unmatched",
        meaning="Answers or tickets carry an address, and it is that of no customer.",
        measure="share",
        threshold=0.5,
        unit="records",
    ),
    FindingType(
        name="no_buyer_has_customer_record",
        meaning="Not one customer of a source of orders has a record in an export of customers: they are not linked.",
        threshold=4,
        unit="customers",
    ),
    FindingType(
        name="buyers_without_customer_record",
        meaning="Customers of one source of orders have no record in any export of customers.",
        severity="info",
        measure="share",
        threshold=0.5,
        unit="customers",
    ),
    FindingType(
        name="orders_under_two_ids",
        meaning="Orders of one customer, second and amount have several ids in one system: sales may be counted twice.",
        measure="share",
        threshold=0.05,
        unit="orders",
    ),
    FindingType(
        name="same_orders_in_two_systems",
        meaning="Two systems hold orders of the same customer, day and amount: sales may be counted twice.",
        measure="share",
        threshold=0.05,
        unit="orders",
    ),
    FindingType(
        name="same_answers_in_two_sources",
        meaning="Two sources hold survey answers of the same writer, type, score and day: they may count twice.",
        measure="share",
        threshold=0.2,
        unit="answers",
    ),
    FindingType(
        name="ids_in_scientific_notation",
        meaning="Ids are written as a spreadsheet writes large numbers, so that different ids have become one.",
        severity="stop",
        unit="ids",
    ),
    FindingType(
        name="ids_rounded",
        meaning="Long numeric ids end in zeros, as a spreadsheet leaves them, so that different ids have become one.",
        measure="share",
        threshold=0.5,
        unit="ids",
    ),
    FindingType(
        name="spend_channels_unmatched",
        meaning="Channels with spend are the acquisition channel of no customer.",
        measure="share",
        threshold=0.5,
        unit="channels",
    ),
    FindingType(
        name="no_payment_succeeded",
        meaning="No successful payment was ever delivered, so that nobody can tell which orders were paid later.",
        severity="info",
        unit="payments",
    ),
    FindingType(
        name="customers_of_no_export",
        meaning=("Answers, tickets or invitations name customers of a system that exports none, and carry no address."),
        severity="info",
        unit="records",
    ),
)
