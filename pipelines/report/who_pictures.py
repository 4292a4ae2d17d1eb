"""Pictures of who the customers are, and of the targets: for the pages of these tables in Dagster.

Put here: what such a picture shows of its table. Keep out: pictures that the report has too (`pictures.py`).
"""

from collections.abc import Callable, Mapping, Sequence

import duckdb

from regulars.pipelines.report.charts.axes import HALF
from regulars.pipelines.report.charts.bars import Pair, PairedBars
from regulars.pipelines.report.facts.reading import Row, read_rows
from regulars.pipelines.report.facts.report_facts import read_currency, read_scorecard
from regulars.pipelines.report.parts import Key, Part, make_absent_part
from regulars.pipelines.report.sections.targets.scorecard import make_scorecard_part
from regulars.pipelines.report.words.words import Words

VALUES_SHOWN = 8
PROFILE = f"""
    select attribute, attribute_value, top_share, other_share, stands_out,
    from marts.primary_customer_profile
    where lift is not null and attribute <> 'target_customer'
    order by stands_out desc, abs(ln(greatest(lift, 0.01))) desc, attribute, attribute_value
    limit {VALUES_SHOWN}
"""
TARGET = "select description from marts.primary_customer_profile where attribute = 'target_customer'"

REFERRALS = """
    select chain_depth, count(*) as referrers, sum(brought_customers) as brought, sum(brought_net_sales) as net_sales,
    from marts.referrals where chain_depth > 0 group by chain_depth order by chain_depth
"""


def _draw_profile(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, PROFILE, "marts.primary_customer_profile")
    if not rows:
        return [make_absent_part(words.say("Too few customers of a year or more to say who is worth most."))]
    verdicts = {True: words.say("stands out from chance"), False: words.say("may be chance")}
    pairs = [
        Pair(_name_value(row), 100 * row["other_share"], 100 * row["top_share"], verdicts[row["stands_out"]])
        for row in rows
    ]
    legend = [Key("b", words.say("of the others, in %")), Key("a", words.say("of the most valuable, in %"))]
    chart = PairedBars(
        words.say("What the most valuable customers have more often, and less often"), pairs, words.short, width=HALF
    )
    standing = [_name_value(row) for row in rows if row["stands_out"]]
    caption = (
        words.say("These stand out from chance: {values}. Others may be chance.", values=", ".join(standing))
        if standing
        else words.say("None of the values shown stands out from chance.")
    )
    target = read_rows(con, TARGET, "marts.primary_customer_profile")
    return [
        Part(legend=legend, picture=chart, caption=caption),
        *(Part(caption=row["description"]) for row in target),
    ]


def _name_value(row: Row) -> str:
    return f"{row['attribute'].replace('_', ' ')}: {row['attribute_value']}"


def _draw_referrals(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, REFERRALS, "marts.referrals")
    if not rows:
        return [make_absent_part(words.say("No source says who brought whom."))]
    deepest = range(1, max(row["chain_depth"] for row in rows) + 1)
    found = {row["chain_depth"]: row for row in rows}
    nobody = {"referrers": 0, "brought": 0}
    by_depth = [(depth, found.get(depth, nobody)) for depth in deepest]
    pairs = [Pair(str(depth), row["referrers"], row["brought"]) for depth, row in by_depth]
    legend = [Key("b", words.say("referrers")), Key("a", words.say("customers whom they brought"))]
    chart = PairedBars(words.say("Referrers by the length of the chain below them"), pairs, words.short, width=HALF)
    caption = words.say(
        "Customers brought: {customers}, with net sales of {amount} so far.",
        customers=words.count(sum(row["brought"] for row in rows)),
        amount=words.amount(sum(row["net_sales"] for row in rows), read_currency(con)),
    )
    return [Part(legend=legend, picture=chart, caption=caption)]


def _draw_scorecard(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    return [make_scorecard_part(read_scorecard(con), words)]


WHO_PICTURES: Mapping[str, Callable[[duckdb.DuckDBPyConnection, Words], Sequence[Part]]] = {
    "marts.primary_customer_profile": _draw_profile,
    "marts.referrals": _draw_referrals,
    "marts.scorecard": _draw_scorecard,
}
