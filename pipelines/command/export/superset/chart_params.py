"""Writes a chart as Superset draws it: the settings of its kinds of visualization, made from metrics and columns.

Put here: chart -> params. Keep out: which charts there are (`charts.py`), their place on the dashboard.
"""

import json
from typing import Any

from regulars.pipelines.command.export.superset.charts import Chart, Shape
from regulars.pipelines.command.export.superset.datasets import CERTIFIED_BY, FORMATS, VERSION, write_warning
from regulars.pipelines.command.export.superset.naming import make_id, name_metric, write_words
from regulars.pipelines.command.export.superset.published import Column, Metric, Table
from regulars.pipelines.warehouse.sql_text import quote_identifier

Entry = dict[str, Any]

VISUALIZATIONS: dict[Shape, str] = {
    "number": "big_number_total",
    "latest": "big_number",
    "line": "echarts_timeseries_line",
    "band": "echarts_timeseries_line",
    "bars": "echarts_timeseries_bar",
    "stack": "echarts_timeseries_bar",
    "ranking": "echarts_timeseries_bar",
    "heat_map": "heatmap_v2",
    "histogram": "histogram_v2",
    "list": "table",
}
"""Shape -> what draws it."""
MOST_ROWS = 10_000


def make_chart(chart: Chart, table: Table, name: str) -> Entry:
    """A chart as a file of the bundle.

    Args:
        chart: The chart.
        table: What it shows.
        name: The name of the database in Superset.
    """
    kind = VISUALIZATIONS[chart.shape]
    metrics = [table.find_metric(each) for each in chart.metrics]
    said = [f"{write_words(each.name)}: {each.definition} {write_warning(each)}".strip() for each in metrics]
    return {
        "slice_name": chart.title,
        "description": "\n\n".join(said) or table.description,
        "certified_by": CERTIFIED_BY,
        "certification_details": f"Made from {table.name}; a new import replaces it.",
        "viz_type": kind,
        "params": {"viz_type": kind, "adhoc_filters": _list_filters(chart, table), **_make_params(chart, table)},
        "query_context": None,
        "cache_timeout": None,
        "uuid": make_id(name, "chart", chart.title),
        "version": VERSION,
        "dataset_uuid": make_id(name, "dataset", table.name),
    }


def _make_params(chart: Chart, table: Table) -> Entry:
    match chart.shape:
        case "number":
            return {"metric": name_metric(chart.metrics[0]), "header_font_size": 0.4, "subtitle": ""}
        case "latest":
            return _make_latest(chart, table)
        case "line" | "bars" | "stack":
            return {**_make_course(chart, table), "metrics": [name_metric(each) for each in chart.metrics]}
        case "band":
            return {**_make_course(chart, table), "metrics": _make_band(table.find_metric(chart.metrics[0]))}
        case "ranking":
            return _make_ranking(chart, table)
        case "heat_map":
            return _make_heat_map(chart)
        case "histogram":
            return {"column": chart.columns[0], "groupby": [], "bins": 40, "row_limit": MOST_ROWS, **_name_axes(chart)}
        case "list":
            return _make_list(chart, table)


def _make_latest(chart: Chart, table: Table) -> Entry:
    """The value at the newest time; a change in percent would be one of a rate, and is left off."""
    metric = table.find_metric(chart.metrics[0])
    return {
        "metric": name_metric(metric.name),
        "x_axis": chart.x,
        "aggregation": "LAST_VALUE",
        "show_trend_line": True,
        "start_y_axis_at_zero": metric.format != "decimal1",
        "show_timestamp": True,
        "time_format": "%Y-%m-%d",
        "y_axis_format": FORMATS[metric.format],
        "header_font_size": 0.4,
        "subheader_font_size": 0.15,
        "rolling_type": "None",
        "row_limit": MOST_ROWS,
    }


def _make_course(chart: Chart, table: Table) -> Entry:
    metric = table.find_metric(chart.metrics[0])
    is_time = chart.x == table.time_column
    return {
        "x_axis": chart.x,
        "time_grain_sqla": chart.grain or None,
        "groupby": list(chart.by),
        "stack": "Stack" if chart.shape == "stack" else None,
        "x_axis_time_format": "%b %Y" if is_time else "smart_date",
        "y_axis_format": FORMATS[metric.format],
        "y_axis_title_margin": 30,
        "x_axis_title": "" if is_time else write_words(chart.x),
        "x_axis_title_margin": 0 if is_time else 30,
        "y_axis_title": "",
        "truncateYAxis": False,
        "rich_tooltip": True,
        "show_legend": len(chart.metrics) > 1 or bool(chart.by),
        "legendOrientation": "top",
        "legendType": "scroll",
        "markerEnabled": False,
        "only_total": True,
        "sort_series_type": "sum",
        "row_limit": MOST_ROWS,
        "truncate_metric": True,
    }


