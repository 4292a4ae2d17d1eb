"""Pictures of what is sold, what comes next and what it is worth: for the pages of these tables in Dagster.

Put here: what such a picture shows of its table. Keep out: pictures that the report has too (`pictures.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import duckdb

from regulars.pipelines.report.charts.axes import HALF, list_month_labels
from regulars.pipelines.report.charts.bars import Bar, BarChart, Pair, PairedBars
from regulars.pipelines.report.charts.lines import Line, LineChart, Point
from regulars.pipelines.report.facts.reading import Row, Rows, read_rows
from regulars.pipelines.report.facts.report_facts import read_currency
from regulars.pipelines.report.parts import Key, Part, make_absent_part
from regulars.pipelines.report.sections.worklists import BY_OWNER, make_owners_picture
from regulars.pipelines.report.words.words import Words

MONTHS_SHOWN, CHANNELS_SHOWN = 24, 8
PRODUCT_SALES = f"""
    select month, sum(product_sales)::double as sales, bool_and(is_complete) as is_complete from marts.product_sales
    group by month order by month desc limit {MONTHS_SHOWN}
"""
RETENTION = """
    select step_points, first_year_retention_gain::double as gain, equal_cost_cut_rate, horizon_years as years,
        contribution_margin_rate as margin, reason
    from marts.retention_economics where dimension = 'all' order by step_points
"""
ACQUISITION = f"""
    select acquisition_channel as channel, cost_per_customer::double as cost, most_to_bid::double as most,
        is_beyond_chance
    from marts.acquisition_economics
    where customer_type = 'all' and acquisition_channel <> 'all' and cost_per_customer is not null and most_to_bid > 0
    order by new_customers_won desc, acquisition_channel limit {CHANNELS_SHOWN}
"""
SEASON = """
    select month_of_year, season_index, season_index_low, season_index_high, years_behind, reason from marts.seasonality
    where customer_type = 'all' and category = 'all' order by month_of_year
"""
DEMAND = """
    select week_start, sum(demand) as demand, sum(demand_forecast) as forecast from marts.demand_forecast
    where place_type = 'all' group by week_start order by week_start
"""
DEMAND_GRADE = """
    select sum(tested_absolute_error) / sum(tested_demand) as wape,
        sum(tested_absolute_error_seasonal_naive) / sum(tested_demand) as naive,
        sum(tested_absolute_error_mean_8w) / sum(tested_demand) as mean
    from marts.demand_forecast where place_type = 'all' and weeks_ahead = 1 and tested_demand > 0
"""
TOTALS = """
    select predicted_total_value_12m::double as year, predicted_total_value_12m_low::double as year_low,
        predicted_total_value_12m_high::double as year_high, predicted_total_value_36m::double as years,
        predicted_total_value_36m_low::double as years_low, predicted_total_value_36m_high::double as years_high,
        predicted_subscription_revenue_12m::double as subscriptions_year,
        predicted_subscription_revenue_36m::double as subscriptions_years, reason
    from marts.predicted_totals where scope = 'all'
"""
OFFERS = """
    select offer_rank, avg(offer_score) as score, count(*) as offers from marts.next_best_offers
    where offer_kind <> 'new' group by offer_rank order by offer_rank
"""
HITS = """
    select method, hit_rate_5, hit_rate_10, tested_customers from meta.offer_evaluation
    where scope = 'any_product' and is_complete order by hit_rate_10 desc, method
