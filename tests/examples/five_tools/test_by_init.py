"""The company of five tools with the settings that `regulars init --yes` writes, and nothing by hand."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable

import pytest

from tests.cases.shared_case import CASES
from tests.examples.five_tools.company import Company, make_company
from tests.examples.five_tools.exports import write_company
from tests.shop import Shop, run_regulars

pytestmark = pytest.mark.slow
SHARED = CASES.parent / "exports"
AS_OF = dt.date(2024, 12, 31)


@pytest.fixture(scope="module")
def company() -> Company:
    return make_company()


@pytest.fixture(scope="module")
def shop(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The company after `init` and one run."""
    if not SHARED.is_dir():
        pytest.skip("the headers of real exports are not here: put them into ../shared/data/exports")
    shop = Shop(tmp_path_factory.mktemp("five_tools_init"))
    write_company(company, shop.folder, SHARED)
    for name in ("regulars.yaml", "matches.csv"):  # what is written by hand
        (shop.folder / name).unlink()
    settings = shop.folder / "regulars.yaml"
    zone = ("--timezone", "Europe/Berlin", "--currency", "EUR")
    done = run_regulars("init", shop.folder, "--settings", settings, "--yes", *zone)
    assert done.code == 0, done.stderr
    assert shop.run("--as-of", f"{AS_OF}") == 0, shop.said
    return shop


def count_pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def test_nobody_is_joined_wrongly_and_nearly_all_records_find_their_person(shop, company):
    rows = shop.ask("select record_type, system, source_record_id, contact_id from core.customer_source_ids")
    found = {(kind, system, record): contact for kind, system, record, contact in rows}
    # a ticket is here a customer record of Zendesk, as its profile says
    known = {record: person for record, person in company.owners.items() if record in found}
    assert Counter(record[:2] for record in company.owners.keys() - known.keys()) == {("ticket", "zendesk"): 60}
    together = count_pairs(Counter((found[record], person) for record, person in known.items()).values())
    precision = together / count_pairs(Counter(found[record] for record in known).values())
    recall = together / count_pairs(Counter(known.values()).values())
    assert precision >= 0.999
    assert recall >= 0.95
    print(f"{precision=:.4f} {recall=:.4f}")


def test_the_one_couple_that_shares_a_mailbox_is_said(shop):
    assert shop.ask("select found_count from meta.findings where finding = 'names_kept_apart'") == [(1,)]
