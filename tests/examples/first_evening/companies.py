"""Four small companies as the exports of their tools: what a new user has on the first evening.

Put here: the files, in the shapes of the tools. Keep out: what Regulars makes of them (`test_first_evening.py`).
"""

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path

from tests.examples.exports.books import Row, header_of, write_csv, write_dicts

PEOPLE = 36
START = dt.datetime(2025, 1, 4, 9, 30, tzinfo=dt.UTC)
ACCOUNT = (
    *("ID", "ISDELETED", "MASTERRECORDID", "NAME", "TYPE", "BILLINGCITY", "BILLINGCOUNTRY", "INDUSTRY", "OWNERID"),
    *("CREATEDDATE", "SYSTEMMODSTAMP"),
)
CONTACT = ("ID", "ISDELETED", "MASTERRECORDID", "ACCOUNTID", "LASTNAME", "FIRSTNAME", "EMAIL", "OWNERID", "CREATEDDATE")
OPPORTUNITY = (
    *("ID", "ISDELETED", "ACCOUNTID", "CONTACTID", "NAME", "STAGENAME", "AMOUNT", "CLOSEDATE", "ISWON"),
    *("OWNERID", "CREATEDDATE", "SYSTEMMODSTAMP"),
)
CASE = (
    *("ID", "ISDELETED", "CASENUMBER", "CONTACTID", "ACCOUNTID", "SUPPLIEDEMAIL", "TYPE", "STATUS", "ORIGIN"),
    *("SUBJECT", "OWNERID", "CREATEDDATE", "CLOSEDDATE"),
)
CONTACTS = (
    *("Record ID", "First Name", "Last Name", "Email", "Phone Number", "Contact owner", "Lifecycle Stage"),
    *("Create Date", "Last Modified Date", "Merged record IDs", "Additional email addresses"),
)
DEALS = (
    *("Record ID", "Deal Name", "Deal Stage", "Pipeline", "Amount", "Currency", "Close Date", "Create Date"),
    *("Deal owner", "Associated Contact IDs"),
)


def email_of(number: int) -> str:
    """The address of a person."""
    return f"person{number}@mail.example"


def moment_of(number: int) -> dt.datetime:
    """A moment of one and a half years; two in three near midnight."""
    near_midnight = dt.timedelta(hours=14, minutes=number % 59) if number % 3 else dt.timedelta()
    return START + dt.timedelta(days=number * 7 % 500) + near_midnight


def amount(draw: random.Random) -> str:
    """A price."""
    return f"{draw.randint(500, 25_000) / 100:.2f}"


def write_shopify_and_survey(folder: Path, shared: Path) -> None:
    """Orders exported twice, customers, and a survey of a mailing tool that no profile knows."""
    draw = random.Random(1)
    orders: list[Row] = []
    for number in range(110):
        at, goods = moment_of(number).astimezone(dt.timezone(dt.timedelta(hours=2))), amount(draw)
        status = "voided" if number % 17 == 0 else "paid"
        first = {
            **{"Name": f"#{1000 + number}", "Email": email_of(number % PEOPLE), "Financial Status": status},
            **{"Currency": "EUR", "Subtotal": goods, "Shipping": "0.00", "Taxes": "0.00", "Total": goods},
            **{"Discount Amount": "0.00", "Created at": f"{at:%Y-%m-%d %H:%M:%S %z}", "Lineitem quantity": "1"},
            **{"Lineitem name": "Mug", "Lineitem price": goods, "Lineitem sku": "M", "Refunded Amount": "0.00"},
            **{"Id": f"55{number}", "Source": "web", "Payment Method": "Shopify Payments"},
        }
        if number % 11 == 5:
            first["Refunded Amount"] = goods
        orders.append(first)
    columns = header_of(shared / "shopify/shopify_orders_79cols_header_only.csv")
    write_dicts(folder / "orders_export.csv", columns, orders[:70])
    write_dicts(folder / "orders_export (1).csv", columns, orders[60:])
    customers = header_of(shared / "shopify/shopify_customers_20cols_header_only.csv")
    rows = [
        {"Customer ID": f"'72104483{n:05}", "First Name": f"Given{n}", "Last Name": f"Family{n}", "Email": email_of(n)}
        for n in range(PEOPLE)
    ]
    write_dicts(folder / "customers_export.csv", customers, rows)
    answers = [
        (
            f"{n:05}",
            email_of(n),
            draw.randint(0, 10),
            "fine" if n % 4 == 0 else "",
            f"{moment_of(n):%Y-%m-%dT%H:%M:%SZ}",
        )
        for n in range(30)
    ]
    header = ("Response ID", "Email", "How likely are you to recommend us to a friend?", "Why?", "Submitted At")
    write_csv(folder / "klaviyo_survey_responses.csv", header, answers)


