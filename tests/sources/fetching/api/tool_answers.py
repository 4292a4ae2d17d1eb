"""What four tools' APIs answer, in the shape of their documentation, with the keys that profiles and people look at."""

from collections.abc import Callable, Sequence
from typing import Any

from tests.sources.fetching.api.api_server import Reply, Seen

Json = dict[str, Any]
SECRET = "sec-7d2e91"


def shopify_order(number: int, **changed: Any) -> Json:
    """An order of two lines: 2 × 10.00 and 5.50, 2.00 off, 4.90 for shipping, 19 % tax within the prices."""
    return {
        "id": 5000 + number,
        "name": f"#{number}",
        "email": f"buyer{number}@example.com",
        "created_at": f"2026-01-0{number}T23:30:00-05:00",
        "updated_at": f"2026-01-0{number}T23:31:00-05:00",
        "cancelled_at": None,
        "financial_status": "paid",
        "currency": "EUR",
        "taxes_included": True,
        "test": False,
        "source_name": "web",
        "subtotal_price": "23.50",
        "total_line_items_price": "25.50",
        "total_tax": "4.53",
        "shipping_lines": [{"id": 1, "price": "4.90", "discounted_price": "4.90"}],
        "shipping_address": {"country_code": "DE", "province": None, "city": "Berlin"},
        "customer": {"id": 70 + number, "email": f"buyer{number}@example.com"},
        "line_items": [
            {"id": 10 * number, "sku": "MUG", "name": "Mug", "quantity": 2, "price": "10.00", "gift_card": False},
            {"id": 10 * number + 1, "sku": "TEA", "name": "Tea", "quantity": 1, "price": "5.50", "gift_card": False},
        ],
        "refunds": [],
        **changed,
    }


def shopify_refund(
    number: int, *amounts: tuple[str, str, str], currency: str = "EUR", lines: Sequence[Json] = ()
) -> Json:
    """A refund whose transactions have each a kind, a status and an amount."""
    return {
        "id": number,
        "order_id": 5000,
        "created_at": "2026-02-03T10:00:00+01:00",
        "processed_at": "2026-02-03T10:00:00+01:00",
        "note": None,
        "user_id": 799407056,
        "duties": [],
        "return": None,
        "refund_line_items": list(lines),
        "order_adjustments": [],
        "transactions": [
            {"id": number + at, "kind": kind, "status": status, "amount": amount, "currency": currency}
            for at, (kind, status, amount) in enumerate(amounts)
        ],
    }


def shopify_refund_line(number: int, sku: str, subtotal: str, tax: str, **changed: Any) -> Json:
    """One piece that came back; `presentment` holds subtotal, tax and currency as the buyer paid them."""
    presentment = changed.pop("presentment", (subtotal, tax, "EUR"))
    line_item = {"id": 10 * number, "sku": sku, "name": sku.title(), "quantity": 2, "price": "10.00"}
    money = {
        key: {
            "shop_money": {"amount": shop, "currency_code": "EUR"},
            "presentment_money": {"amount": paid, "currency_code": presentment[2]},
        }
        for key, shop, paid in zip(("subtotal_set", "total_tax_set"), (subtotal, tax), presentment, strict=False)
    }
    return {
        "id": number,
        "quantity": 1,
        "line_item_id": 10 * number,
        "location_id": 487838322,
        "restock_type": "return",
        "subtotal": float(subtotal),
        "total_tax": float(tax),
        **money,
        "line_item": {**line_item, "gift_card": False, "tax_lines": [{"price": tax, "rate": 0.19}]},
        **changed,
    }


def answer_like_shopify(key: str, records: list[Json], size: int = 2) -> Callable[[Seen], Any]:
    """Pages by the header `Link`, which holds nothing but `limit` and `page_info`."""

    def answer(seen: Seen) -> Any:
        if seen.headers.get("x-shopify-access-token") != SECRET:
            return Reply({"errors": "[API] Invalid API key or access token"}, 401)
        start = int(seen.params.get("page_info", ["0"])[0])
        link = f'<http://{seen.headers["host"]}{seen.path}?limit=250&page_info={start + size}>; rel="next"'
        headers = {"Link": link} if start + size < len(records) else {}
        return Reply({key: records[start : start + size]}, headers=headers)

    return answer


