"""Writes the published tables as datasets of Superset: columns with what they mean, metrics with format and warning.

Put here: table -> dataset. Keep out: reading the tables (`published.py`), charts.
"""

from typing import Any

from regulars.pipelines.command.export.superset.naming import make_id, name_metric, write_words
from regulars.pipelines.command.export.superset.place import Place
from regulars.pipelines.command.export.superset.published import Column, Metric, Table

Entry = dict[str, Any]

VERSION = "1.0.0"
"""Of Superset's files."""
FORMATS = {"percent": ",.1%", "integer": ",.0f", "decimal1": ",.1f", "decimal2": ",.2f", "currency": ",.2~f"}
"""How a metric is shown -> the same in the language of d3."""
CERTIFIED_BY = "Regulars"


def make_dataset(table: Table, place: Place, currency: str) -> Entry:
    """A table as a dataset.

    Args:
        table: The table.
        place: Where it lies.
        currency: The company's, as ISO 4217 has it; empty where it is not known.
    """
    schema, _, name = table.name.partition(".")
    return {
        "table_name": name,
        "schema": f"{place.schema_prefix}{schema}",
        "catalog": None,
        "description": table.description,
        "main_dttm_col": table.time_column or None,
        "filter_select_enabled": True,
        "extra": {"certification": {"certified_by": CERTIFIED_BY, "details": "Checked against its contract each run."}},
        "uuid": make_id(place.name, "dataset", table.name),
        "database_uuid": make_id(place.name, "database", place.name),
        "columns": [_make_column(column) for column in table.columns],
        "metrics": [_make_metric(metric, currency) for metric in table.metrics],
        "version": VERSION,
    }


def _make_column(column: Column) -> Entry:
    unit = f"Unit: {column.unit}." if column.unit else ""
    values = f"Values: {column.values}." if column.values else ""
    never = "Not to be added up over rows." if column.is_additive is False else ""
    return {
        "column_name": column.name,
        "verbose_name": write_words(column.name),
        "description": " ".join(filter(None, (column.description, unit, values, never))),
        "type": column.type,
        "is_dttm": column.is_time,
        "is_active": True,
        "groupby": True,
        "filterable": True,
    }


def _make_metric(metric: Metric, currency: str) -> Entry:
    warning = write_warning(metric)
    is_money = metric.format == "currency" and currency
    return {
        "metric_name": name_metric(metric.name),
        "verbose_name": write_words(metric.name),
        "metric_type": "expression",
        "expression": metric.sql,
        "description": metric.definition,
        "d3format": FORMATS[metric.format],
        "currency": {"symbol": currency, "symbolPosition": "suffix"} if is_money else None,
        "extra": {
            "certification": {"certified_by": CERTIFIED_BY, "details": metric.definition},
            "warning_markdown": warning,
        },
        "warning_text": warning or None,
    }


def write_warning(metric: Metric) -> str:
    """What a person must do who puts the metric on a chart; empty where any rows may be added up."""
    over = ", ".join(name for name in metric.never_over if name != "as_of")
    if metric.is_read_off:
        return "Read it off one row: group or filter by every column of the key; it is no sum."
    return f"Never add up over {over}: group by it, or filter one value." if over else ""
