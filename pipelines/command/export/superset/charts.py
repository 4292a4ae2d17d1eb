"""The charts of the dashboard: one small list that names published tables, metrics and columns.

Put here: which charts there are, and in which order. Keep out: how Superset draws them (`chart_params.py`), SQL.
"""

from dataclasses import dataclass
from typing import Literal

Shape = Literal["number", "latest", "line", "band", "bars", "stack", "ranking", "heat_map", "histogram", "list"]


@dataclass(frozen=True)
class Chart:
    """One chart.

    Attributes:
        title: What stands above it.
        table: The table or headline view that it shows.
        shape: `number` (one metric of all rows), `latest` (a metric at its newest time, with its course), `line`,
            `band` (a line with its interval), `bars` and `stack` (over time), `ranking` (bars by a column),
            `heat_map`, `histogram`, `list` (rows).
        metrics: Names of metrics of the table; of a `list` none.
        x: What runs along it: a column.
        by: The column with a row of a heat map; of a `line` or `bars` those with one for each of their values; of a
            `ranking` what else names a bar.
        columns: Of a `list` the columns, of a `histogram` the one.
        order: Of a `list` the column that its rows are sorted by, the largest first.
        keep: Column, operator and value of the rows that are shown; `IS NOT NULL` has no value.
        grain: ISO 8601 duration that times are taken together in, such as `P1M`; only where metrics add up over time.
        width: Of 12 columns of the dashboard.
        height: In units of the dashboard, 8 pixels each.
    """

    title: str
    table: str
    shape: Shape
    metrics: tuple[str, ...] = ()
    x: str = ""
    by: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    order: str = ""
    keep: tuple[tuple[str, str, str | int | bool | None], ...] = ()
    grain: str = ""
    width: int = 6
    height: int = 45


@dataclass(frozen=True)
class Part:
    """A heading of the dashboard with the charts below it."""

    heading: str
    charts: tuple[Chart, ...]


PARTS = (
    Part(
        "The three numbers",
        (
            Chart("Customers", "marts.customer_clv", "number", ("rows",), width=4, height=24),
            Chart("12-month churn", "marts.churn_all", "latest", ("churn_rate_12m",), "month_end", width=4, height=24),
            Chart("NPS", "marts.nps_all", "latest", ("nps",), "period_end", width=4, height=24),
        ),
    ),
    Part(
        "Who comes back",
        (
            Chart(
                "Retention by cohort and month",
                "marts.retention_cohorts_monthly",
                "heat_map",
                ("retention_rate",),
                "period_number",
                ("cohort_start",),
                keep=(("is_complete", "==", True), ("period_number", ">=", 1)),
                width=12,
                height=78,
            ),
            Chart("12-month churn over time", "marts.churn_all", "line", ("churn_rate_12m",), "month_end"),
            Chart("Active customers", "marts.churn_all", "line", ("active_customers",), "month_end"),
            Chart(
                "Sales of new and returning customers",
                "marts.sales_new_vs_returning",
                "stack",
                ("returning_customer_sales", "new_customer_sales"),
                "month",
                grain="P1M",
            ),
            Chart(
                "Retention of all cohorts by month",
                "marts.retention_curves_all",
                "line",
                ("retention_rate",),
                "period_number",
                keep=(("period_number", ">=", 1),),
            ),
        ),
    ),
    Part(
        "What they are worth",
        (
            Chart(
                "Value by segment",
                "marts.customer_360",
                "ranking",
                ("net_sales_to_date", "value_at_risk_of_leaving_12m"),
                "segment",
                keep=(("segment", "IS NOT NULL", None),),
            ),
            Chart(
                "Predicted value of the next 12 months",
                "marts.customer_clv",
                "histogram",
                columns=("predicted_value_12m",),
            ),
            Chart("Average order value", "marts.purchase_behaviour_all", "line", ("average_order_value",), "month"),
            Chart(
                "Customers who order again within 90 days",
                "marts.purchase_behaviour_all",
                "line",
                ("repeat_rate_90d",),
                "month",
                keep=(("repeat_rate_90d", "IS NOT NULL", None),),
            ),
        ),
    ),
    Part(
        "How they feel",
        (
            Chart("NPS with its interval", "marts.nps_all", "band", ("nps",), "period_end"),
            Chart(
                "What drives satisfaction",
                "marts.satisfaction_drivers",
                "ranking",
                ("importance",),
                "driver",
                ("system", "survey_type"),
            ),
            Chart(
                "Tickets and complaints answered in time",
                "marts.support_response_all",
                "line",
                ("tickets_on_time_rate", "complaints_on_time_rate"),
                "period_end",
                grain="P1M",
            ),
            Chart("Delivered orders that came late", "marts.order_delivery_all", "line", ("late_rate",), "period_end"),
            Chart(
                "Lapsing after bad experiences",
                "marts.lapse_after_experiences",
                "list",
                columns=(
                    *("experience_count", "active_without_subscription", "observed_lapse_rate", "expected_lapse_rate"),
                    *("lapse_ratio", "lapse_ratio_low", "lapse_ratio_high"),
                ),
                order="experience_count",
            ),
        ),
    ),
    Part(
        "What to do",
        (
            Chart(
                "Whom to call first",
                "marts.owner_worklists",
                "list",
                columns=(
                    *("company_rank", "owner", "customer_id", "next_step", "why", "at_stake", "keepable_value"),
                    "until_date",
                ),
                order="priority",
                width=12,
                height=60,
            ),
            Chart(
                "Customers at risk after bad experiences",
                "marts.service_risk_customers",
                "list",
                columns=(
                    "customer_id",
                    "owner",
                    "bad_experience_count",
                    "last_experience_on",
                    "service_risk_value_12m",
                ),
                order="service_risk_value_12m",
                width=12,
            ),
            Chart(
                "Findings of the last run",
                "meta.findings",
                "list",
                columns=("severity", "source", "sentence", "advice", "found_count"),
                order="severity",
                width=12,
                height=60,
            ),
        ),
    ),
)
"""Everything on the dashboard."""


def list_charts() -> list[Chart]:
    """All charts, in the order of the dashboard."""
    return [chart for part in PARTS for chart in part.charts]