def stripe_charge(number: int, amount: int, currency: str = "eur", **changed: Any) -> Json:
    return {
        "id": f"ch_{number}",
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": 0,
        "billing_details": {"email": f"buyer{number}@example.com", "name": None},
        "captured": True,
        "created": 1767225600 + 86400 * number,
        "currency": currency,
        "customer": f"cus_{number}",
        "livemode": True,
        "receipt_email": None,
        "refunds": {"object": "list", "data": [], "has_more": False},
        "status": "succeeded",
        **changed,
    }


def stripe_refunds(currency: str, *amounts: tuple[str, int, str], has_more: bool = False) -> Json:
    refunds = [
        {
            "id": number,
            "object": "refund",
            "amount": amount,
            "created": 1769904000,
            "currency": currency,
            "status": status,
            "reason": None,
        }
        for number, amount, status in amounts
    ]
    return {"object": "list", "data": refunds, "has_more": has_more}


def answer_like_stripe(records: list[Json], size: int = 2) -> Callable[[Seen], Any]:
    """Pages by the id of the last record, newest first."""

    def answer(seen: Seen) -> Any:
        if seen.headers.get("authorization") != f"Bearer {SECRET}":
            return Reply({"error": {"message": "Invalid API Key provided: sk_****", "type": "x"}}, 401)
        ids = [record["id"] for record in records]
        after = seen.params.get("starting_after")
        start = ids.index(after[0]) + 1 if after else 0
        page = records[start : start + size]
        return {"object": "list", "data": page, "has_more": start + size < len(records), "url": seen.path}

    return answer


def hubspot_object(number: int, associations: Json | None = None, **properties: str | None) -> Json:
    return {
        "id": str(number),
        "properties": {"hs_object_id": str(number), "createdate": "2026-01-02T03:04:05.678Z", **properties},
        "createdAt": "2026-01-02T03:04:05.678Z",
        "updatedAt": "2026-01-05T03:04:05.678Z",
        "archived": False,
        **({"associations": associations} if associations else {}),
    }


def associate(**ids: list[int]) -> Json:
    return {
        kind: {"results": [{"id": str(number), "type": f"deal_to_{kind}"} for number in found]}
        for kind, found in ids.items()
    }


def answer_like_hubspot(records: list[Json], size: int = 2) -> Callable[[Seen], Any]:
    def answer(seen: Seen) -> Any:
        if seen.headers.get("authorization") != f"Bearer {SECRET}":
            return Reply({"status": "error", "category": "INVALID_AUTHENTICATION"}, 401)
        start = int(seen.params.get("after", ["0"])[0])
        more = {"paging": {"next": {"after": str(start + size), "link": "x"}}} if start + size < len(records) else {}
        return {"results": records[start : start + size], **more}

    return answer


def woocommerce_order(number: int, **changed: Any) -> Json:
    """Three mugs of 10.00 with 3.00 off, shipping 5.00 and a fee of 1.50, 20 % tax beside."""
    return {
        "id": number,
        "status": "completed",
        "currency": "EUR",
        "date_created": f"2026-01-0{number}T01:00:00",
        "date_created_gmt": f"2026-01-0{number}T00:00:00",
        "date_modified_gmt": f"2026-01-0{number}T02:00:00",
        "discount_total": "3.00",
        "shipping_total": "5.00",
        "total": "40.20",
        "total_tax": "6.70",
        "prices_include_tax": False,
        "customer_id": 7,
        "created_via": "checkout",
        "billing": {"email": "ann@example.com", "country": "FI", "state": "", "city": "Turku"},
        "shipping": {"country": "", "state": "", "city": ""},
        "line_items": [
            {"id": 1, "product_id": 4959, "name": "Mug", "quantity": 3, "subtotal": "30.00", "total": "27.00"}
        ],
        "fee_lines": [{"id": 2, "name": "Gift wrap", "total": "1.50"}],
        "refunds": [],
        **changed,
    }


def answer_like_woocommerce(records: list[Json], size: int = 2) -> Callable[[Seen], Any]:
    def answer(seen: Seen) -> Any:
        if seen.headers.get("authorization") != "Basic Y2tfMTpzZWMtN2QyZTkx":
            return Reply({"code": "woocommerce_rest_cannot_view", "data": {"status": 401}}, 401)
        page = int(seen.params["page"][0])
        headers = {"X-WP-Total": str(len(records)), "X-WP-TotalPages": str(-(-len(records) // size))}
        return Reply(records[(page - 1) * size : page * size], headers=headers)

    return answer
