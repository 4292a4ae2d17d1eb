"""A row of `primary_customer_profile` in sentences.

Put here: wording. Keep out: what is counted and compared (`primary_customer_profile.py`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.pipelines.definitions.enumerations import OTHER, TARGET_CUSTOMER, UNKNOWN
from regulars.pipelines.transforms.false_discovery import FALSE_DISCOVERY_RATE


def describe_row(row: Mapping[str, Any], wanted: Sequence[str]) -> str:
    """The row in words: shares, lift with interval, whether it stands out, and what that means for the target customer.

    Args:
        row: One row of the mart.
        wanted: The attributes that the settings set for the target customer.
    """
    if row["attribute"] == TARGET_CUSTOMER:
        return " ".join([_describe_target(row, wanted), *_describe_lift(row)])
    if row["attribute_value"] == UNKNOWN:
        return f"The {_name(row)} of {row['customers_share']:.1%} of the customers is not known."
    if row["attribute_value"] == OTHER:
        return f"{row['customers_share']:.1%} of the customers have one of the many smaller values of {_name(row)}."
    if not row["profiled_customers"]:
        return f"No customer has the {_name(row)} {row['attribute_value']}, which the target customer has."
    shares = (
        f"{row['customers_share']:.1%} of the customers have the {_name(row)} {row['attribute_value']}; they bring "
        f"{_percent(row['annual_value_share'])} of the value per year."
    )
    return " ".join([shares, *_describe_lift(row), *_describe_aim(row)])


def give_reason(row: Mapping[str, Any]) -> str | None:
    """Why the row has no lift; None where it has one."""
    if row["is_compared"]:
        return None
    if row["attribute_value"] == UNKNOWN:
        return "customers whose attribute is not known are not compared"
    if row["attribute_value"] == OTHER:
        return "many small values together are not compared"
    return (
        f"too few customers: {row['profiled_customers']}, of whom {row['other_customers']} are not among the most "
        "valuable; a comparison needs 20 and 5"
    )


def _name(row: Mapping[str, Any]) -> str:
    return str(row["attribute"]).replace("_", " ")


def _percent(share: float | None) -> str:
    return "an unknown share" if share is None else f"{share:.1%}"


def _describe_target(row: Mapping[str, Any], wanted: Sequence[str]) -> str:
    names = ", ".join(name.replace("_", " ") for name in wanted)
    return (
        f"{row['customers_share']:.1%} of the customers match the target customer ({names}); they bring "
        f"{_percent(row['annual_value_share'])} of the value per year and are {_percent(row['top_share'])} of the most "
        "valuable."
    )


def _describe_lift(row: Mapping[str, Any]) -> list[str]:
    if row["lift"] is None:
        return []
    interval = f"95 % interval {row['lift_low']:.2f} to {row['lift_high']:.2f}"
    if not row["stands_out"]:
        said = f"Among the most valuable they are {row['lift']:.2f} times as frequent ({interval}), which may be chance"
        if row["lift_low"] <= 1 <= row["lift_high"]:
            return [f"{said}."]
        if row["p_value"] > FALSE_DISCOVERY_RATE:
            return [f"{said}: the interval leaves out 1, but the exact test does not (p = {row['p_value']:.2f})."]
        return [
            f"{said}: the interval alone leaves out 1, but of {row['compared_values']} values compared some do so by "
            "chance."
        ]
    direction = "more" if row["top_share"] > row["other_share"] else "less"
    return [
        f"Among the most valuable they are {row['lift']:.2f} times as frequent as among the others ({interval}): "
        f"clearly {direction} often."
    ]


def _describe_aim(row: Mapping[str, Any]) -> list[str]:
    """What the row means for the target customer; nothing where the attribute is not part of the target."""
    if row["is_target"] is None:
        return []
    is_more = row["stands_out"] and row["top_share"] > row["other_share"]
    is_less = row["stands_out"] and row["top_share"] < row["other_share"]
    if row["is_target"]:
        return [
            "The target customer has this value, and those who have it are worth more."
            if is_more
            else "The target customer has this value, although those who have it are worth less."
            if is_less
            else "The target customer has this value."
        ]
    return (
        ["The target customer has another value, although those who have this one are worth more."] if is_more else []
    )
