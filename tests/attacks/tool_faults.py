"""Faults of exports that a profile reads: words, states and signs that the profile does not expect."""

import csv
import io
from collections.abc import Callable, Mapping

from tests.attacks.batches import Export, Fault, day

Make = Callable[[int], Mapping[str, object]]


def written(profile: str, make: Make, count: int = 24, delimiter: str = ",", **rest: str) -> Export:
    """An export of a tool: `make` gets the number of a row from 1 and says its cells; the first row has all columns."""
    rows = [make(number) for number in range(1, count + 1)]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return Export("orders", out.getvalue(), profile=profile, **{"name": "tool", **rest})


def shopify(**cells: Callable[[int], object]) -> Export:
    """Orders of Shopify with one line of 100.00 each; a cell is named by its column, with `_` for a blank."""

    def make(n: int) -> dict[str, object]:
        sound = {
            "Name": f"#{1000 + n}",
            "Email": f"m{n % 8}@buyers.example",
            "Financial Status": "paid",
            "Currency": "EUR",
            "Subtotal": "100.00",
            "Shipping": "0.00",
            "Taxes": "19.00",
            "Total": "119.00",
            "Discount Amount": "0.00",
            "Created at": f"{day(n)} 10:{n:02}:00 +0100",
            "Lineitem quantity": "1",
            "Lineitem name": "Tea",
            "Lineitem price": "100.00",
            "Cancelled at": "",
            "Payment Method": "card",
            "Refunded Amount": "0.00",
            "Lineitem sku": "T1",
        }
        return sound | {name.replace("_", " "): cell(n) for name, cell in cells.items()}

    return written("shopify_orders", make)


def stripe(**cells: Callable[[int], object]) -> Export:
    """Payments of Stripe, 100.00 each."""

    def make(n: int) -> dict[str, object]:
        sound = {
            "id": f"ch_{n}",
            "Created date (UTC)": f"{day(n)} 10:{n:02}:00",
            "Amount": "100.00",
            "Amount Refunded": "0.00",
            "Currency": "eur",
            "Captured": "true",
            "Converted Amount": "100.00",
            "Converted Amount Refunded": "0.00",
            "Converted Currency": "eur",
            "Status": "Paid",
            "Customer ID": f"cus_{n % 8}",
            "Refunded date (UTC)": "",
        }
        return sound | {name.replace("_", " "): cell(n) for name, cell in cells.items()}

    return written("stripe_payments", make)


def paypal(**cells: Callable[[int], object]) -> Export:
    """The activity of an account, payments of 100.00 each."""

    def make(n: int) -> dict[str, object]:
        year, month, number = day(n).split("-")
        sound = {
            "Date": f"{month}/{number}/{year}",
            "Time": f"10:{n:02}:00",
            "Type": "Express Checkout Payment",
            "Status": "Completed",
            "Currency": "EUR",
            "Gross": "100.00",
            "From Email Address": f"m{n % 8}@buyers.example",
            "Transaction ID": f"T{n}",
            "Reference Txn ID": "",
            "Shipping and Handling Amount": "0.00",
            "Sales Tax": "0.00",
        }
        return sound | {name.replace("_", " "): cell(n) for name, cell in cells.items()}

    return written("paypal_activity", make, more="    timezone: Europe/Berlin")


def square(**cells: Callable[[int], object]) -> Export:
    """Items of Square, one of $100.00 each."""

    def make(n: int) -> dict[str, object]:
        sound = {
            "Date": day(n),
            "Time": f"10:{n:02}:00",
            "Item": "Tea",
            "Qty": "1",
            "SKU": "T1",
            "Gross Sales": "$100.00",
            "Discounts": "$0.00",
            "Net Sales": "$100.00",
            "Transaction ID": f"T{n}",
            "Event Type": "Payment",
            "Customer ID": f"K{n % 8}",
        }
        return sound | {name.replace("_", " "): cell(n) for name, cell in cells.items()}

    return written("square_items", make, more="    timezone: Europe/Berlin")


