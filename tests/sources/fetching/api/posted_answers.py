"""What Shopify answers to GraphQL and HubSpot to a search: pages, limits and errors as their documentation has them."""

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.sources.fetching.api.api_server import Reply, Seen
from tests.sources.fetching.api.tool_answers import SECRET

Json = dict[str, Any]


def shop_money(amount: str) -> Json:
    return {"shopMoney": {"amount": amount}}


def graphql_order(number: int, *lines: tuple[int, str], subtotal: str, refunds: Any = (), **changed: Any) -> Json:
    """An order of lines, each a quantity and a price, with 4.90 for shipping and 19 % tax within the prices."""
    return {
        "id": f"gid://shopify/Order/{5000 + number}",
        "name": f"#{number}",
        "email": f"buyer{number}@example.com",
        "createdAt": f"2026-01-0{number}T23:30:00Z",
        "updatedAt": f"2026-01-0{number}T23:31:00Z",
        "cancelledAt": None,
        "test": False,
        "sourceName": "web",
        "taxesIncluded": True,
        "currencyCode": "EUR",
        "displayFinancialStatus": "PAID",
        "subtotalPriceSet": shop_money(subtotal),
        "totalTaxSet": shop_money("4.53"),
        "shippingAddress": {"countryCodeV2": "DE", "province": None, "city": "Berlin"},
        "customer": {"legacyResourceId": str(70 + number)},
        "shippingLines": {
            "nodes": [{"discountedPriceSet": shop_money("4.90")}],
            "pageInfo": {"hasNextPage": False},
        },
        "lineItems": [
            {
                "id": f"gid://shopify/LineItem/{1000 * number + at}",
                "sku": f"P{at}",
                "name": f"Product {at}",
                "quantity": quantity,
                "isGiftCard": False,
                "originalUnitPriceSet": shop_money(price),
            }
            for at, (quantity, price) in enumerate(lines, 1)
        ],
        "refunds": list(refunds),
        **changed,
    }


def graphql_refund_line(number: int, sku: str, subtotal: str, tax: str, *, is_gift_card: bool = False) -> Json:
    """One piece that came back."""
    return {
        "id": f"gid://shopify/RefundLineItem/{number}",
        "quantity": 1,
        "lineItem": {"sku": sku, "name": sku.title(), "isGiftCard": is_gift_card},
        "subtotalSet": shop_money(subtotal),
        "totalTaxSet": shop_money(tax),
    }


def graphql_refund(number: int, *paid: tuple[str, str, str], lines: Sequence[Json] = ()) -> Json:
    """A refund whose transactions have each a kind, a status and an amount."""
    transactions = [{"kind": kind, "status": status, "amountSet": shop_money(amount)} for kind, status, amount in paid]
    return {
        "legacyResourceId": str(number),
        "createdAt": "2026-02-03T09:00:00Z",
        "transactions": {"nodes": transactions[:10], "pageInfo": {"hasNextPage": len(transactions) > 10}},
        "refundLineItems": {"nodes": list(lines)[:10], "pageInfo": {"hasNextPage": len(lines) > 10}},
    }


