from pathlib import Path

import pytest

from regulars.pipelines.contracts.odcs.load import load_contracts
from regulars.pipelines.models.beta_geo import BetaGeoModel
from regulars.pipelines.report.facts.predictions import compute_grid, read_alive, read_shares
from regulars.pipelines.report.sections.predictions.methods import method_names
from regulars.pipelines.report.words.words import read_words
from tests.report.prediction_tables import PARAMETERS, add_fit, add_predictions
from tests.report.report_tables import company_tables
from tests.report.test_report import page


@pytest.fixture
def con():
    tables = company_tables()
    add_predictions(tables)
    return tables


def test_what_all_customers_will_bring_stands_with_who_says_so(con):
    assert (
        "In the 12 months after 18 Jan 2026 the 100 customers known by then are expected to bring EUR 1,000 in 50 "
        "purchases, as predicted by the BG/NBD model. In the test on the past: 2.5% too many expected."
        in page(con).text
    )


def test_the_range_of_the_total_is_said_where_it_is_known(con):
    assert "Four times of five" not in page(con).text
    con.execute("update marts.predicted_totals set predicted_value_12m_low = 900, predicted_value_12m_high = 1100")
    assert "the amount will lie between EUR 900 and EUR 1,100." in page(con).text


def test_an_amount_of_the_contribution_margin_says_so(con):
    says = "The amount is what is left of sales after the cost of the goods."
    assert says not in page(con).text
    con.execute("update marts.customer_clv set value_basis = 'contribution_margin'")
    assert says in page(con).text


def test_the_best_fifth_hold_what_they_hold(con):
    rows = read_shares(con, "to come")
    shares = {row["place"]: float(row["share"]) for row in rows}
    assert shares[20] == pytest.approx(1810 / 5050)
    assert shares[100] == 1
    assert "The best fifth of 100 customers hold 36% of the EUR 5,050" in page(con).text
    assert "half of it is with the best 30 (30.0%)." in page(con).text  # 71 + … + 100 = 2,565; 72 + … + 100 = 2,494


def test_a_negative_value_counts_as_nothing_and_takes_nothing_away(con):
    con.execute("update marts.customer_clv set predicted_value_lifetime = -50 where customer_idx = 1")
    assert max(float(row["share"]) for row in read_shares(con, "to come")) == 1


def test_a_curve_of_many_customers_has_few_points(con):
    con.execute("insert into marts.customer_clv select c.* from marts.customer_clv c, range(99)")
    assert len(read_shares(con, "to come")) <= 105


def test_value_that_cannot_be_known_says_why(con):
    con.execute(
        "update marts.customer_clv set predicted_value_lifetime = null, predicted_value_12m = null, method = 'simple', "
        "reason = 'too few came back: predicted by the simple formula; "
        "lapsed: the simple formula adds no further years'"
    )
    text = page(con).text
    assert "Nothing can be predicted yet: too few came back: predicted by the simple formula." in text
    assert "There is no expected value to share out: too few came back" in text


def test_the_grid_says_what_the_model_says():
    model = BetaGeoModel.from_params(PARAMETERS)
    unit, since, rows = compute_grid(model, 400, 5)
    assert (unit, since) == ("month", [0, 2, 4, 6, 8, 10, 12, 13])
    assert list(rows) == [0, 1, 2, 3, 4]
    assert rows[4][0] == pytest.approx(model.p_alive(4, 400, 400))
    assert rows[1][2] == pytest.approx(model.p_alive(1, 278, 400))  # 4 months of 30.4 days ago
    assert rows[0] == [None] * 7 + [1.0]  # whoever bought once bought at the beginning


def test_there_is_no_room_for_many_purchases_in_a_few_days():
    _, since, rows = compute_grid(BetaGeoModel.from_params(PARAMETERS), 14, 16)
    assert since == [0, 1, 2]
    assert rows[8] == [pytest.approx(BetaGeoModel.from_params(PARAMETERS).p_alive(8, 14, 14)), None, None]
    assert rows[16] == [None] * 3


def test_customers_of_the_first_day_make_a_grid_too():
    unit, since, rows = compute_grid(BetaGeoModel.from_params(PARAMETERS), 1, 0)
    assert (unit, since, rows[0]) == ("week", [0], [1.0])


def test_who_is_still_a_customer_names_its_model_and_how_many_it_saw(con):
    text = page(con).text
    assert "Of customers who came first 400 days ago (the median) and have bought 5 times, 8" in text
    assert "the MBG/NBD model, fitted on 80 customers." in text  # BG/NBD predicts, but cannot tell who is gone


