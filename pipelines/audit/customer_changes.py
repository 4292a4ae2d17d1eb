"""Makes `meta.customer_changes` and `meta.changed_customers`: what changed about customers since the last run.

Compared is what the parent generation published of each customer with what this run publishes: so whoever read both
sees the difference that is said here, whether it happened since, or the past was corrected, or rules are others.
Changes whose day the parent had counted already are told apart.

Put here: the kinds of changes, and their day. Keep out: where a customer stands (`transforms/customers/view`), and the
restated metrics (`restatements/`).
"""

import datetime as dt
from typing import Any

import polars as pl
from polars._typing import PolarsDataType

from regulars.pipelines.audit.meta_rows import write_rows
from regulars.pipelines.audit.restatements.parent import ParentGeneration
from regulars.pipelines.audit.restatements.restate import explain_damage
from regulars.pipelines.run.run import Run

COUNTS, LIST = "meta.customer_changes", "meta.changed_customers"
NOW = "marts.customer_360"
READS = frozenset({NOW, "marts.reactivated_customers", "core.survey_responses"})
WITH_A_DAY = ("became_customer", "lapsed", "came_back", "turned_detractor", "no_longer_detractor")
KINDS = (*WITH_A_DAY, "risk_rose", "risk_fell", "segment_changed", "value_tier_changed")
GONE = "no_longer_there"
"""Customers whom only the parent has: they are counted and not listed, since they may be erased."""
STANDING: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "is_unknown": pl.Boolean,
    "lifecycle": pl.String,
    "segment": pl.String,
    "value_tier": pl.String,
    "latest_nps_group": pl.String,
    "risk": pl.String,
}
SELECT_NOW = f"""
    select {", ".join((*STANDING, "first_order_date", "lapses_on"))}, returns.returned_on, answers.answered_on
    from marts.customer_360
    left join (
        select customer_id, max(returned_on) as returned_on from marts.reactivated_customers group by customer_id
    ) as returns using (customer_id)
    left join (
        select customer_id, max(answered_date) as answered_on
        from core.survey_responses
        where nps_group is not null and answered_date <= $as_of
        group by customer_id
    ) as answers using (customer_id)
"""
FIRST = "the first generation: there is none to compare with"
BACKFILL = "the generation before counts to a later day: nothing is compared with it"
UNREADABLE = "the generation before does not hold what is compared: another version made it, or its file is missing"
SAME_DAY = "both generations count to the same day: only what came late, corrections and other rules can change anybody"
RISKS = {"none": 0, "watch": 1, "high": 2}


def write_changed_customers(run: Run) -> None:
    """Make `meta.changed_customers`; empty where nothing can be compared.

    Args:
        run: The run; `READS` are built.
    """
    columns = run.contracts[LIST].types
    parent, _ = _find_parent(run)
    changes = pl.DataFrame(schema={name: pl.Null for name, _ in columns})
    if parent is not None:
        now = run.warehouse.con.execute(SELECT_NOW, {"as_of": run.as_of}).pl()
        with explain_damage(parent):
            before = parent.read_columns(NOW, STANDING)
        changes = list_changes(before, now, parent.as_of).with_columns(
            pl.lit(value).alias(name) for name, value in _list_days(run).items()
        )
    run.warehouse.write_frame(LIST, changes, columns)


def write_customer_changes(run: Run) -> None:
    """Make `meta.customer_changes`.

    Args:
        run: The run; `meta.changed_customers` and `marts.customer_360` are built.
    """
    parent, reason = _find_parent(run)
    changes, gone = None, 0
    if parent is not None:
        changes = run.warehouse.con.sql(f"select customer_change, is_of_the_past from {LIST}").pl()
        now = run.warehouse.con.sql(f"select customer_id from {NOW}").pl()
        with explain_damage(parent):
            before = parent.read_columns(NOW, {name: STANDING[name] for name in ("customer_id", "is_unknown")})
        gone = len(before.filter(~pl.col("is_unknown")).join(now, on="customer_id", how="anti"))
    days = _list_days(run)
    write_rows(run, COUNTS, [row | days | {"reason": reason} for row in count_changes(changes, gone)])


def _find_parent(run: Run) -> tuple[ParentGeneration | None, str | None]:
    """The parent generation, if it can be compared, and what is to be said of it."""
    if run.parent is None:
        return None, FIRST
    if run.parent.manifest.as_of > run.as_of:
        return None, BACKFILL
    parent = ParentGeneration(run.warehouse.con, run.parent)
    with explain_damage(parent):
        if not parent.can_read(NOW, STANDING):
            return None, UNREADABLE
    return parent, SAME_DAY if parent.as_of == run.as_of else None


