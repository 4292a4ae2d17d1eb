"""The three numbers a person wants first, in words: for the closing lines of a run and Dagster's page.

Put here: wording. Keep out: computing them (`transforms/customers/headline.py`), the report's words (`sections/`).
"""

from typing import Any

from regulars.pipelines.definitions.windows import REPEAT_DAYS
from regulars.pipelines.run.run import Run
from regulars.pipelines.transforms.customers.headline import Headline, find_headline

READS = {
    "orders": "core.orders",
    "calendar": "core.calendar",
    "customer_360": "marts.customer_360",
    "churn": "marts.churn",
    "nps": "marts.nps",
}


def read_headline(run: Run) -> Headline:
    """Customers, churn (or the repeat rate until churn is known) and NPS."""
    frames = {name: run.warehouse.scan(table) for name, table in READS.items()}
    return find_headline(**frames, as_of=run.as_of)


def describe_headline(found: Headline) -> list[dict[str, Any]]:
    """Label, value, n and text each; `value` is None, and the text says why, where one cannot be known yet."""
    customers = f"{found.customers:,} ({found.active_customers:,} active)"
    return [
        {"label": "customers", "value": found.customers, "n": found.customers, "text": customers},
        _describe_return(found),
        _describe_nps(found),
    ]


def _describe_return(found: Headline) -> dict[str, Any]:
    if found.churn_rate_12m is not None:
        return {
            "label": "12-month churn",
            "value": found.churn_rate_12m,
            "n": None,
            "text": f"{found.churn_rate_12m:.1%} (at {found.churn_month_end}){_describe_gone(found)}",
        }
    rate, n = found.repeat_rate, found.repeat_customers
    unknown = f"not known yet: no customer's first {REPEAT_DAYS} days are over"
    text = unknown if rate is None else f"{rate:.1%} of {n:,} customers"
    return {"label": f"bought again within {REPEAT_DAYS} days", "value": rate, "n": n, "text": text}


def _describe_gone(found: Headline) -> str:
    """The share of those who were customers a year before and are gone, which new customers do not lower."""
    if found.gone_rate_12m is None:
        return ""
    return f", and of those who were customers a year before {found.gone_rate_12m:.1%} are gone"


def _describe_nps(found: Headline) -> dict[str, Any]:
    if found.nps is None:
        return {"label": "NPS", "value": None, "n": 0, "text": "no answers on a 0-10 scale"}
    return {
        "label": "NPS",
        "value": found.nps,
        "n": found.nps_responses,
        "text": f"{found.nps:+.0f} of {found.nps_responses:,} answers ({found.nps_start} to {found.nps_end})",
    }
