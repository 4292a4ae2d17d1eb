"""The bad lines planted in the sample company's exports.

Put here: the lines, and what should become of each. Keep out: nastiness that is spread over whole files, such as
duplicates and late rows (it is drawn where the records are, and counted in `truth.py`).
Each function takes how many lines there is room for below the budget, and returns at most that many.
"""

from regulars.pipelines.sample.export_file import Planted

RAGGED = "quarantined as malformed, kept verbatim"


def list_bad_contacts(room: int) -> list[Planted]:
    """Bad lines for the CRM's contacts."""
    blank = '""'
    cells = [f'"{x}"' for x in ("900001", "Jörg", "Prüfer", "joerg.pruefer.900001@example.com")] + [blank] * 16
    odd_date = [*cells[:18], '"30.02.2025 10:00"', '"2025-03-01 09:30"']
    nameless = [blank, *cells[1:18], '"2025-03-01 09:00"', '"2025-03-01 09:30"']
    return [
        Planted(",".join(cells[:4]), "a contact with 4 of 20 cells", RAGGED),
        Planted(",".join(nameless), "a contact without record id", "quarantined: customer_record_id is missing"),
        Planted(
            ",".join(odd_date), "a contact created on 30 February", "kept, one customer more; created_at is nulled"
        ),
    ][:room]


def list_bad_orders(room: int) -> list[Planted]:
    """Bad lines for the shop's orders; none has lines in the other file."""
    rest = "paid,,EUR,24.90,0.00,,4.90,1.63,29.80,web,Köln,Nord,DE,,,false,,"
    return [
        Planted(
            f"KK900001,,nina.bad.1@example.com,2025-02-30 10:00:00 +0100,{rest}",
            "an order on 30 February",
            "quarantined: ordered_at cannot be read",
        ),
        Planted("KK900002,,nina.bad.2@example.com,2025-03", "an order that breaks off after 4 cells", RAGGED),
        Planted(
            f"KK900003,,nina.bad.3@example.com,2025-05-04 10:00:00 +0200,{rest},,,surplus",
            "an order with 3 cells too many",
            RAGGED,
        ),
        Planted(
            f",,nina.bad.4@example.com,2025-06-04 10:00:00 +0200,{rest}",
            "an order without id",
            "quarantined: order_id is missing",
        ),
    ][:room]


def list_bad_lines(room: int, order_number: str) -> list[Planted]:
    """Bad lines for the shop's order lines; the first belongs to a good order."""
    return [
        Planted(
            f"KK{order_number},SN-101,Salzmandeln 150 g,nuts,zwei,3.90,EUR,3.80",
            f"a line of order KK{order_number} with the quantity 'zwei'",
            "quarantined, and the whole order with it: nothing is counted from half a document",
        ),
        Planted("KK900002,SN-101,Salzmandeln 150 g", "a line that breaks off after 3 cells", RAGGED),
    ][:room]


def list_bad_refunds(room: int) -> list[Planted]:
    """Bad lines for the shop's refunds."""
    return [
        Planted("R900001,,,,yesterday,EUR,12.50,damaged", "a refund 'yesterday'", "quarantined: refunded_at"),
        Planted("R900002,,,,2025-05-04 10:00:00 +0200,EUR,,damaged", "a refund of nothing", "quarantined: amount"),
    ][:room]


def list_bad_answers(room: int) -> list[Planted]:
    """Bad lines for the survey's answers."""
    return [
        Planted("NPS-900001;04.05.2025 10:00;zehn;;de;;;", "the score 'zehn'", "quarantined: score is not a number"),
        Planted("NPS-900002;04.05.2025 10:05;11;;de;;;", "the score 11", "quarantined: not between 0 and 10"),
    ][:room]


def list_bad_subscriptions(room: int) -> list[Planted]:
    """Bad lines for the coffee club's subscriptions."""
    club = "Kaffeeklub S,cancelled,EUR"
    return [
        Planted(
            f"ABO-900001,,nina.bad.5@example.com,{club},9.90,1,Month,2025-05-04T08:00:00Z,,,2025-04-04T08:00:00Z,,,,",
            "a subscription that ends before it starts",
            "quarantined: ended_at is before started_at",
        ),
        Planted(
            f"ABO-900002,,nina.bad.6@example.com,{club},gratis,1,Month,2025-05-04T08:00:00Z,,,,,,,",
            "a subscription for 'gratis'",
            "quarantined: amount is not a number",
        ),
        Planted(
            f"ABO-900003,,nina.bad.7@example.com,{club},9.90,1,Fortnight,2025-05-04T08:00:00Z,,,,,,,",
            "a subscription that is billed each fortnight",
            "quarantined: the interval is none that is known",
        ),
    ][:room]