def deals(profile: str, columns: Mapping[str, str], **cells: Callable[[int], object]) -> Export:
    """Won deals of a CRM, 100.00 each: `columns` says what its id, amount, stage, day and contact are called."""

    def make(n: int) -> dict[str, object]:
        sound = {
            "id": f"{4000 + n}",
            "amount": "100.00",
            "day": day(n),
            "contact": f"{n % 8 + 1}",
            "currency": "EUR",
            "name": f"Deal {n}",
        } | {name: cell(n) for name, cell in cells.items()}
        return {columns[name]: cell for name, cell in sound.items() if name in columns}

    return written(profile, make, more="    timezone: Europe/Berlin")


HUBSPOT = {"id": "Record ID", "name": "Deal Name", "stage": "Deal Stage", "amount": "Amount", "day": "Close Date",
           "contact": "Associated Contact IDs", "currency": "Currency", "won": "Is Closed Won"}  # fmt: skip
PIPEDRIVE = {"id": "Deal - ID", "name": "Deal - Title", "amount": "Deal - Value",
             "currency": "Deal - Currency of Value", "status": "Deal - Status",
             "day": "Deal - Won time", "contact": "Person - ID"}  # fmt: skip
SALESFORCE = {"id": "Id", "account": "AccountId", "contact": "ContactId", "stage": "StageName", "amount": "Amount",
              "day": "CloseDate", "won": "IsWon", "currency": "CurrencyIsoCode"}  # fmt: skip


def hubspot(**cells: Callable[[int], object]) -> Export:
    return deals("hubspot_deals", HUBSPOT, **{"stage": lambda n: "Closed Won", **cells})


def pipedrive(**cells: Callable[[int], object]) -> Export:
    return deals("pipedrive_deals", PIPEDRIVE, **{"status": lambda n: "Won", **cells})


def salesforce(**cells: Callable[[int], object]) -> Export:
    sound = {
        "account": lambda n: f"001{n % 8:012}",
        "id": lambda n: f"006{n:012}",
        "contact": lambda n: f"003{n % 8:012}",
        "stage": lambda n: "Closed Won",
    }
    return deals("salesforce_opportunities", SALESFORCE, **{**sound, **cells})


def delighted(**cells: Callable[[int], object]) -> Export:
    """Answers that Delighted collected, from 5 to 10."""

    def make(n: int) -> dict[str, object]:
        sound = {
            "Response ID": f"d{n}",
            "Score": f"{n % 6 + 5}",
            "Comment": "",
            "Created At": f"2026-03-{n % 28 + 1:02} 10:00:00 UTC",
            "Person Email": f"m{n}@buyers.example",
            "Survey Type": "NPS",
        }
        return sound | {name.replace("_", " "): cell(n) for name, cell in cells.items()}

    export = written("delighted_responses", make, 40)
    return Export("survey_responses", export.text, profile=export.profile, name="tool")


SALES = {"sales": 2400.0}
DOUBT = ("left_out_in_doubt",)


def third(odd: object, plain: object) -> Callable[[int], object]:
    """Another cell in each third row."""
    return lambda n: odd if n % 3 == 0 else plain


