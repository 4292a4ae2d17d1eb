"""What customers are expected to bring: how much, whose it is, and who is still a customer.

Put here: pictures and words of `marts.customer_clv`. Keep out: reading (`facts/predictions.py`), whether such
predictions were right before (`tested.py`).
"""

from regulars.pipelines.report.charts.axes import HALF
from regulars.pipelines.report.charts.heat_map import Cell, HeatMap, HeatRow
from regulars.pipelines.report.charts.lines import Line, LineChart, Point
from regulars.pipelines.report.facts.predictions import Alive, Predictions
from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Key, Part, Section, Sentence, make_absent_part
from regulars.pipelines.report.sections.predictions.methods import chosen_rows, describe_count_error, name_method
from regulars.pipelines.report.words import counts
from regulars.pipelines.report.words.words import Words


def build_worth(facts: ReportFacts, words: Words) -> Section:
    """How much is expected of all customers together, and of whom."""
    title = words.say("What customers are expected to bring")
    means = words.say(
        "Every customer's expected purchases and net sales are in marts.customer_clv, most of them with the range "
        "that eight of ten customers will stay within; a single customer may well do otherwise. The lifetime value "
        "counts the years that the settings allow, and counts money of later years for less. A customer who used to "
        "come often and has not come for a long time has most likely left."
    )
    found = facts.predictions
    if found.expected is None:
        return Section("worth", title, "", [[make_absent_part(words.say("No customer has ordered yet."))]], means)
    row = [make_shares_part(found, facts.currency, words), make_alive_part(found, words)]
    return Section("worth", title, describe_expected(found.expected, found.tests, facts.currency, words), [row], means)


def describe_expected(expected: Row, tests: Rows, currency: str, words: Words) -> str:
    """What all customers together bring in a year, who says so, and how far off that was in the test."""
    if not expected["predicted_customers"]:
        return words.say("Nothing can be predicted yet: {reason}.", reason=expected["reason"])
    text = words.say(
        "In the 12 months after {day} the {customers} known by then are expected to bring {amount} in {purchases} "
        "purchases, as predicted by {method}.",
        day=words.day(expected["as_of"]),
        customers=counts.format_customers(words, expected["predicted_customers"]),
        amount=words.amount(expected["value"], currency),
        purchases=words.count(expected["purchases"]),
        method=name_method(expected["method"], words),
    )
    unknown = expected["customers"] - expected["predicted_customers"]
    left_out = words.say_count(
        "It is not known for {n} more customer.", "It is not known for {n} more customers.", unknown
    )
    whole = [row for row in chosen_rows(tests, "all") if row["method"] == expected["method"]]
    sentences = [text, left_out] if unknown else [text]
    if expected["value_low"] is not None:
        sentences.append(
            words.say(
                "Four times of five the amount will lie between {low} and {high}.",
                low=words.amount(expected["value_low"], currency),
                high=words.amount(expected["value_high"], currency),
            )
        )
    if expected["value_basis"] == "contribution_margin":
        sentences.append(words.say("The amount is what is left of sales after the cost of the goods."))
    if whole:
        error = describe_count_error(whole[0]["purchases_error_rate"], words)
        sentences.append(words.say("In the test on the past: {error}.", error=error))
    return " ".join(sentences)


def make_shares_part(found: Predictions, currency: str, words: Words) -> Part:
    """Whose expected value it is: the share that the best customers hold together, beside what they brought so far."""
    title = words.say("Whose expected value it is")
    if not found.to_come:
        reason = found.expected["reason"] if found.expected else words.say("there are no customers")
        why = words.say("There is no expected value to share out: {reason}.", reason=reason)
        return Part(title=title, sentences=[Sentence(why, "absent")])
    alike = Line("dash", [Point(0.0, 0.0), Point(100.0, 1.0)])
    return Part(
        title=title,
        legend=[
            Key("a line", words.say("expected from here on")),
            Key("c line", words.say("brought so far")),
            Key("dash", words.say("all alike")),
        ],
        picture=LineChart(
            words.say("Share of the expected value held by the best customers"),
            [alike, *_make_share_lines(found, words)],
            lambda value: words.percent(value, 0),
            [(float(share), words.percent(share / 100, 0)) for share in range(0, 101, 20)],
            low=0,
            high=1,
            height=340,
            width=HALF,
        ),
        caption=_describe_shares(found.to_come, currency, words),
    )


