"""Writes the dashboard: headings, rows of charts, and the filters above them.

Put here: the layout, and which charts a filter reaches. Keep out: the charts.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regulars.pipelines.command.export.superset.charts import Chart, Part
from regulars.pipelines.command.export.superset.datasets import CERTIFIED_BY, VERSION
from regulars.pipelines.command.export.superset.naming import make_file_name, make_id
from regulars.pipelines.command.export.superset.published import Table

Entry = dict[str, Any]

WIDTH = 12
"""The columns of a dashboard."""
CHOICES = ("segment", "owner")
"""Columns that the dashboard lets a reader choose values of."""
CHOSEN_FROM = "marts.customer_360"


def make_dashboard(parts: Sequence[Part], tables: Mapping[str, Table], *, name: str, title: str) -> Entry:
    """The dashboard as a file of the bundle.

    Args:
        parts: Its headings and charts.
        tables: The tables that the charts show.
        name: The name of the database in Superset.
        title: What stands above it.
    """
    charts = [chart for part in parts for chart in part.charts]
    numbers = {chart.title: number for number, chart in enumerate(charts, 1)}
    return {
        "dashboard_title": title,
        "description": "Which customers come back, what each is worth, how they feel, and what to do about it.",
        "certified_by": CERTIFIED_BY,
        "certification_details": "A new import replaces it: save it as a dashboard of your own before you change it.",
        "slug": make_file_name(name),
        "css": "",
        "uuid": make_id(name, "dashboard", "customers"),
        "position": dict(_list_elements(parts, numbers, name, title)),
        "metadata": {
            "native_filter_configuration": list(_list_filters(charts, tables, numbers, name)),
            "color_scheme": "supersetColors",
            "cross_filters_enabled": False,
            "refresh_frequency": 0,
        },
        "published": True,
        "version": VERSION,
    }


def _list_elements(
    parts: Sequence[Part], numbers: Mapping[str, int], name: str, title: str
) -> Iterator[tuple[str, Any]]:
    """Id -> element, as Superset keeps a layout: headings and rows in a grid, charts in rows."""
    children = []
    for part_number, part in enumerate(parts, 1):
        heading = f"HEADER-{part_number}"
        children.append(heading)
        yield heading, _make_element(heading, "HEADER", ["ROOT_ID", "GRID_ID"], text=part.heading, headerSize="MEDIUM")
        for row_number, row in enumerate(_list_rows(part.charts), 1):
            row_id = f"ROW-{part_number}-{row_number}"
            children.append(row_id)
            held = [f"CHART-{numbers[chart.title]}" for chart in row]
            yield (
                row_id,
                {
                    **_make_element(row_id, "ROW", ["ROOT_ID", "GRID_ID"], background="BACKGROUND_TRANSPARENT"),
                    "children": held,
                },
            )
            for chart, chart_id in zip(row, held, strict=True):
                yield (
                    chart_id,
                    _make_element(
                        chart_id,
                        "CHART",
                        ["ROOT_ID", "GRID_ID", row_id],
                        chartId=numbers[chart.title],
                        uuid=make_id(name, "chart", chart.title),
                        sliceName=chart.title,
                        width=chart.width,
                        height=chart.height,
                    ),
                )
    yield "DASHBOARD_VERSION_KEY", "v2"
    yield "ROOT_ID", {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]}
    yield "GRID_ID", {"id": "GRID_ID", "type": "GRID", "children": children, "parents": ["ROOT_ID"]}
    yield "HEADER_ID", {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": title}}


def _make_element(name: str, kind: str, parents: list[str], **meta: Any) -> Entry:
    return {"id": name, "type": kind, "children": [], "parents": parents, "meta": meta}


def _list_rows(charts: Sequence[Chart]) -> list[list[Chart]]:
    """Charts side by side, as long as they fit."""
    rows: list[list[Chart]] = [[]]
    for chart in charts:
        if sum(each.width for each in rows[-1]) + chart.width > WIDTH:
            rows.append([])
        rows[-1].append(chart)
    return rows


def _list_filters(
    charts: Sequence[Chart], tables: Mapping[str, Table], numbers: Mapping[str, int], name: str
) -> Iterator[Entry]:
    """The time, of charts that have one, and values of columns, of charts whose table has them."""
    reached = {chart.title for chart in charts if tables[chart.table].time_column and chart.shape != "histogram"}
    yield {
        **_make_filter("time", "Time", numbers, reached),
        "filterType": "filter_time",
        "targets": [{}],
    }
    for column in CHOICES:
        has_it = {chart.title for chart in charts if column in {each.name for each in tables[chart.table].columns}}
        yield {
            **_make_filter(column, column.capitalize(), numbers, has_it),
            "filterType": "filter_select",
            "targets": [{"datasetUuid": make_id(name, "dataset", CHOSEN_FROM), "column": {"name": column}}],
            "controlValues": {"multiSelect": True, "enableEmptyFilter": False, "searchAllOptions": False},
        }


def _make_filter(key: str, title: str, numbers: Mapping[str, int], reached: set[str]) -> Entry:
    return {
        "id": f"NATIVE_FILTER-{key}",
        "name": title,
        "type": "NATIVE_FILTER",
        "scope": {
            "rootPath": ["ROOT_ID"],
            "excluded": [number for chart, number in numbers.items() if chart not in reached],
        },
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
        "cascadeParentIds": [],
        "controlValues": {},
        "description": "",
    }
