"""Reads what a GraphQL server says of errors in an answer whose status is 200.

Put here: errors, and how long a server that counts the cost of queries asks to wait. Keep out: waiting (`client.py`).
Shopify is such a server (https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits): each query has a cost,
and a bucket of points must hold it, which fills at a steady rate.
"""

import re
from dataclasses import dataclass
from typing import Any

from regulars.pipelines.settings.sources.json_path import read_path

_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,60}")
"""What a code looks like; nothing else of an error is shown, since it may hold what was asked for."""
_COST = "extensions.cost"


@dataclass(frozen=True)
class GraphqlErrors:
    """The errors of an answer.

    Attributes:
        codes: What they are called, such as `ACCESS_DENIED`, in words.
        is_throttled: Whether the same query may work later.
        seconds: After how many the bucket holds its cost; None: the answer does not say.
    """

    codes: str
    is_throttled: bool
    seconds: float | None


def read_errors(body: Any) -> GraphqlErrors | None:
    """The errors that an answer holds; None: it holds none."""
    errors = body.get("errors") if isinstance(body, dict) else None
    if not errors:
        return None
    found = [read_path(error, "extensions.code") for error in errors] if isinstance(errors, list) else []
    codes = sorted({code for code in found if isinstance(code, str) and _CODE.fullmatch(code)})
    said = f"`{'`, `'.join(codes)}`" if codes else "that something is wrong, without a code"
    return GraphqlErrors(said, codes == ["THROTTLED"], _find_wait(body))


def _find_wait(body: Any) -> float | None:
    cost, available, rate = (
        _read_number(body, f"{_COST}.{key}")
        for key in ("requestedQueryCost", "throttleStatus.currentlyAvailable", "throttleStatus.restoreRate")
    )
    if cost is None or available is None or not rate:
        return None
    return max(0.0, (cost - available) / rate)


def _read_number(body: Any, path: str) -> float | None:
    found = read_path(body, path)
    return float(found) if isinstance(found, str) and re.fullmatch(r"[0-9.]{1,20}", found) else None
