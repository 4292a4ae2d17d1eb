"""Who answers, on the page of the NPS."""

from regulars.pipelines.report.parts import Table
from regulars.pipelines.report.sections.voice import (
    make_drivers_part,
    make_nonresponse_part,
    make_value_by_group_part,
)
from regulars.pipelines.report.words.words import read_words

WORDS = read_words("en")


def row(value: str, responses: int, nps: float, dimension: str = "answering_wave") -> dict[str, object]:
    weighted = {"nps_weighted": 21.4, "effective_responses": 61.7} if dimension == "all" else {}
    return {"dimension": dimension, "dimension_value": value, "responses": responses, "nps": nps} | weighted


def test_the_score_stands_beside_that_of_soon_and_late_answers_and_of_customers_in_proportion():
    rows = [row("all", 80, 30.0, "all"), row("first_half", 42, 40.0), row("second_half", 38, -5.0)]
    part = make_nonresponse_part(rows, WORDS)
    assert part is not None
    assert part.caption == "Who answers: NPS of the last 90 days"
    assert isinstance(part.table, Table)
    assert part.table.rows == [
        ["all votes", "80", "+30"],
        ["answered sooner", "42", "+40"],
        ["answered later", "38", "−5"],
        ["weighted by value tier", "62", "+21"],
    ]


def test_without_votes_nothing_is_shown():
    assert make_nonresponse_part([], WORDS) is None
    assert make_nonresponse_part([row("all", 0, 0.0, "all")], WORDS) is None


def group(name: str, **difference: object) -> dict[str, object]:
    ends = {f"annual_value_over_detractors{end}": None for end in ("", "_low", "_high")}
    money = {"predicted_value_per_customer": 80.0, "net_sales_per_customer": 210.0, "detractor_value_at_risk_12m": 0}
    return {"nps_group": name, "customers": 40, "stands_out": None, **money, **ends, **difference}


def test_what_a_promoter_brings_more_than_a_detractor_stands_with_how_sure_it_is():
    ends = {f"annual_value_over_detractors{end}": each for end, each in (("", 30.0), ("_low", -5.0), ("_high", 65.0))}
    unsure = make_value_by_group_part([group("promoter", **ends, stands_out=False)], "EUR", WORDS).caption
    sure = make_value_by_group_part([group("promoter", **ends, stands_out=True)], "EUR", WORDS).caption
    said = "In a year a promoter has brought EUR 30 more than a detractor (95% interval EUR −5 to EUR 65)."
    assert unsure.endswith(f"{said} It may be chance.")
    assert sure.endswith(f"{said} Chance does not explain it.")
    assert "chance" not in make_value_by_group_part([group("promoter")], "EUR", WORDS).caption


def test_a_promoter_who_brings_less_than_a_detractor_is_said_to():
    ends = {f"annual_value_over_detractors{end}": each for end, each in (("", -120), ("_low", -200), ("_high", -40))}
    said = make_value_by_group_part([group("promoter", **ends, stands_out=True)], "EUR", WORDS).caption
    assert said.endswith(
        "In a year a promoter has brought EUR 120 less than a detractor (95% interval EUR 40 to EUR 200). "
        "Chance does not explain it."
    )


def driver(name: str, importance: float, *, matters: bool | None) -> dict[str, object]:
    survey = {"system": "forms", "survey_type": "nps", "scored_responses": 300}
    return survey | {
        "driver": name,
        "importance": importance,
        "performance": 50.0,
        "quadrant": None,
        "matters": matters,
    }


def test_importance_of_a_driver_says_whether_it_matters_beyond_chance():
    some = [driver("taste", 0.7, matters=True), driver("price", 0.3, matters=False)]
    assert make_drivers_part(some, WORDS).caption.endswith(
        " Those that clearly matter: taste; the others may be chance."
    )
    none = make_drivers_part([driver("taste", 1.0, matters=None)], WORDS).caption
    assert none.endswith(" No driver clearly matters: all may be chance.")