@dataclass
class GraphqlShop:
    """A shop whose bucket of points fills while a test waits (`pause`), and is empty soon without."""

    records: list[Json]
    kind: str = "orders"
    bucket: float = 1000.0
    restore_rate: float = 100.0
    costs: list[float] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        self.bucket = min(1000.0, self.bucket + seconds * self.restore_rate)

    def answer(self, seen: Seen) -> Any:
        if seen.headers.get("x-shopify-access-token") != SECRET:
            return Reply({"errors": "[API] Invalid API key or access token"}, 401)
        asked = json.loads(seen.body)
        variables = asked["variables"]
        assert (seen.path, seen.params) == ("/graphql.json", {})
        assert f"{self.kind}(first: $first, after: $after, query: $changed, sortKey: ID)" in asked["query"]
        # an order has 10 lines of shipping, 10 payments, and 10 refund lines of six objects each, beside its own lines
        cost = variables["first"] * (10.0 + ((3 + 3 + 6) * 10 + 3 * variables["lines"] if "lines" in variables else 0))
        if cost > 1000:
            return {"errors": [{"message": "Query cost is too high", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}
        said = {"requestedQueryCost": cost, "throttleStatus": {"currentlyAvailable": self.bucket}}
        said["throttleStatus"] |= {"maximumAvailable": 1000.0, "restoreRate": self.restore_rate}
        self.costs.append(cost)
        if cost > self.bucket:
            throttled = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
            return {"errors": throttled, "extensions": {"cost": {**said, "actualQueryCost": None}}}
        self.bucket -= cost
        return {"data": {self.kind: self._page(variables)}, "extensions": {"cost": {**said, "actualQueryCost": cost}}}

    def _page(self, variables: Json) -> Json:
        since = re.fullmatch(r"updated_at:>='(.+)'", variables["changed"] or "updated_at:>='0'")
        assert since is not None
        wanted = [each for each in self.records if each["updatedAt"] >= since[1]]
        start = int(variables["after"] or 0)
        end = start + variables["first"]
        nodes = [self._cut(record, variables.get("lines", 0)) for record in wanted[start:end]]
        return {"nodes": nodes, "pageInfo": {"hasNextPage": end < len(wanted), "endCursor": str(end)}}

    def _cut(self, record: Json, lines: int) -> Json:
        if "lineItems" not in record:
            return record
        found = record["lineItems"]
        return {**record, "lineItems": {"nodes": found[:lines], "pageInfo": {"hasNextPage": lines < len(found)}}}


@dataclass
class HubspotSearch:
    """The search of CRM objects, which shows no more than so many results of one search (HubSpot: 10,000)."""

    records: list[Json]
    changed: str
    most_results: int = 4

    def answer(self, seen: Seen) -> Any:
        if seen.headers.get("authorization") != f"Bearer {SECRET}":
            return Reply({"status": "error", "category": "INVALID_AUTHENTICATION"}, 401)
        asked = json.loads(seen.body)
        start = int(asked.get("after", 0))
        if asked["limit"] > 200 or start >= self.most_results:
            return Reply({"status": "error", "category": "VALIDATION_ERROR"}, 400)
        [group] = asked["filterGroups"]
        found = [each for each in self.records if all(self._fits(each, test) for test in group["filters"])]
        assert asked["sorts"] == [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
        found.sort(key=lambda record: int(record["id"]))
        page = found[start : start + min(asked["limit"], 2)]
        keep = {*asked["properties"], "hs_object_id"}
        rows = [{**each, "properties": {k: v for k, v in each["properties"].items() if k in keep}} for each in page]
        more = start + len(page) < len(found)
        return {
            "total": len(found),
            "results": rows,
            **({"paging": {"next": {"after": str(start + len(page))}}} if more else {}),
        }

    def _fits(self, record: Json, test: Json) -> bool:
        if test["propertyName"] == "hs_object_id":
            return test["operator"] == "GT" and int(record["id"]) > int(test["value"])
        assert (test["propertyName"], test["operator"]) == (self.changed, "GTE")
        moment = dt.datetime.fromisoformat(record["properties"][self.changed])
        return moment.timestamp() * 1000 >= int(test["value"])


@dataclass
class HubspotDeals(HubspotSearch):
    """The search of deals, which does not tell what they belong to, and the associations of at most 100 ids."""

    def answer(self, seen: Seen) -> Any:
        if "associations" not in seen.path:
            assert seen.path == "/objects/deals/search"
            found = super().answer(seen)
            if isinstance(found, dict):
                for row in found["results"]:
                    row.pop("associations", None)
            return found
        if seen.headers.get("authorization") != f"Bearer {SECRET}":
            return Reply({"status": "error", "category": "INVALID_AUTHENTICATION"}, 401)
        _, _, _, kind, *rest = seen.path.split("/")
        assert rest == ["batch", "read"]
        ids = [each["id"] for each in json.loads(seen.body)["inputs"]]
        assert 0 < len(ids) <= 100
        known = {record["id"]: record["associations"][kind]["results"] for record in self.records}
        found = [{"from": {"id": each}, "to": known[each]} for each in ids if known[each]]
        code = {"category": "OBJECT_NOT_FOUND", "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND"}
        errors = [{"status": "error", **code, "context": {"fromObjectId": [each]}} for each in ids if not known[each]]
        answer = {"status": "COMPLETE", "results": found}
        return Reply({**answer, "numErrors": len(errors), "errors": errors}, 207) if errors else answer
