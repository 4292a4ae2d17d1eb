"""Faults that only a second night can show, and what a company does on purpose, as whole runs."""

import pytest

from tests.attacks.exports import customers, order_rows, orders, put, settings
from tests.shop import Shop

pytestmark = pytest.mark.slow

HEAD = "id,at,total,customer,mail,shipping"
TOTAL = 2


def deliver(shop: Shop, name: str, content: str) -> None:
    (shop.folder / name).write_text(content, encoding="utf-8")


def set_up(shop: Shop, **changes: str) -> None:
    (shop.folder / "regulars.yaml").write_text(settings(**changes), encoding="utf-8")


@pytest.fixture(scope="module")
def first_night(tmp_path_factory) -> Shop:
    shop = Shop(tmp_path_factory.mktemp("nights"))
    set_up(shop, columns=", shipping: shipping")
    deliver(shop, "crm.csv", customers())
    deliver(shop, "orders.csv", orders(lambda n, row: [*row, "4.90"], head=HEAD))
    assert shop.run() == 0, shop.said
    return shop


def list_findings(shop: Shop) -> dict[object, object]:
    return dict(shop.ask("select finding, source from meta.findings where severity <> 'info'"))  # type: ignore[arg-type]


def test_exchanged_columns_of_amounts_stop_the_run(first_night, tmp_path):
    shop = first_night.moved_to(tmp_path / "shop")
    deliver(shop, "orders.csv", orders(lambda n, row: [*put(row, TOTAL, "4.90"), row[TOTAL]], head=HEAD))
    assert shop.run() == 3
    assert "closed_month_fell" in shop.said


def test_a_file_that_has_lost_a_quarter_stops_the_run(first_night, tmp_path):
    shop = first_night.moved_to(tmp_path / "shop")
    deliver(shop, "orders.csv", orders(lambda n, row: [*row, "4.90"], rows=order_rows(7, 24), head=HEAD))
    assert shop.run() == 3
    assert "closed_month_fell" in shop.said


def test_a_person_excluded_on_purpose_does_not_stop_the_run_though_files_are_new_and_months_fall(first_night, tmp_path):
    shop = first_night.moved_to(tmp_path / "shop")
    set_up(shop, columns=", shipping: shipping", top="exclude: {customer_record_ids: [c1]}")
    changed = [put(row, TOTAL, "99.00") if row[0] == "1024" else row for row in order_rows()]
    deliver(shop, "orders.csv", orders(lambda n, row: [*row, "4.90"], rows=changed, head=HEAD))
    assert shop.run() == 0, shop.said
    assert shop.ask("select sum(rows_excluded) from meta.excluded_rows") == [(4,)]


def test_a_source_that_is_gone_is_said_until_it_is_back(first_night, tmp_path):
    shop = first_night.moved_to(tmp_path / "shop")
    without = settings(columns=", shipping: shipping")
    start, end = without.index("  crm:"), without.index("  shop:")
    settings_file = shop.folder / "regulars.yaml"
    settings_file.write_text(without[:start] + without[end:], encoding="utf-8")
    assert shop.run() == 0, shop.said
    assert "source_gone" in list_findings(shop)
    rows = [put(row, TOTAL, "99.00") if row[0] == "1024" else row for row in order_rows()]
    deliver(shop, "orders.csv", orders(lambda n, row: [*row, "4.90"], rows=rows, head=HEAD))
    assert shop.run() == 0, shop.said
    assert "source_gone" in list_findings(shop)
    set_up(shop, columns=", shipping: shipping")
    assert shop.run() == 0, shop.said
    assert "source_gone" not in list_findings(shop)


def test_a_plan_that_fails_names_no_file_that_is_gone_with_it(first_night, tmp_path):
    shop = first_night.moved_to(tmp_path / "shop")
    deliver(shop, "orders.csv", orders(lambda n, row: [*put(row, TOTAL, "ten"), "4.90"], head=HEAD))
    assert shop.run("--plan") == 65
    assert "after a run without `--plan`" in shop.said
    assert "regulars-plan-" not in shop.said


def test_a_currency_without_a_rate_stops_the_run(tmp_path):
    shop = Shop(tmp_path)
    set_up(shop, columns=", currency: cur")
    deliver(shop, "crm.csv", customers())
    head = "id,at,total,customer,mail,cur"
    deliver(shop, "orders.csv", orders(lambda n, row: [*row, "DEM" if n == 1 else "EUR"], head=head))
    assert shop.run() == 3
    assert "rate" in shop.said
