"""The findings about who is who.

Put here: their entries of the catalogue. Keep out: measuring them (`pipelines/audit/findings/tables/identity.py`).
"""

from regulars.pipelines.findings.finding_type import FindingType

IDENTITY = (
    FindingType(
        name="shared_addresses",
        meaning="Addresses are shared by too many customer records to name anybody; they link no records.",
        severity="info",
        unit="addresses",
    ),
    FindingType(
        name="shared_phones",
        meaning="Telephone numbers are shared by too many customer records to name anybody; they link no records.",
        severity="info",
        unit="numbers",
    ),
    FindingType(
        name="matches_name_nobody",
        meaning="Pairs of `identity.always_match` or `identity.never_match` name a record or address that nothing has.",
        unit="pairs",
    ),
    FindingType(
        name="links_forbidden",
        meaning="Links between records are not made, since `identity.never_match` keeps their persons apart.",
        severity="info",
        unit="links",
    ),
    FindingType(
        name="names_kept_apart",
        meaning="Customer records of one system share an address, and their names differ: they stay two persons.",
        severity="info",
        unit="records",
    ),
    FindingType(
        name="phones_without_country",
        meaning="Telephone numbers have no country code, and no country is known to read them by; they link nothing.",
        severity="info",
        unit="records",
    ),
    FindingType(
        name="names_joined",
        meaning="Customer records of different systems share an address, and their names differ: they are one person.",
        severity="info",
        unit="addresses",
    ),
    FindingType(
        name="records_not_compared",
        meaning=(
            "`identity.fuzzy` compares records that share a number, a name, or a city and a name, but not where too "
            "many share it: likely pairs among them are missing."
        ),
        severity="info",
        unit="records",
    ),
    FindingType(
        name="addresses_of_too_many_orders",
        meaning="Addresses stand on too many orders to name anybody, as that of a till: the orders have no customer.",
        unit="addresses",
    ),
    FindingType(
        name="one_address_for_many",
        meaning="One address makes a large part of a system's customer records, or of its orders, one customer.",
        measure="share",
        threshold=0.1,
        unit="records",
    ),
    FindingType(
        name="placeholder_ids",
        meaning="Rows name a customer by a word for nothing, such as `0`, `NULL` or `guest`, which counts as one.",
        unit="rows",
    ),
    FindingType(
        name="addresses_unreadable",
        meaning="Addresses are no e-mail addresses, or several in one cell; they link nothing.",
        measure="share",
        threshold=0.02,
        unit="rows",
        is_listed_below=True,
    ),
    FindingType(
        name="phones_damaged",
        meaning=(
            "Telephone numbers are in scientific notation, or, where numbers link customers, several in one cell; they "
            "link nothing."
        ),
        measure="share",
        threshold=0.02,
        unit="rows",
        noise="Likely noise where nobody telephones; scientific notation cannot be read back, so export them as text.",
    ),
    FindingType(
        name="merged_ids_unsplit",
        meaning="Ids of merged customer records are joined by something else than `;`, so that nothing is merged.",
    ),
    FindingType(
        name="customer_like_a_till",
        meaning="One customer has a large part of a system's orders, and several on each day with an order.",
        measure="share",
        threshold=0.02,
        unit="orders",
    ),
    FindingType(
        name="customer_of_many_records",
        meaning="One person has so many customer records that an address or a merge may link strangers.",
        threshold=50,
        unit="records of the largest customer",
    ),
    FindingType(
        name="parents_written_otherwise",
        meaning="Accounts above others are written in another way than the accounts themselves; nothing joins them.",
        unit="records",
        noise=(
            "Likely noise where ids differ in capitals or zeros alone and are yet two accounts; an account above that "
            "was simply not delivered is not counted."
        ),
    ),
    FindingType(
        name="domains_of_many_firms",
        meaning="Persons are one account by the domain of their addresses, and their records name different firms.",
        unit="domains",
    ),
    FindingType(
        name="domains_of_many_persons",
        meaning="A domain joins far more persons into one account than others do: it may be one of mailboxes.",
        severity="info",
        unit="domains",
    ),
    FindingType(
        name="accounts_share_contacts",
        meaning="Persons belong to several accounts; the accounts stay apart, as `identity.link_accounts` says.",
        severity="info",
        unit="persons",
    ),
)