def write_hubspot_and_stripe(folder: Path, shared: Path) -> None:
    """Contacts and deals of HubSpot; payments of Stripe, a third of them given back in part."""
    draw = random.Random(2)
    contacts = [
        {
            **{"Record ID": f"{51000 + n}", "First Name": f"Given{n}", "Last Name": f"Family{n}", "Email": email_of(n)},
            **{"Contact owner": "Olive", "Lifecycle Stage": "customer", "Create Date": "2024-11-02 10:05"},
            **{"Last Modified Date": f"2025-12-{1 + n % 28:02} 10:05"},
            **({"Merged record IDs": f"{90000 + n}"} if n % 9 == 0 else {}),
        }
        for n in range(PEOPLE)
    ]
    write_dicts(folder / "hubspot-crm-exports-all-contacts-2026-01-31.csv", CONTACTS, contacts, quoting=1)
    deals = [
        {
            **{"Record ID": f"{71000 + n}", "Deal Name": f"Deal {n}", "Pipeline": "Sales", "Currency": "EUR"},
            **{
                "Deal Stage": ("Closed won", "Closed lost", "Closed won")[n % 3],
                "Amount": f"{draw.randint(100, 9000)}",
            },
            **{"Close Date": f"{moment_of(n):%Y-%m-%d %H:%M}", "Create Date": "2024-12-01 08:00"},
            **{"Associated Contact IDs": f"{51000 + n % PEOPLE};{51000 + (n + 1) % PEOPLE}"},
        }
        for n in range(60)
    ]
    write_dicts(folder / "hubspot-crm-exports-all-deals-2026-01-31.csv", DEALS, deals, quoting=1)
    payments = []
    for n in range(90):
        paid = amount(draw)
        given_back = "1.50" if n % 3 == 0 else "0.00"
        payments.append(
            {
                **{"id": f"ch_{n:05}", "Created date (UTC)": f"{moment_of(n):%Y-%m-%d %H:%M:%S}", "Mode": "Live"},
                **{"Amount": paid, "Amount Refunded": given_back, "Currency": "eur", "Captured": "true"},
                **{"Converted Amount": paid, "Converted Amount Refunded": given_back, "Converted Currency": "eur"},
                **{"Status": "Failed" if n % 13 == 0 else "Paid", "Customer ID": f"cus_{n % PEOPLE:05}"},
                **{"Customer Email": email_of(n % PEOPLE)},
                **({"Refunded date (UTC)": f"{moment_of(n):%Y-%m-%d %H:%M:%S}"} if n % 3 == 0 else {}),
            }
        )
    columns = header_of(shared / "stripe/stripe_unified_payments_79cols_header_only.csv")
    write_dicts(folder / "unified_payments.csv", columns, payments)