def test_a_model_by_cohort_shows_its_largest_group_and_its_own_median(con):
    con.execute("delete from meta.clv_models")
    con.execute("update meta.clv_evaluation set method = 'mbg_nbd_by_cohort' where method = 'mbg_nbd'")
    con.execute("update marts.customer_clv set t = 100, first_order_date = '2025-10-10' where customer_idx <= 40")
    add_fit(con, "mbg_nbd_by_cohort", "first bought from 2024-10-01", "2024-10-01", 60)
    add_fit(con, "mbg_nbd_by_cohort", "first bought from 2025-04-01", "2025-04-01", 40)
    alive = read_alive(con)
    assert (alive.segment, alive.customers, alive.days) == ("first bought from 2024-10-01", 60, 400)
    assert "Of customers of the largest group, who first bought from 2024-10-01, who came" in page(con).text


def test_parameters_are_found_in_whatever_order_the_table_is_in(con):
    before = read_alive(con)
    con.execute("create table meta.sorted as from meta.clv_models order by parameter")
    con.execute("delete from meta.clv_models")
    con.execute("insert into meta.clv_models from meta.sorted")
    assert read_alive(con) == before


def test_without_a_model_nobody_is_said_to_be_alive(con):
    con.execute("update meta.clv_models set converged = false")
    assert "No model says who is still a customer: no model could be tested, or none converged." in page(con).text


def test_what_was_expected_stands_beside_what_happened(con):
    text = page(con).text
    assert (
        "Fitted on data through 18 Jan 2025, the BG/NBD model expected 12,100 purchases of 80 customers in the 365 "
        "days to 18 Jan 2026; there were 11,800 (2.5% too many expected)." in text
    )
    assert (
        "The tenth with the highest expected value (8 customers) was expected to make 3,100 purchases and made 2,800 "
        "(10.7%" in text
    )
    assert "was expected to bring EUR 31,000 and brought EUR 30,800 (0.6% too much expected)." in text


def test_a_test_of_half_a_year_is_said_to_say_little_about_a_year(con):
    sentence = "A year is predicted, and this test says little about one: intervals are wider for it."
    assert sentence not in page(con).text
    con.execute("update meta.clv_evaluation set horizon_days = 182")
    assert sentence in page(con).text


def test_a_plain_average_that_predicts_is_called_one(con):
    con.execute("update meta.clv_evaluation set is_chosen = method = 'last_year'")
    text = page(con).text
    assert "a repeat of last year expected 15,000 purchases" in text
    assert "No model did clearly better for single customers than this plain average, so it predicts." in text


def test_all_methods_stand_in_a_table_the_one_in_use_first(con):
    report = page(con)
    used = report.row("the BG/NBD model")
    assert used[1:6] == ["yes", "80", "12,100", "11,800", "+2.5%"]
    assert used[-1] == "84% / 82%"
    assert report.row("a repeat of last year")[-1] == "–"
    assert ["a repeat of last year", "larger error"] in report.rows


def test_the_weeks_after_training_are_counted_alone(con):
    text = page(con).text
    assert (  # the first week was seen; 11, 12, 13 and 14 actual where 4 × 11.5 were expected
        "In the 4 weeks after its training the BG/NBD model expected 46 repeat purchases; there were 50 (8.0% too few"
        in text
    )
    assert "60 repeat purchases; 58 were expected (4.2% too few expected)." in text  # 10 to 14; 5 × 11.5
    assert text.count("not seen by the model") == 2


def test_without_a_test_the_report_says_why(con):
    con.execute("delete from meta.clv_evaluation")
    con.execute("delete from meta.clv_tracking")
    con.execute("update marts.customer_clv set reason = 'the history is too short to test a model'")
    assert "Nothing could be tested yet: the history is too short to test a model." in page(con).text
    assert "No model says who is still a customer: the history is too short to test a model." in page(con).text


@pytest.mark.parametrize("table", ["marts.customer_clv", "meta.clv_models", "meta.clv_evaluation", "meta.clv_tracking"])
def test_any_missing_or_empty_table_leaves_the_rest_standing(con, table):
    con.execute(f"delete from {table}")
    assert "Can these numbers be trusted?" in page(con).text
    con.execute(f"drop table {table}")
    assert "Can these numbers be trusted?" in page(con).text


def test_every_method_has_a_name_in_plain_words():
    contracts = load_contracts(Path(__file__).parents[2] / "data_contracts")
    columns = {"marts.customer_clv": "method", "meta.clv_evaluation": "method", "meta.clv_models": "model"}
    for table, name in columns.items():
        [column] = [each for each in contracts[table].columns if each.name == name]
        assert column.allowed_values
        assert {value for value, _ in column.allowed_values} <= set(method_names(read_words("en")))


@pytest.mark.parametrize(
    ("language", "whole_base", "by_cohort"),
    [
        ("en", "the BG/NBD model", "the BG/NBD model by cohort"),
        ("fi", "BG/NBD-malli", "BG/NBD-malli kohorteittain"),
    ],
)
def test_a_model_bears_its_label_in_every_language(language, whole_base, by_cohort):
    names = method_names(read_words(language))
    assert (names["bg_nbd"], names["bg_nbd_by_cohort"]) == (whole_base, by_cohort)
