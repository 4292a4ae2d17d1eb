"""What went wrong for customers: who had too many bad experiences, and what followed for others.

Put here: this section. Keep out: what a bad experience is (`transforms/care`), the picture (`care_pictures.py`).
"""

from regulars.pipelines.report.facts.reading import Row
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Part, Section, Table, make_absent_part
from regulars.pipelines.report.words import counts
from regulars.pipelines.report.words.words import Words


def build_care(facts: ReportFacts, words: Words) -> Section:
    """The customers of whom most is expected, and the lapse rate after so many bad experiences."""
    title = words.say("What went wrong for customers")
    means = words.say(
        "A late delivery, a complaint, a refund, a detractor's answer or a failed payment is a bad experience; what "
        "belongs to one order or ticket counts once. Lapsed customers are compared with similar customers who had "
        "none: to collect several, one has to stay."
    )
    if not facts.at_risk:
        nothing = make_absent_part(words.say("No customer had so many bad experiences."))
        return Section("care", title, "", [[nothing]], means)
    return Section("care", title, _write_lede(facts, words), [[_make_part(facts, words)]], means)


def _write_lede(facts: ReportFacts, words: Words) -> str:
    first = facts.at_risk[0]
    return words.say(
        "{customers} had {level} bad experiences or more lately; expected of them in a year: {value}.",
        customers=counts.format_customers(words, first["customers"]),
        level=first["threshold"],
        value=words.amount(first["value_of_all"], facts.currency),
    )


def _make_part(facts: ReportFacts, words: Words) -> Part:
    shown = facts.at_risk
    return Part(
        title=words.say("Whom to make good with first"),
        caption=describe_lapses(facts.lapses[-1], words) if facts.lapses else "",
        table=Table(
            words.say(
                "The {count} of whom most is expected; all are in marts.service_risk_customers", count=len(shown)
            ),
            [
                words.say("Customer"),
                words.say("Bad experiences"),
                words.say("Last one"),
                words.say("Expected in a year, {currency}", currency=facts.currency),
            ],
            [
                [
                    row["customer_id"],
                    words.count(row["bad_experience_count"]),
                    words.day(row["last_experience_on"]),
                    words.count(row["service_risk_value_12m"]),
                ]
                for row in shown
            ],
        ),
    )


def describe_lapses(row: Row, words: Words) -> str:
    """What followed after so many bad experiences, or why that is not known."""
    if row["lapse_ratio"] is None:
        return words.say("What followed for others is not known: {reason}.", reason=row["reason"])
    return words.say(
        "After {level} bad experiences {ratio} times as many lapsed as of similar customers without any, 95% "
        "interval {low} to {high}; {customers} compared.",
        level=name_level(row),
        ratio=words.number(row["lapse_ratio"], 2),
        low=words.number(row["lapse_ratio_low"], 2),
        high=words.number(row["lapse_ratio_high"], 2),
        customers=counts.format_customers(words, row["matched_customers"]),
    )


def name_level(row: Row) -> str:
    """A number of experiences, such as `2`, or `3+` for as many or more."""
    return f"{row['experience_count']}{'+' if row['is_or_more'] else ''}"