def write_salesforce(folder: Path, _shared: Path) -> None:
    """Accounts, contacts, opportunities and cases as Data Loader writes them."""
    draw = random.Random(3)
    stamp = "2025-06-15T03:23:15.000Z"
    base = {"ISDELETED": "false", "OWNERID": "00530000003xqAbAAI", "CREATEDDATE": stamp, "SYSTEMMODSTAMP": stamp}
    kept = {key: base[key] for key in ("ISDELETED", "OWNERID", "CREATEDDATE")}
    accounts = [
        base | {"ID": f"00130000002GI{n:02}AAA", "NAME": f"Firm {n}, Inc.", "TYPE": "Customer", "BILLINGCOUNTRY": "DE"}
        for n in range(12)
    ]
    write_dicts(folder / "Account.csv", ACCOUNT, accounts, quoting=1)
    contacts = [
        kept
        | {"ID": f"00330000004AB{n:02}AAA", "ACCOUNTID": f"00130000002GI{n % 12:02}AAA", "EMAIL": email_of(n)}
        | {"LASTNAME": f"Family{n}", "FIRSTNAME": f"Given{n}"}
        for n in range(PEOPLE)
    ]
    write_dicts(folder / "Contact.csv", CONTACT, contacts, quoting=1)
    opportunities = [
        base
        | {"ID": f"0063000000C{n:04}AAA", "ACCOUNTID": f"00130000002GI{n % 12:02}AAA", "NAME": f"Opportunity {n}"}
        | {"CONTACTID": f"00330000004AB{n % PEOPLE:02}AAA", "AMOUNT": f"{draw.randint(1, 90) * 1000}.0"}
        | {"STAGENAME": "Closed Won" if n % 3 else "Prospecting", "ISWON": "true" if n % 3 else "false"}
        | {"CLOSEDATE": f"{moment_of(n):%Y-%m-%d}"}
        for n in range(90)
    ]
    write_dicts(folder / "Opportunity.csv", OPPORTUNITY, opportunities, quoting=1)
    cases = [
        kept
        | {"ID": f"5003000000D{n:04}AAA", "CASENUMBER": f"{1000 + n:08}", "CONTACTID": f"00330000004AB{n:02}AAA"}
        | {"TYPE": "Problem", "STATUS": "Closed", "ORIGIN": "Email", "SUBJECT": "Late, again"}
        | {"CREATEDDATE": f"{moment_of(n):%Y-%m-%dT%H:%M:%S}.000Z", "CLOSEDDATE": ""}
        for n in range(20)
    ]
    write_dicts(folder / "Case.csv", CASE, cases, quoting=1)


def write_woocommerce_form_and_zendesk(folder: Path, shared: Path) -> None:
    """Orders of the plugin with their items in columns, answers of a form, and tickets of a view."""
    draw = random.Random(4)
    orders = []
    for n in range(100):
        goods = amount(draw)
        orders.append(
            {
                **{"order_id": f"{4000 + n}", "date": f"{moment_of(n):%Y-%m-%d %H:%M:%S}", "order_total": goods},
                **{"status": "refunded" if n % 19 == 0 else "cancelled" if n % 23 == 0 else "completed"},
                **{"order_tax": "0.00", "order_shipping": "0.00", "order_shipping_tax": "0.00", "order_fees": "0.00"},
                **{"order_fee_tax": "0.00", "cart_discount": "0.00", "order_discount": "0.00"},
                **{"billing_email": email_of(n % PEOPLE), "order_item_1": f"product_id:4959|1|{goods}|size: Medium"},
            }
        )
    plugin = "woocommerce/woocommerce_order_csv_export_plugin_one_row_per_order_header_only.csv"
    write_dicts(folder / "orders-export-2026-01-31.csv", header_of(shared / plugin), orders)
    header = ("Timestamp", "Email Address", "How likely are you to recommend us?", "Any other comments?")
    answers = [
        (
            f"{moment_of(n):%Y/%m/%d} {moment_of(n):%I:%M:%S %p} GMT+3".replace("/0", "/"),
            email_of(n),
            draw.randint(0, 10),
            "",
        )
        for n in range(30)
    ]
    write_csv(folder / "Customer feedback.csv", header, answers, quoting=1)
    tickets: list[Row] = [
        {
            **{"Id": f"{600 + n}", "Requester": f"Given{n}", "Requester email": email_of(n), "Subject": "Where is it"},
            **{"Requester id": f"3601{n:05}", "Status": "Solved", "Via": "Mail"},
            **{"Created at": f"{moment_of(n):%Y-%m-%d %H:%M}", "First reply time in minutes": f"{30 + n}"},
            **{"Solved at": f"{moment_of(n) + dt.timedelta(days=1):%Y-%m-%d %H:%M}", "Updated at": "-"},
        }
        for n in range(25)
    ]
    columns = header_of(shared / "zendesk/zendesk_view_csv_42cols_header_only.csv")
    write_dicts(folder / "export-2026-01-31-view.csv", columns, tickets)


COMPANIES: dict[str, Callable[[Path, Path], None]] = {
    "shopify_and_survey": write_shopify_and_survey,
    "hubspot_and_stripe": write_hubspot_and_stripe,
    "salesforce": write_salesforce,
    "woocommerce_form_and_zendesk": write_woocommerce_form_and_zendesk,
}
