"""A run says what it found odd: in its table, its summary, its last words; a finding that stops ends it."""

import json

import pytest

from regulars.pipelines.home.home import Home
from tests.shop import COMPANY, FOUR_ORDERS, ORDERS, Shop, run_regulars

pytestmark = pytest.mark.slow

TOWN = ORDERS.replace("currency: currency", "currency: currency\n      city: town")
ACKNOWLEDGED = COMPANY.replace(
    "findings: {",
    "findings: {acknowledged: [{finding: optional_column_missing, source: till, reason: no towns yet, count: 1,"
    " expires: 2024-12-31}], ",
)
STOPS = COMPANY.replace("findings: {", "findings: {severities: {optional_column_missing: stop}, ")


@pytest.fixture(scope="module")
def odd_shop(tmp_path_factory) -> Shop:
    shop = Shop(tmp_path_factory.mktemp("odd"))
    shop.set_up(TOWN)
    shop.deliver("orders-1.csv", *FOUR_ORDERS)
    assert shop.run() == 0, shop.said
    return shop


def list_findings(shop: Shop) -> list[tuple[object, ...]]:
    return shop.ask(
        "select finding, source, severity, found_count, first_seen_generation, is_acknowledged, acknowledgement_reason "
        "from meta.findings order by finding"
    )


def test_a_finding_is_published_with_its_count_and_since_when(odd_shop):
    assert list_findings(odd_shop) == [("optional_column_missing", "till", "warning", 1, 1, False, None)]


def test_the_summary_says_the_warning_and_what_to_do(odd_shop):
    assert "findings: 1 warning (" in odd_shop.said
    assert "warning    orders-1.csv: column `town` for orders.city is missing" in odd_shop.said
    assert "Have the tool export it again" in odd_shop.said


def test_the_report_says_it_on_its_first_screen(odd_shop):
    page = (odd_shop.home.current_link / "report.html").read_text(encoding="utf-8")
    assert page.index("column `town`") < page.index("<section")


def test_status_and_doctor_say_it_too(odd_shop):
    where = ("--settings", odd_shop.folder / "regulars.yaml", "--home", odd_shop.home.path)
    assert "warning: orders-1.csv: column `town`" in run_regulars("status", *where).stdout
    doctor = run_regulars("doctor", *where).stdout
    assert "g000001: 1 warning" in doctor
    assert "optional_column_missing" in doctor


def test_the_last_run_counts_findings_and_names_the_new_ones(odd_shop):
    last = json.loads((odd_shop.home.path / "last_run.json").read_text(encoding="utf-8"))
    assert last["findings"] == {"stop": 0, "warning": 1, "info": 0, "acknowledged": 0}
    assert len(last["new_findings"]) == 1


def test_an_acknowledged_finding_is_quiet_and_known_since_the_generation_that_found_it(odd_shop, tmp_path):
    shop = odd_shop.moved_to(tmp_path / "copy")
    shop.set_up(TOWN, company=ACKNOWLEDGED)
    assert shop.run() == 0, shop.said
    assert list_findings(shop) == [("optional_column_missing", "till", "warning", 1, 1, True, "no towns yet")]
    assert "findings: 1 acknowledged (" in shop.said
    assert "warning    " not in shop.said


def test_a_file_that_is_too_odd_does_not_land_and_the_run_ends_unless_it_is_allowed(tmp_path):
    shop = Shop(tmp_path)
    shop.set_up(TOWN, company=STOPS)
    shop.deliver("orders-1.csv", *FOUR_ORDERS)
    assert shop.run() == 3
    assert "`--allow optional_column_missing=REASON`" in shop.said
    assert Home(shop.home.path).current() is None
    assert shop.run("--allow", "optional_column_missing=the new till has no towns") == 0, shop.said
    assert [row[5:] for row in list_findings(shop)] == [
        (True, "allowed in this run: the new till has no towns"),
    ]


def test_an_optional_source_whose_file_is_too_odd_is_used_as_it_was(tmp_path):
    shop = Shop(tmp_path)
    shop.set_up(TOWN.replace("kind: orders", "kind: orders\n    required: false"), company=STOPS)
    shop.deliver("orders-1.csv", *((*row, "town" if row[0] == "order" else "York") for row in FOUR_ORDERS))
    shop.deliver("orders-2.csv", FOUR_ORDERS[0], ("o9", *FOUR_ORDERS[1][1:]))
    assert shop.run() == 0, shop.said
    assert shop.ask("select is_stale, rows_loaded from meta.sources") == [(True, 4)]
    assert [row[:2] for row in list_findings(shop)] == [("source_stale", "till")]