TOOLS: Mapping[str, Fault] = {
    "sound orders of Shopify": Fault([shopify()], right=SALES | {"buyers": 8}, is_quiet=True),
    "gift cards of Shopify in German": Fault(
        [shopify(Lineitem_name=third("Geschenkgutschein", "Tea"))], ("gift_cards",), {"sales": 1600.0}
    ),
    "gift cards of Shopify in French": Fault(
        [shopify(Lineitem_name=third("Carte-cadeau 50 €", "Tea"))], ("gift_cards",), {"sales": 1600.0}
    ),
    "tips of Shopify": Fault([shopify(Lineitem_name=third("Tip", "Tea"))], right={"sales": 1600.0}),
    "refunds of Shopify beyond the total": Fault(
        [shopify(Refunded_Amount=third("150.00", "0.00"))], ("refund_beyond_order",)
    ),
    "refunds of Shopify with a decimal comma": Fault([shopify(Refunded_Amount=third("15,00", "0.00"))], ("tool",)),
    "sound payments of Stripe": Fault([stripe()], right=SALES, is_quiet=True),
    "payments of Stripe that are called succeeded": Fault([stripe(Status=third("succeeded", "Paid"))], DOUBT, SALES),
    "payments of Stripe that are refunded in part": Fault(
        [stripe(Status=third("Partially refunded", "Paid"), Converted_Amount_Refunded=third("10.00", "0.00"))],
        DOUBT,
        SALES | {"refunded": 80.0},
    ),
    "payments of Stripe that are not yet converted": Fault(
        [stripe(Converted_Amount=third("", "100.00"), Converted_Currency=third("", "eur"))], ("quarantined",)
    ),
    "sound activity of PayPal": Fault([paypal()], right=SALES, is_quiet=True),
    "payments that the company itself made by PayPal": Fault(
        [paypal(Gross=third("-40.00", "100.00"), Type=third("Website Payment", "Express Checkout Payment"))],
        right={"sales": 1600.0},
    ),
    "refunds that the company itself received by PayPal": Fault(
        [paypal(Type=third("Payment Refund", "Express Checkout Payment"), Gross=third("40.00", "100.00"))],
        right={"sales": 1600.0, "refunded": 0.0},
    ),
    "payments of PayPal that were refunded since": Fault([paypal(Status=third("Refunded", "Completed"))], DOUBT, SALES),
    "other types of PayPal's payments": Fault(
        [paypal(Type=third("PayPal Checkout Payment", "Express Checkout Payment"))], DOUBT, SALES
    ),
    "sound items of Square": Fault([square()], right=SALES, is_quiet=True),
    "items of Square in pounds": Fault([square(Gross_Sales=lambda n: "£100.00")], ("quarantined", "currency")),
    "sound deals of HubSpot": Fault([hubspot(won=lambda n: "true")], right=SALES, is_quiet=True),
    "deals of HubSpot in a stage of the company's own": Fault(
        [hubspot(stage=third("Contract signed", "Closed Won"))], DOUBT, SALES
    ),
    "deals of HubSpot that were won and lost again": Fault(
        [hubspot(stage=third("Closed Lost", "Closed Won"))], right={"sales": 1600.0}
    ),
    "deals of HubSpot that are won next year": Fault(
        [hubspot(won=lambda n: "true", day=third("2027-03-01", "2026-02-01"))], ("rows_after_as_of",)
    ),
    "amounts of HubSpot in another sign": Fault(
        [hubspot(won=lambda n: "true", amount=lambda n: "£100.00")], ("quarantined", "currency")
    ),
    "sound deals of Pipedrive": Fault([pipedrive()], right=SALES, is_quiet=True),
    "deals of Pipedrive with a decimal comma": Fault([pipedrive(amount=lambda n: "1.200,50")], ("quarantined",)),
    "deals of Pipedrive with decimal commas that look like thousands": Fault(
        [pipedrive(amount=third("100,000", "100,50"))], ("quarantined", "decimal", "thousands")
    ),
    "won in a language that nobody knows": Fault([pipedrive(status=third("Dobyto", "Won"))], DOUBT, SALES),
    "sound opportunities of Salesforce": Fault([salesforce(won=lambda n: "true")], right=SALES, is_quiet=True),
    "stages of Salesforce in German": Fault(
        [salesforce(stage=lambda n: "Geschlossen und gewonnen")], ("source_left_out_whole",), SALES
    ),
    "further stages of Salesforce that are won": Fault(
        [salesforce(stage=third("Closed Won - Renewal", "Closed Won"))], DOUBT, SALES
    ),
    "won of Salesforce as yes": Fault([salesforce(won=third("Yes", "true"))], DOUBT, SALES),
    "sound answers of Delighted": Fault([delighted()], right={"answers": 40, "nps_counted": 40}),
    "a survey of a new type of Delighted": Fault([delighted(Survey_Type=lambda n: "PMF")], ("quarantined",)),
    "thumbs of Delighted": Fault(
        [delighted(Survey_Type=lambda n: "Thumbs", Score=lambda n: n % 2)], right={"nps_counted": 0, "answers": 40}
    ),
    "stars of Delighted as NPS": Fault(
        [delighted(Score=lambda n: n % 5 + 1)], ("nps_scores_up_to_five",), {"nps_counted": 0}
    ),
}
