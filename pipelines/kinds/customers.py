"""Customer records of the company's tools.

Put here: what a row of `customers` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import UPDATED_AT
from regulars.pipelines.kinds.shape.kind import Kind, KindColumn

KIND = Kind(
    name="customers",
    purpose="Who the company's tools say its customers are.",
    description=(
        "Customer records of the CRM or shop, as delivered, in our column names; all text. One person may have several "
        "records, in one system or in several: identity links them, nothing here does."
    ),
    grain="One row per customer record of a system.",
    staging_grain="One row per customer record, as its system holds it.",
    columns=(
        KindColumn(
            "customer_record_id",
            "id",
            "The record's id in its system. Map the export's own stable id, never an e-mail address.",
            is_required=True,
        ),
        KindColumn(
            "email",
            "text",
            "E-mail address as delivered. NULL when unknown; a blank one never links two records.",
            is_personal=True,
        ),
        KindColumn(
            "other_emails",
            "text",
            (
                "Further addresses of the same person, such as former ones, joined by `;`, `,` or blanks: they link "
                "records as `email` does."
            ),
            is_personal=True,
        ),
        KindColumn(
            "phone",
            "code",
            "Telephone number as delivered. Links records as `identity.match_phones` says.",
            is_descriptive=True,
            is_personal=True,
        ),
        KindColumn("first_name", "text", "Given name.", is_descriptive=True, is_personal=True),
        KindColumn("last_name", "text", "Family name.", is_descriptive=True, is_personal=True),
        KindColumn("company_name", "text", "The firm the customer buys for.", is_descriptive=True, is_personal=True),
        KindColumn(
            "account_id",
            "id",
            (
                "The account (firm, household) the record belongs to, in its system. Groups records where "
                "`customer_is: account`."
            ),
        ),
        KindColumn(
            "parent_account_id",
            "id",
            (
                "The account above `account_id`, in the same system. They are one customer where "
                "`identity.roll_up_accounts` says so."
            ),
        ),
        KindColumn(
            "country", "text", "Country: a code of ISO 3166 or a name, in any common language.", is_descriptive=True
        ),
        KindColumn("region", "text", "State, province or sales region.", is_descriptive=True),
        KindColumn("city", "text", "City.", is_descriptive=True),
        KindColumn(
            "postal_code",
            "code",
            "Postal code; text, so that leading zeros are kept.",
            is_descriptive=True,
            is_personal=True,
        ),
        KindColumn(
            "customer_type",
            "text",
            "The company's own kind of customer, such as private, business, school.",
            is_descriptive=True,
        ),
        KindColumn("acquisition_channel", "text", "Where the customer was won, such as ads, referral, fair."),
        KindColumn(
            "acquisition_cost",
            "number",
            "The cost of winning this customer, in the company's currency.",
            is_emptied=True,
            unit="company currency",
            minimum=0,
        ),
        KindColumn(
            "owner",
            "text",
            (
                "The owner of the customer: a team or a person. Published as a number, or by name where "
                "`worklists.show_owner_names` is true."
            ),
            is_descriptive=True,
        ),
        KindColumn("referred_by_record_id", "id", "The record of the customer who referred this one, same system."),
        KindColumn(
            "merged_record_ids", "ids", "Ids of records the tool has merged into this one, joined by `;`, same system."
        ),
        KindColumn(
            "merged_into_record_id", "id", "The record of the same system into which the tool has merged this one."
        ),
        KindColumn(
            "other_record_ids",
            "ids",
            (
                "The same person's records in other systems, each as `system:record id`, joined by `;`, such as "
                "`shop:77; billing:cus_9`."
            ),
        ),
        KindColumn(
            "email_opt_in",
            "boolean",
            "Whether the customer agreed to be written to; NULL: not known.",
            is_descriptive=True,
            is_emptied=True,
        ),
        KindColumn(
            "attributes",
            "text",
            "The company's own attributes as a JSON object, made of `attributes` of the source. Map that instead.",
            is_descriptive=True,
        ),
        KindColumn("is_deleted", "boolean", "Whether the tool has deleted the record; NULL: no.", is_emptied=True),
        KindColumn("created_at", "moment", "When the record was made, UTC.", is_emptied=True),
        UPDATED_AT,
    ),
    document=("customer_record_id",),
    record_id=("customer_record_id",),
    delivery="full",
    example={"customer_record_id": "c1"},
    is_kept_in_state=True,
)
