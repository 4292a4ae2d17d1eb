"""Pictures of segments and of the customers in them: for the pages of these tables in Dagster.

Put here: what such a picture shows of its table. Keep out: pictures of other tables (`mart_pictures.py`,
`pictures.py`).
"""

from collections.abc import Callable, Mapping, Sequence

import duckdb

from regulars.pipelines.report.charts.axes import HALF
from regulars.pipelines.report.charts.bars import Pair, PairedBars
from regulars.pipelines.report.charts.heat_map import Cell, HeatMap, HeatRow
from regulars.pipelines.report.facts.reading import read_rows
from regulars.pipelines.report.parts import Key, Part, make_absent_part
from regulars.pipelines.report.words.words import Words

MOVES = """
    select from_value, to_value, segmented_customers, month_end,
        segmented_customers / sum(segmented_customers) over (partition by from_value) as share
    from marts.segment_moves
    where segmentation = 'segment' and month_end = (select max(month_end) from marts.segment_moves)
    order by from_value, to_value
"""
CUSTOMERS = """
    select lifecycle, count(*) as customers, count(*) filter (risk <> 'none') as at_risk,
        count(changed_since_last_week) as changed
    from marts.customer_360 where not is_unknown group by lifecycle order by customers desc, lifecycle
"""


def _draw_moves(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, MOVES, "marts.segment_moves")
    if not rows:
        return [make_absent_part(words.say("Nobody had ordered by the last month-end."))]
    places = sorted({row["to_value"] for row in rows})
    counts = {(row["from_value"], row["to_value"]): row for row in rows}
    lines = [
        HeatRow(_number(before, places), [_make_cell(counts.get((before, now)), words) for now in places])
        for before in sorted({row["from_value"] for row in rows}, key=lambda name: (name not in places, name))
    ]
    chart = HeatMap(
        words.say("Customers by their segment a month before, and now"),
        lines,
        [str(number) for number, _ in enumerate(places, 1)],
        words.say("segment at the end of the month"),
        width=HALF,
    )
    moved = sum(row["segmented_customers"] for row in rows if row["from_value"] not in (row["to_value"], "none"))
    caption = words.say(
        "In {month}, {moved} customers moved to another segment.",
        month=words.month(rows[0]["month_end"]),
        moved=words.count(moved),
    )
    return [Part(picture=chart, caption=caption)]


def _number(place: str, places: Sequence[str]) -> str:
    """The place with the number that stands beneath its column; who had not ordered yet has none."""
    return f"{place} {places.index(place) + 1}" if place in places else place


def _make_cell(row: Mapping[str, object] | None, words: Words) -> Cell | None:
    if row is None:
        return None
    return Cell(float(str(row["share"])), words.count(int(str(row["segmented_customers"]))))


def _draw_customers(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, CUSTOMERS, "marts.customer_360")
    if not rows:
        return [make_absent_part(words.say("There is no customer yet."))]
    pairs = [Pair(row["lifecycle"], row["customers"], row["at_risk"]) for row in rows]
    legend = [Key("b", words.say("customers")), Key("a", words.say("with a risk"))]
    chart = PairedBars(words.say("Customers by lifecycle, and those with a risk"), pairs, words.short, width=HALF)
    caption = words.say(
        "Of {customers} customers, something changed about {changed} since last week.",
        customers=words.count(sum(row["customers"] for row in rows)),
        changed=words.count(sum(row["changed"] for row in rows)),
    )
    return [Part(legend=legend, picture=chart, caption=caption)]


SEGMENT_PICTURES: Mapping[str, Callable[[duckdb.DuckDBPyConnection, Words], Sequence[Part]]] = {
    "marts.customer_360": _draw_customers,
    "marts.segment_moves": _draw_moves,
}