def _make_band(metric: Metric) -> list[Entry]:
    """A metric with its interval: three columns under names by which Superset draws a band around a line."""
    label = write_words(metric.name)
    low, high = (f"max({quote_identifier(column)})" for column in metric.interval)
    named = {"": metric.sql, "_lower": low, "_upper": high}
    return [
        {
            "expressionType": "SQL",
            "sqlExpression": sql,
            "label": f"{label}__yhat{end}",
            "optionName": f"metric_{label}{end}",
            "hasCustomLabel": True,
        }
        for end, sql in named.items()
    ]


def _make_ranking(chart: Chart, table: Table) -> Entry:
    """Bars, the longest first; Superset sorts them only where each has one column of its own as its name."""
    metric = table.find_metric(chart.metrics[0])
    parts = ", ".join(quote_identifier(name) for name in (chart.x, *chart.by))
    axis = {"expressionType": "SQL", "sqlExpression": f"concat_ws(' · ', {parts})", "label": write_words(chart.x)}
    return {
        **_make_course(chart, table),
        "x_axis": axis if chart.by else chart.x,
        "groupby": [],
        "show_legend": len(chart.metrics) > 1,
        "metrics": [name_metric(each) for each in chart.metrics],
        "orientation": "horizontal",
        "xAxisForceCategorical": True,
        "x_axis_sort": name_metric(metric.name),
        "x_axis_sort_asc": True,
        "y_axis_format": FORMATS[metric.format],
        "x_axis_title": "",
        "y_axis_title_margin": 0,
    }


def _make_heat_map(chart: Chart) -> Entry:
    """Rows by month as text, since Superset labels days of an axis so that months cannot be told apart."""
    (row,) = chart.by
    month = f"substr(cast({quote_identifier(row)} as varchar), 1, 7)"
    return {
        "x_axis": chart.x,
        "groupby": {"expressionType": "SQL", "sqlExpression": month, "label": write_words(row)},
        "metric": name_metric(chart.metrics[0]),
        "sort_x_axis": "alpha_asc",
        "sort_y_axis": "alpha_desc",
        "normalize_across": "heatmap",
        "linear_color_scheme": "schemeBlues",
        "xscale_interval": 1,
        "yscale_interval": 1,
        "left_margin": 90,
        "bottom_margin": 50,
        "value_bounds": [0, None],
        "y_axis_format": ",.0%",
        "show_legend": True,
        "show_percentage": False,
        "show_values": True,
        "row_limit": MOST_ROWS,
        **_name_axes(chart),
    }


def _name_axes(chart: Chart) -> Entry:
    return {"x_axis_title": write_words(chart.x or chart.columns[0]), "y_axis_title": ""}


def _make_list(chart: Chart, table: Table) -> Entry:
    return {
        "query_mode": "raw",
        "all_columns": list(chart.columns),
        "order_by_cols": [json.dumps([chart.order, False])],
        "row_limit": 1_000,
        "page_length": 10,
        "server_pagination": False,
        "include_search": True,
        "table_timestamp_format": "%Y-%m-%d",
        "show_cell_bars": False,
        "column_config": {name: {"d3NumberFormat": _find_format(table.find_column(name))} for name in chart.columns},
    }


def _find_format(column: Column) -> str:
    """How the numbers of a column are written in a list."""
    if column.type.startswith("DECIMAL"):
        return ",.0f"
    return ",.2f" if column.type == "DOUBLE" else ",d"


def _list_filters(chart: Chart, table: Table) -> list[Entry]:
    filters: list[Entry] = []
    if chart.x and chart.x == table.time_column:
        filters.append(_make_filter(chart.x, "TEMPORAL_RANGE", "No filter"))
    if chart.shape == "heat_map":
        filters.append(_make_filter(table.time_column, "TEMPORAL_RANGE", "No filter"))
    return [*filters, *(_make_filter(column, operator, value) for column, operator, value in chart.keep)]


def _make_filter(column: str, operator: str, value: Any) -> Entry:
    return {"expressionType": "SIMPLE", "clause": "WHERE", "subject": column, "operator": operator, "comparator": value}