def _list_days(run: Run) -> dict[str, Any]:
    return {"parent_as_of": run.parent.manifest.as_of if run.parent else None, "as_of": run.as_of}


def list_changes(before: pl.DataFrame, now: pl.DataFrame, parent_as_of: dt.date) -> pl.DataFrame:
    """List what changed about each customer.

    Args:
        before: `STANDING` as the parent published it.
        now: The same of this run, with `first_order_date`, `lapses_on`, and the days of the newest return and of the
            newest NPS answer, `returned_on` and `answered_on`.
        parent_as_of: The last day that counted in the parent.

    Returns:
        `customer_id`, `customer_change`, `state_before`, `state_after`, `changed_on`, `is_of_the_past`; one row per
        customer and change, sorted.
    """
    old = before.filter(~pl.col("is_unknown")).select(
        "customer_id", pl.exclude("customer_id", "is_unknown").name.suffix("_before")
    )
    both = now.filter(~pl.col("is_unknown")).join(old, on="customer_id", how="left")
    found = [
        both.filter(is_so.fill_null(value=False)).select(
            "customer_id",
            customer_change=pl.lit(kind),
            state_before=pl.col(f"{column}_before"),
            state_after=pl.col(column),
            changed_on=day,
            is_of_the_past=is_past,
        )
        for kind, (column, is_so, day, is_past) in _describe_kinds(parent_as_of).items()
    ]
    return pl.concat(found).sort("customer_id", "customer_change")


def _describe_kinds(parent_as_of: dt.date) -> dict[str, tuple[str, pl.Expr, pl.Expr, pl.Expr]]:
    """Kind -> the column that it is of, whether it is so, its day, and whether the parent had counted that day."""
    known = pl.lit(parent_as_of)
    lifecycle, group, risk = (pl.col(name) for name in ("lifecycle", "latest_nps_group", "risk"))
    lifecycle_before, group_before = pl.col("lifecycle_before"), pl.col("latest_nps_group_before")
    was_customer = lifecycle_before.fill_null("prospect") != "prospect"
    was_detractor = (group_before == "detractor").fill_null(value=False)
    rise = risk.replace_strict(RISKS, default=None) - pl.col("risk_before").replace_strict(RISKS, default=None)
    no_day, unknown = pl.lit(None, pl.Date), pl.lit(None, pl.Boolean)
    first, lapsed, returned, answered = (
        pl.col(name) for name in ("first_order_date", "lapses_on", "returned_on", "answered_on")
    )

    def moved(name: str) -> tuple[str, pl.Expr, pl.Expr, pl.Expr]:
        return name, pl.col(name) != pl.col(f"{name}_before"), no_day, unknown

    return {
        "became_customer": ("lifecycle", ~was_customer & (lifecycle != "prospect"), first, first <= known),
        "lapsed": (
            "lifecycle",
            was_customer & (lifecycle_before != "lapsed") & (lifecycle == "lapsed"),
            lapsed,
            lapsed <= known,
        ),
        "came_back": (
            "lifecycle",
            (lifecycle_before == "lapsed") & ~lifecycle.is_in(["lapsed", "prospect"]),
            returned,
            (returned <= known).fill_null(value=True),  # by the rules of today the customer was never lost
        ),
        "turned_detractor": (
            "latest_nps_group",
            ~was_detractor & (group == "detractor"),
            answered,
            answered <= known,
        ),
        "no_longer_detractor": (
            "latest_nps_group",
            was_detractor & (group.fill_null("none") != "detractor"),
            answered,
            (answered <= known).fill_null(value=True),  # the answer is gone
        ),
        "risk_rose": ("risk", rise > 0, no_day, unknown),
        "risk_fell": ("risk", (rise < 0) & (lifecycle != "lapsed"), no_day, unknown),
        "segment_changed": moved("segment"),
        "value_tier_changed": moved("value_tier"),
    }


def count_changes(changes: pl.DataFrame | None, gone: int) -> list[dict[str, Any]]:
    """One row per kind of change, with 0 where no customer changed so, and NULL where nothing was compared.

    Args:
        changes: `customer_change`, `is_of_the_past`.
        gone: How many customers only the parent has.
    """
    rows: list[dict[str, Any]] = []
    for kind in (*KINDS, GONE):
        of_kind = None if changes is None else changes.filter(pl.col("customer_change") == kind)
        rows.append(
            {
                "customer_change": kind,
                "changed_customers": None if of_kind is None else gone if kind == GONE else len(of_kind),
                "changed_of_the_past": (
                    None if of_kind is None or kind not in WITH_A_DAY else int(of_kind["is_of_the_past"].sum())
                ),
            }
        )
    return rows