"""


def _draw_product_sales(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, PRODUCT_SALES, "marts.product_sales")[::-1]
    if not rows:
        return [make_absent_part(words.say("Nothing was sold yet."))]
    bars = [Bar(row["month"], [max(row["sales"], 0.0)], is_complete=row["is_complete"]) for row in rows]
    months = list_month_labels(rows[0]["month"], rows[-1]["month"], words, HALF)
    chart = BarChart(words.say("Sales of products by month"), bars, words.short, months, width=HALF)
    return [
        Part(picture=chart, caption=words.say("Sales of all products by month, after discounts and before refunds."))
    ]


def _draw_retention(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, RETENTION, "marts.retention_economics")
    known = [row for row in rows if row["gain"] is not None]
    if not known:
        return [make_absent_part(words.say("What retention is worth is not known yet."))]
    name = words.say("What more retention is worth in the first year, by percentage points")
    line = Line("a", [Point(row["step_points"], row["gain"]) for row in known])
    chart = LineChart(
        name, [line], words.short, [(row["step_points"], f"+{row['step_points']}") for row in known], low=0, width=HALF
    )
    best = known[-1]
    caption = words.say(
        "Over {years} years, at a margin of {margin}, {points} points more are worth as much as a cost cut of {cut}.",
        years=words.count(best["years"]),
        margin=words.percent(best["margin"]),
        points=best["step_points"],
        cut=words.percent(best["equal_cost_cut_rate"]),
    )
    return [Part(picture=chart, caption=caption)]


def _draw_acquisition(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, ACQUISITION, "marts.acquisition_economics")
    if not rows:
        return [make_absent_part(words.say("Of no channel both cost and worth are known."))]
    pairs = [Pair(row["channel"], row["cost"], row["most"]) for row in rows]
    legend = [Key("b", words.say("what a customer cost")), Key("a", words.say("the most to bid"))]
    chart = PairedBars(words.say("Cost of a customer by channel, and the most to bid"), pairs, words.short, width=HALF)
    above = [row for row in rows if row["cost"] > row["most"]]
    caption = words.say(
        "Channels shown: {channels}; above the most to bid: {above}, of these beyond chance: {sure}.",
        channels=len(rows),
        above=len(above),
        sure=sum(row["is_beyond_chance"] for row in above),
    )
    return [Part(legend=legend, picture=chart, caption=caption)]


def _draw_season(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = [row for row in read_rows(con, SEASON, "marts.seasonality") if row["season_index"] is not None]
    if not rows:
        return [make_absent_part(words.say("The season is not known: there are less than two whole years of sales."))]
    points = [
        Point(row["month_of_year"], row["season_index"], low=row["season_index_low"], high=row["season_index_high"])
        for row in rows
    ]
    along = [(row["month_of_year"], str(row["month_of_year"])) for row in rows]
    label = partial(words.number, digits=1)
    chart = LineChart(
        words.say("Sales by month of the year beside the trend"), [Line("a", points)], label, along, low=0, width=HALF
    )
    caption = words.say("1 is an average month; from {years} years.", years=rows[0]["years_behind"])
    return [Part(picture=chart, caption=caption)]


def _draw_demand(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, DEMAND, "marts.demand_forecast")
    if not rows:
        return [make_absent_part(words.say("Nothing was sold in the last 52 weeks."))]
    sold = Line("a", [Point(row["week_start"], row["demand"]) for row in rows])
    coming = Line("b", [Point(row["week_start"], row["forecast"]) for row in rows])
    chart = LineChart(
        words.say("Pieces sold by week, and expected"),
        [coming, sold],
        words.short,
        list_month_labels(rows[0]["week_start"], rows[-1]["week_start"], words, HALF),
        low=0,
        width=HALF,
    )
    legend = [Key("a line", words.say("sold")), Key("b line", words.say("expected"))]
    return [Part(legend=legend, picture=chart, caption=_grade_demand(con, words))]


def _grade_demand(con: duckdb.DuckDBPyConnection, words: Words) -> str:
    grade: Rows = read_rows(con, DEMAND_GRADE, "marts.demand_forecast")
    if not grade or grade[0]["wape"] is None:
        return words.say("No forecast could be tested: the history is too short.")
    return words.say(
        "Off by {wape} of what was sold; the week a year before by {naive}, the mean of 8 weeks by {mean}.",
        **{name: words.percent(grade[0][name]) for name in ("wape", "naive", "mean")},
    )


def _draw_totals(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = [row for row in read_rows(con, TOTALS, "marts.predicted_totals") if row["years"] is not None]
    if not rows:
        return [make_absent_part(words.say("Nothing can be predicted yet."))]
    [row] = rows
    whole = [
        Point(0, 0.0, low=0.0, high=0.0),
        Point(12, row["year"], low=row["year_low"], high=row["year_high"]),
        Point(36, row["years"], low=row["years_low"], high=row["years_high"]),
    ]
    lines, legend = [Line("a", whole)], [Key("a line", words.say("in total"))]
    if row["subscriptions_years"]:
        parts = ((0, 0.0), (12, row["subscriptions_year"]), (36, row["subscriptions_years"]))
        lines.append(Line("b", [Point(months, value) for months, value in parts]))
        legend.append(Key("b line", words.say("by subscriptions")))
    chart = LineChart(
        words.say("What all customers of today will bring, by months from now"),
        lines,
        words.short,
        [(months, str(months)) for months in (0, 12, 24, 36)],
        low=0,
        width=HALF,
    )
    return [Part(legend=legend, picture=chart, caption=_describe_totals(con, row, words))]


def _describe_totals(con: duckdb.DuckDBPyConnection, row: Row, words: Words) -> str:
    if row["years_low"] is None:
        return words.say("How far off the totals may be is not known: {reason}.", reason=row["reason"])
    currency = read_currency(con)
    return words.say(
        "Four times of five 12 months bring {low} to {high}, and 36 months {least} to {most}. New customers are in "
        "neither.",
        low=words.amount(row["year_low"], currency),
        high=words.amount(row["year_high"], currency),
        least=words.amount(row["years_low"], currency),
        most=words.amount(row["years_high"], currency),
    )


def _draw_offers(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, OFFERS, "marts.next_best_offers")
    if not rows:
        return [make_absent_part(words.say("There is no customer to make an offer to."))]
    line = Line("a", [Point(row["offer_rank"], row["score"]) for row in rows])
    along = [(row["offer_rank"], str(row["offer_rank"])) for row in rows]
    chart = LineChart(words.say("Mean score of offers by rank"), [line], words.percent, along, low=0, width=HALF)
    caption = words.say(
        "Offers of products bought before: {offers}.", offers=words.count(sum(row["offers"] for row in rows))
    )
    return [Part(picture=chart, caption=caption)]


def _draw_hits(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, HITS, "meta.offer_evaluation")
    if not rows:
        return [make_absent_part(words.say("Too few customers came back in the last 28 days to grade offers."))]
    names = {
        "offers": words.say("our offers"),
        "personal_frequency": words.say("plain habit"),
        "best_sellers": words.say("best sellers"),
    }
    pairs = [Pair(names[str(row["method"])], row["hit_rate_5"], row["hit_rate_10"]) for row in rows]
    legend = [Key("b", words.say("one of five offers was bought")), Key("a", words.say("one of ten"))]
    chart = PairedBars(
        words.say("Customers who bought what they would have been offered"), pairs, words.percent, width=HALF
    )
    caption = words.say("Customers tested: {customers}.", customers=words.count(rows[0]["tested_customers"]))
    return [Part(legend=legend, picture=chart, caption=caption)]


def _draw_worklists(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    return [make_owners_picture(read_rows(con, BY_OWNER, "marts.owner_worklists"), words)]


MART_PICTURES: Mapping[str, Callable[[duckdb.DuckDBPyConnection, Words], Sequence[Part]]] = {
    "marts.product_sales": _draw_product_sales,
    "marts.retention_economics": _draw_retention,
    "marts.acquisition_economics": _draw_acquisition,
    "marts.seasonality": _draw_season,
    "marts.demand_forecast": _draw_demand,
    "marts.predicted_totals": _draw_totals,
    "marts.next_best_offers": _draw_offers,
    "meta.offer_evaluation": _draw_hits,
    "marts.owner_worklists": _draw_worklists,
}
