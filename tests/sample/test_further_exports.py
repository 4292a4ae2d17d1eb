"""Further exports of the sample company: each apart from the others, with its truth."""

from pathlib import Path

import polars as pl
import pytest

from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.sample.further.export import FurtherExports, find_further_exports
from regulars.pipelines.sample.sample_company import write_sample_company
from regulars.pipelines.settings.settings_file import load_settings

MOMENTS = "%Y-%m-%d %H:%M:%S %z"


def read(company: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(company / name, infer_schema=False)


def test_the_sample_company_feeds_every_kind(company):
    fed = {kind for source in load_settings(company / "regulars.yaml", {}).sources.values() for kind in source.mappings}
    assert fed == KINDS.keys()


def test_every_further_export_is_written_with_its_truth(company):
    for export in find_further_exports():
        rows = read(company, f"exports/{export.file}")
        assert rows.columns == list(export.columns)
        assert len(rows) > 0
        assert (company / "truth" / export.file).exists() == bool(export.truth_columns)


def test_an_export_that_is_gone_leaves_every_other_as_it_was(tmp_path, monkeypatch):
    write_sample_company(tmp_path / "all", customers=200, seed=5)
    kept = [export for export in find_further_exports() if export.file != "tickets.csv"]
    monkeypatch.setattr("regulars.pipelines.sample.further.export.find_further_exports", lambda: kept)
    write_sample_company(tmp_path / "fewer", customers=200, seed=5)
    files = {path.relative_to(tmp_path / "all") for path in (tmp_path / "all" / "exports").rglob("*.csv")}
    gone = {name for name in files if not (tmp_path / "fewer" / name).exists()}
    assert gone == {Path("exports/tickets.csv")}
    for name in files - gone:
        assert (tmp_path / "fewer" / name).read_bytes() == (tmp_path / "all" / name).read_bytes(), name


def test_bad_lines_are_planted_once_and_stay_below_half_a_percent(tmp_path):
    for folder in ("exports", "truth"):
        (tmp_path / folder).mkdir()
    further = FurtherExports(tmp_path, seed=1)
    assert further.found == []
    write_sample_company(tmp_path / "company", customers=600, seed=1)
    nasty = read(tmp_path / "company", "truth/nastiness.csv")
    planted = nasty.filter(pl.col("file").is_in([export.file for export in find_further_exports()]))
    for file, count in planted.group_by("file").agg(pl.len()).rows():
        assert count <= 0.005 * len(read(tmp_path / "company", f"exports/{file}"))


def test_a_ticket_follows_its_order_and_a_late_delivery_is_its_reason(company):
    truth = read(company, "truth/tickets.csv")
    orders = read(company, "truth/orders.csv").select("order_id", "person_id", "is_delayed", "ordered_at")
    both = truth.join(orders, on="order_id", how="left", suffix="_of_order")
    assert both["person_id"].to_list() == both["person_id_of_order"].to_list()
    assert (both["opened_at"] > both["ordered_at"]).all()
    delayed = both.filter(pl.col("is_delayed") == "true")
    assert set(delayed["reason"]) == {"delivery"}
    assert len(delayed) > len(both) / 3


def test_support_answers_after_a_ticket_was_opened_and_solves_it_after_that(company):
    tickets = read(company, "exports/tickets.csv").filter(~pl.col("Ticket").str.starts_with("T-9"))
    moments = tickets.select(pl.col("Opened", "First reply", "Solved").str.to_datetime(MOMENTS))
    assert (moments["First reply"] >= moments["Opened"]).drop_nulls().all()
    assert (moments["Solved"] >= moments["First reply"]).drop_nulls().all()


def test_an_invitation_names_its_answer_unless_that_is_anonymous(company):
    truth = read(company, "truth/survey_invitations.csv")
    export = read(company, "exports/survey_invitations.csv").select(invitation_id="invitation", exported="response")
    anonymous = read(company, "truth/answers.csv").select("response_id", "is_anonymous")
    both = truth.join(export, on="invitation_id").join(anonymous, on="response_id", how="left")
    for row in both.iter_rows(named=True):
        wanted = row["response_id"] if row["is_anonymous"] == "false" else None
        assert row["exported"] == wanted
    assert both["response_id"].null_count() > 0


@pytest.mark.parametrize("question", ["taste", "delivery", "price"])
def test_a_further_answer_is_a_point_of_one_to_five_and_goes_with_the_recommendation(company, question):
    scores = read(company, "truth/answers.csv").select(response="response_id", nps=pl.col("score").cast(pl.Int64))
    answers = read(company, "exports/survey_answers.csv").filter(
        (pl.col("question") == question) & (pl.col("response") != "NPS-900001")
    )
    both = answers.join(scores, on="response").with_columns(pl.col("points").cast(pl.Int64))
    assert set(both["points"]) <= {1, 2, 3, 4, 5}
    assert both.select(pl.corr("points", "nps")).item() > 0


def test_spend_is_about_what_the_customers_won_cost(company):
    spend = read(company, "exports/marketing_spend.csv").with_columns(pl.col("spend").cast(pl.Float64))
    euros = spend.filter(pl.col("currency") == "EUR")
    people = read(company, "truth/persons.csv").filter(
        (pl.col("channel") == "search ads") & (pl.col("currency") == "EUR") & (pl.col("is_lead") == "false")
    )
    paid = euros.filter(pl.col("channel") == "search ads")["spend"].sum()
    assert paid == pytest.approx(len(people) * 14.50, rel=0.15)
    assert "organic" not in set(spend["channel"])


def test_some_tickets_are_never_answered_and_to_some_no_reply_is_due(company):
    truth = read(company, "truth/tickets.csv")
    export = read(company, "exports/tickets.csv").rename({"Ticket": "ticket_id"})
    both = truth.join(export, on="ticket_id")
    assert both["reply_minutes"].is_null().to_list() == both["First reply"].is_null().to_list()
    assert 0 < both["reply_minutes"].null_count() < len(both) / 10
    assert both["no_reply_due_reason"].to_list() == both["No reply due"].to_list()
    assert both.filter(pl.col("No reply due") == "solved_by_customer")["First reply"].drop_nulls().is_empty()
    reasons = both.filter(pl.col("no_reply_due_reason") != "")["no_reply_due_reason"]
    assert set(reasons) <= {"opened_by_agent", "merged", "spam", "solved_by_customer"}
    assert 0 < len(reasons) < len(both) / 4


def test_television_costs_money_and_wins_nobody(company):
    truth = read(company, "truth/marketing_spend.csv").row(0, named=True)
    spend = read(company, "exports/marketing_spend.csv").filter(pl.col("channel") == truth["channel"])
    assert spend["spend"].cast(pl.Float64).sum() == pytest.approx(float(truth["spend_eur"]))
    assert truth["can_pay_back"] == "false"
    assert truth["channel"] not in set(read(company, "truth/persons.csv")["channel"])
