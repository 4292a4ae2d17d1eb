"""The section on what customers are expected to bring: how much, whose it is, and who is still a customer.

Put here: pictures and words of `marts.customer_clv`. Keep out: reading (`report_clv_facts.py`), whether such
predictions were right before (`report_clv_test.py`).
"""

from regulars.pipelines.publish import report_words as words
from regulars.pipelines.publish.report_answers import section
from regulars.pipelines.publish.report_axes import HALF
from regulars.pipelines.publish.report_charts import Point, line_chart
from regulars.pipelines.publish.report_clv_facts import Alive, Predictions
from regulars.pipelines.publish.report_facts import ReportFacts
from regulars.pipelines.publish.report_heat import Cell, Line, heat_map
from regulars.pipelines.publish.report_methods import chosen_rows, named, off
from regulars.pipelines.publish.report_reading import Row, Rows
from regulars.pipelines.transforms.clv.methods import SURE_OF_ONE_TIME_BUYERS

TITLE = "What customers are expected to bring"
MEANS = (
    "Every customer's expected purchases and net sales are in marts.customer_clv, most of them with the range that "
    "eight of ten customers will stay within; a single customer may well do otherwise. The lifetime value is counted "
    "up to the years that the settings allow, money of later years for less. A customer who has not come for long, "
    "and used to come often, has most likely gone."
)


def worth(facts: ReportFacts) -> str:
    """The section."""
    found = facts.predictions
    if found.expected is None:
        return section("worth", TITLE, "", words.nothing("No customer has ordered yet."), MEANS)
    inside = f'<div class="two">{shares(found, facts.currency)}{alive(found)}</div>'
    return section("worth", TITLE, lede(found.expected, found.tests, facts.currency), inside, MEANS)


def lede(expected: Row, tests: Rows, currency: str) -> str:
    """What all customers together bring in a year, who says so, and how far off that was in the test."""
    by = named(expected["method"])
    if not expected["predicted_customers"]:
        return f"Nothing can be predicted yet: {expected['reason']}."
    unknown = expected["customers"] - expected["predicted_customers"]
    left_out = f"; for {words.plural(unknown, 'customer')} more it is not known" if unknown else ""
    whole = [row for row in chosen_rows(tests, "all") if row["method"] == expected["method"]]
    tested = f" In the test on the past: {off(whole[0]['purchases_error_rate'])}." if whole else ""
    return (
        f"In the 12 months after {words.day(expected['as_of'])} the "
        f"{words.plural(expected['predicted_customers'], 'customer')} known by then are expected to bring "
        f"{words.amount(expected['value'], currency)} in {words.count(expected['purchases'])} purchases, as predicted "
        f"by {by}{left_out}.{tested}"
    )


def shares(found: Predictions, currency: str) -> str:
    """Whose expected value it is: the share that the best customers hold together, beside what they brought so far."""
    title = "<h3>Whose expected value it is</h3>"
    if not found.to_come:
        reason = found.expected["reason"] if found.expected else "there are no customers"
        return f"<div>{title}{words.nothing(f'There is no expected value to share out: {reason}.')}</div>"
    legend = words.legend(("a line", "expected from here on"), ("c line", "brought so far"), ("dash", "all alike"))
    lines = [("dash", [Point(0.0, 0.0), Point(100.0, 1.0)])]
    lines += [
        (kind, [Point(0.0, 0.0), *(_point(row) for row in rows)])
        for kind, rows in (("c", found.so_far), ("a", found.to_come))
        if rows
    ]
    along = [(float(share), f"{share}%") for share in range(0, 101, 20)]
    drawn = line_chart(
        "Share of the expected value held by the best customers",
        lines,
        lambda value: words.percent(value, 0),
        low=0,
        high=1,
        height=340,
        width=HALF,
        along=along,
    )
    return f"<div>{title}{legend}{drawn}{words.caption(shares_told(found.to_come, currency))}</div>"


def _point(row: Row) -> Point:
    of = 100 * row["place"] / row["customers"]
    told = f"the best {of:.3g}% ({words.plural(row['place'], 'customer')}): {words.percent(row['share'])}"
    return Point(of, row["share"], told)


def shares_told(rows: Rows, currency: str) -> str:
    """The same in a sentence."""
    customers, total = rows[-1]["customers"], rows[-1]["total"]
    fifth = next(row for row in rows if 5 * row["place"] >= customers)
    half = next(row for row in rows if row["is_half"])
    return (
        f"The best fifth of {words.plural(customers, 'customer')} hold {words.percent(fifth['share'], 0)} of the "
        f"{words.amount(total, currency)} expected over their lifetime; half of it is with the best "
        f"{words.count(half['place'])} ({words.percent(half['place'] / customers)})."
    )


def alive(found: Predictions) -> str:
    """Who is still a customer, by how often they came and how long ago."""
    title = "<h3>Who is still a customer</h3>"
    grid = found.alive
    if grid is None:
        why = "no model could be tested, or none converged"
        reason = found.expected["reason"] if found.expected and not found.tests else why
        return f"<div>{title}{words.nothing(f'No model says who is still a customer: {reason}.')}</div>"
    lines = [
        Line(
            f"{frequency + 1} purchases" if frequency else "1 purchase",
            [
                None
                if share is None
                else Cell(share, f"{_purchases(frequency)}, the last {_ago(grid, since)}: {words.percent(share)}")
                for share, since in zip(row, grid.since, strict=True)
            ],
        )
        for frequency, row in sorted(grid.p_alive.items(), reverse=True)
    ]
    drawn = heat_map(
        "Probability of still being a customer, by purchases and time since the last one",
        lines,
        [str(since) for since in grid.since],
        f"{grid.unit}s since the last purchase",
        width=HALF,
    )
    return f"<div>{title}{drawn}{words.caption(alive_told(grid))}</div>"


def alive_told(grid: Alive) -> str:
    """Whom the grid is about, two of its cells, and on how many customers it rests."""
    often = max(frequency for frequency in grid.p_alive if frequency <= 4)
    known = [(since, share) for since, share in zip(grid.since, grid.p_alive[often], strict=True) if share is not None]
    (soon, high), (late, low) = known[0], known[len(known) // 2]
    whom = "" if grid.segment == "all" else f" of the largest group, who {grid.segment},"
    once = (
        " It cannot tell of those who bought only once: it counts them all."
        if grid.model in SURE_OF_ONE_TIME_BUYERS
        else ""
    )
    return (
        f"Of customers{whom} who came first {words.plural(grid.days, 'day')} ago (the median) and have bought "
        f"{often + 1} times, {words.percent(high, 0)} are still customers when the last purchase was "
        f"{_ago(grid, soon)}, {words.percent(low, 0)} when it was {_ago(grid, late)}: {named(grid.model)}, fitted "
        f"on {words.plural(grid.customers, 'customer')}.{once}"
    )


def _purchases(frequency: int) -> str:
    return words.plural(frequency + 1, "purchase")


def _ago(grid: Alive, since: int) -> str:
    return f"{words.plural(since, grid.unit)} ago" if since else f"less than a {grid.unit} ago"
