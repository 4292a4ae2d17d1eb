"""The company of five tools: made once, and written out with the settings of the test that wants it."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass

import pytest

from tests.cases.shared_case import CASES
from tests.examples.five_tools.company import Company, make_company
from tests.examples.five_tools.exports import write_company
from tests.shop import Shop

SHARED = CASES.parent / "exports"


@pytest.fixture(scope="session")
def company() -> Company:
    return make_company()


@pytest.fixture(scope="session")
def write_shop(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Shop]:
    """Writes all exports, and the settings by hand, into a folder of its own."""

    def write() -> Shop:
        if not SHARED.is_dir():
            pytest.skip("the headers of real exports are not here: put them into ../shared/data/exports")
        shop = Shop(tmp_path_factory.mktemp("five_tools"))
        write_company(company, shop.folder, SHARED)
        return shop

    return write


@dataclass(frozen=True)
class Agreement:
    """How well records are joined, by pairs of records of one person: shares from 0 to 1."""

    precision: float
    recall: float


@pytest.fixture(scope="session")
def compare_pairs() -> Callable[[Mapping[Hashable, str], Mapping[Hashable, int]], Agreement]:
    """Compares who was found for each record with whose it is."""
    return _compare_pairs


def _compare_pairs(found: Mapping[Hashable, str], owners: Mapping[Hashable, int]) -> Agreement:
    pairs = [(found[record], person) for record, person in owners.items()]
    together = _count_pairs(pairs)
    said, true = _count_pairs(contact for contact, _ in pairs), _count_pairs(person for _, person in pairs)
    return Agreement(together / said, together / true)


def _count_pairs(names: Iterable[Hashable]) -> int:
    """How many pairs have one name."""
    return sum(size * (size - 1) // 2 for size in Counter(names).values())
