"""The settings that published numbers follow, as rows: what a table's texts name can be looked up in the file itself.

Put here: which settings are shown, and how their values are written. Keep out: secrets, and whatever may hold a
personal value or a way into the company: sources, targets, alerts, excluded persons.
"""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from regulars.pipelines.settings.settings import Settings

SHOWN = (
    *("company.timezone", "company.currency", "company.fiscal_year_starts"),
    *("customer_is", "value_basis", "subscription_revenue_is_in_orders", "lapse_days", "max_lifetime_years"),
    *("discount_rate", "acquisition_cost", "economics", "demand", "offers", "target_customer", "cohorts"),
    *("business_hours", "support", "service_risk", "rfm", "value_tiers", "surveys", "worklists"),
    *("identity.match_phones", "identity.survivorship", "findings.thresholds"),
)
"""Settings, and parts of which every setting is shown."""


def list_used_settings(settings: Settings) -> list[dict[str, Any]]:
    """The rows of `meta.settings_used`, in the order of `docs/settings.md`.

    Returns:
        Rows with `setting` (its place, such as `surveys.max_answer_days`), `setting_value` and `default_value` as text
        (NULL: not set), `is_default` and `setting_meaning`. Lists and mappings are JSON.
    """
    return [
        {
            "setting": place,
            "setting_value": _write(value),
            "default_value": _write(default),
            "is_default": value == default,
            "setting_meaning": " ".join(meaning.split()),
        }
        for place, value, default, meaning in _list_values(settings, "")
        if any(place == shown or place.startswith(f"{shown}.") for shown in SHOWN)
    ]


def _list_values(part: BaseModel, place: str) -> Iterator[tuple[str, Any, Any, str]]:
    """Each setting of a part and of the parts in it: place, value, default and meaning."""
    for name, field in type(part).model_fields.items():
        value, step = getattr(part, name), f"{place}.{field.alias or name}".lstrip(".")
        if isinstance(value, BaseModel):
            yield from _list_values(value, step)
        else:
            default = None if field.is_required() else field.get_default(call_default_factory=True)
            yield step, value, default, field.description or ""


def _write(value: Any) -> str | None:
    """A value as text; NULL where nothing is set."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.isoformat() if isinstance(value, dt.date) else str(value)
