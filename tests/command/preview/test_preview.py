"""A preview shows how exports would be read, in shapes where a value may be personal, and touches no home."""

import datetime as dt
import json
from pathlib import Path

import pytest

from regulars.pipelines.command.preview import preview
from tests.shop import Done, run_regulars

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
SETTINGS = """\
company: {name: Shop, timezone: Europe/Berlin, currency: EUR}
as_of: 2026-01-31
sources:
  crm:
    path: crm.csv
    kind: customers
    columns: {customer_record_id: id, email: mail, first_name: name}
  shop:
    path: orders.csv
    kind: orders
    max_quarantined: 0.5
    columns: {order_id: id, customer_record_id: customer, customer_system: {value: crm}, ordered_at: at,
      gross_sales: total, is_test: test}
    exclude: {staff_orders: "note = 'staff'"}
  survey:
    path: answers.csv
    kind: survey_responses
    options: {datetime_format: "%m/%d/%Y"}
    columns: {response_id: id, survey_type: {value: nps}, score: score, answered_at: at, email: mail}
"""
CRM = "id,mail,name\nK1,canary@example.org,Canary\nK2,bob@example.org,Canary\n"
ORDERS = (
    "id,customer,at,total,test,note\n"
    "o1,K1,2026-01-05 10:00:00,9.50,no,x\n"
    "o2,K2,2026-01-06 10:00:00,8.00,yes,x\n"
    "o3,K9,2026-01-07 10:00:00,canary,no,x\n"
    "o4,K1,2026-01-08 10:00:00,7.25,no,x\n"
    "o5,K1,2026-01-09 10:00:00,1.00,no,staff\n"
)
ANSWERS = "id,score,at,mail\na1,9,31.01.2026,canary@example.org\na2,3,30.01.2026,\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("preview")
    for name, text in {"regulars.yaml": SETTINGS, "crm.csv": CRM, "orders.csv": ORDERS, "answers.csv": ANSWERS}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def done(folder) -> Done:
    done = run_regulars("preview", "--settings", folder / "regulars.yaml")
    assert done.code == 0, done.stdout + done.stderr
    return done


def test_the_first_rows_are_shown_in_our_columns(done):
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "ordered_at at 100% 2026-01-05 09:00:00 | 2026-01-06 09:00:00 | 2026-01-07 09:00:00" in lines
    assert "gross_sales total 100% 9.50 | 8.00 | aaaaaa" in lines
    assert "order_id id 100% a9 | a9 | a9" in lines
    assert "shop: all of orders.csv, 4 rows" in done.stdout


def test_no_personal_value_is_shown_only_its_shape(done):
    assert "aaaaaa@aaaaaaa.aaa" in done.stdout
    assert "anary" not in done.stdout + done.stderr


def test_what_would_be_quarantined_is_told_with_line_and_reason(done):
    assert "1 row, at line 4: Not so: gross_sales" in done.stdout


def test_what_the_settings_leave_out_is_told_with_the_rule(done):
    assert "excluded  1 row of orders by the rule `staff_orders` of the settings" in done.stdout


def test_what_would_not_count_is_told(done):
    assert "read, but not counted as orders: 1 test\n" in done.stdout


def test_a_format_that_fits_no_value_is_told_with_a_proposal(done):
    assert (
        'survey_responses.answered_at: 2 of 2 values do not fit `datetime_format: "%m/%d/%Y"`; most are written like '
        "`99.99.9999`" in done.stdout
    )
    assert '`options: {datetime_format: "%d.%m.%Y"}` fits all of them' in done.stdout


def test_references_between_sources_are_counted(done):
    assert "shop: orders.customer_record_id -> customers: 3 of 4 (75%)" in done.stdout
    assert "survey: survey_responses.email -> customers: 1 of 1 (100%)" in done.stdout


def test_no_home_is_touched_and_nothing_is_left_behind(done, folder):
    assert sorted(path.name for path in folder.iterdir()) == ["answers.csv", "crm.csv", "orders.csv", "regulars.yaml"]


def test_one_source_can_be_shown_to_a_machine(folder):
    done = run_regulars("preview", "survey", "--settings", folder / "regulars.yaml", "--json")
    facts = json.loads(done.stdout)
    assert [each["source"] for each in facts["sources"]] == ["survey"]
    assert facts["sources"][0]["quarantined_count"] == 2
    assert {each["target"] for each in facts["matches"]} == {"customers"}


def test_damaged_ids_are_looked_for_once_however_many_sources_there_are(folder, monkeypatch):
    calls = []
    monkeypatch.setattr(preview, "find_damaged_ids", lambda con, schema: calls.append(schema) or [])
    preview.preview_sources(folder / "regulars.yaml", only=None, data=None, as_json=True, now=NOW)
    assert calls == ["landed"]


def test_a_source_that_is_not_there_is_a_mistake_in_the_arguments(folder):
    done = run_regulars("preview", "shpo", "--settings", folder / "regulars.yaml")
    assert (done.code, "they have crm, shop, survey" in done.stderr) == (2, True)