def _make_share_lines(found: Predictions, words: Words) -> list[Line]:
    curves = (("c", found.so_far), ("a", found.to_come))
    return [
        Line(kind, [Point(0.0, 0.0), *(_make_share_point(row, words) for row in rows)]) for kind, rows in curves if rows
    ]


def _make_share_point(row: Row, words: Words) -> Point:
    text = words.say(
        "the best {part} ({customers}): {share}",
        part=words.percent(row["place"] / row["customers"]),
        customers=counts.format_customers(words, row["place"]),
        share=words.percent(row["share"]),
    )
    return Point(100 * row["place"] / row["customers"], row["share"], text)


def _describe_shares(rows: Rows, currency: str, words: Words) -> str:
    customers, total = rows[-1]["customers"], rows[-1]["total"]
    fifth = next(row for row in rows if 5 * row["place"] >= customers)
    half = next(row for row in rows if row["is_half"])
    return words.say(
        "The best fifth of {customers} hold {share} of the {total} expected over their lifetime; half of it is with "
        "the best {half} ({half_share}).",
        customers=counts.format_customers(words, customers),
        share=words.percent(fifth["share"], 0),
        total=words.amount(total, currency),
        half=words.count(half["place"]),
        half_share=words.percent(half["place"] / customers),
    )


def make_alive_part(found: Predictions, words: Words) -> Part:
    """Who is still a customer, by how often they came and how long ago."""
    title = words.say("Who is still a customer")
    grid = found.alive
    if grid is None:
        reason = words.say("no model could be tested, or none converged")
        if found.expected and not found.tests:
            reason = found.expected["reason"]
        why = words.say("No model says who is still a customer: {reason}.", reason=reason)
        return Part(title=title, sentences=[Sentence(why, "absent")])
    rows = [
        HeatRow(
            counts.format_purchases(words, frequency + 1),
            [
                _make_alive_cell(grid, frequency, since, share, words)
                for share, since in zip(row, grid.since, strict=True)
            ],
        )
        for frequency, row in sorted(grid.p_alive.items(), reverse=True)
    ]
    months, weeks = words.say("months since the last purchase"), words.say("weeks since the last purchase")
    return Part(
        title=title,
        picture=HeatMap(
            words.say("Probability of still being a customer, by purchases and time since the last one"),
            rows,
            [str(since) for since in grid.since],
            months if grid.unit == "month" else weeks,
            width=HALF,
        ),
        caption=_describe_alive(grid, words),
    )


def _make_alive_cell(grid: Alive, frequency: int, since: int, share: float | None, words: Words) -> Cell | None:
    if share is None:
        return None
    text = words.say(
        "{purchases}, the last {ago}: {share}",
        purchases=counts.format_purchases(words, frequency + 1),
        ago=_describe_age(grid, since, words),
        share=words.percent(share),
    )
    return Cell(share, words.percent(share, 0), text)


def _describe_alive(grid: Alive, words: Words) -> str:
    """Whom the grid is about, two of its cells, and on how many customers it rests."""
    often = max(frequency for frequency in grid.p_alive if frequency <= 4)
    known = [(since, share) for since, share in zip(grid.since, grid.p_alive[often], strict=True) if share is not None]
    (soon, high), (late, low) = known[0], known[len(known) // 2]
    values = {
        "days": counts.format_days(words, grid.days),
        "purchases": often + 1,
        "high": words.percent(high, 0),
        "soon": _describe_age(grid, soon, words),
        "low": words.percent(low, 0),
        "late": _describe_age(grid, late, words),
        "method": name_method(grid.model, words),
        "fitted": counts.format_customers(words, grid.customers),
    }
    if grid.segment == "all":
        return words.say(
            "Of customers who came first {days} ago (the median) and have bought {purchases} times, {high} are still "
            "customers when the last purchase was {soon}, {low} when it was {late}: {method}, fitted on {fitted}.",
            **values,
        )
    return words.say(
        "Of customers of the largest group, who {segment}, who came first {days} ago (the median) and have bought "
        "{purchases} times, {high} are still customers when the last purchase was {soon}, {low} when it was "
        "{late}: {method}, fitted on {fitted}.",
        segment=grid.segment,
        **values,
    )


def _describe_age(grid: Alive, since: int, words: Words) -> str:
    if grid.unit == "month":
        return (
            words.say_count("{n} month ago", "{n} months ago", since) if since else words.say("less than a month ago")
        )
    return words.say_count("{n} week ago", "{n} weeks ago", since) if since else words.say("less than a week ago")
