"""One company that sells through all tools at once: their exports, the mappings of `examples/exports/`, and one run.

Put here: writing the files, and the run. Keep out: what each tool sold (its own module).
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cases.shared_case import CASES
from tests.examples.exports import amazon, books, etsy, paypal, shopify, square, stripe, woocommerce
from tests.shop import Shop

MAPPINGS = Path(__file__).parents[3] / "examples" / "exports"
SHARED = CASES.parent / "exports"


def write_exports(folder: Path) -> None:
    """All files; of a tool's files the later one has the later time."""
    if not SHARED.is_dir():
        pytest.skip("the headers of real exports are not here: put them into ../shared/data/exports")
    for tool in (shopify, stripe, square, woocommerce, amazon):
        tool.write(folder, SHARED)
    paypal.write(folder)
    etsy.write(folder)
    books.write_rates(folder)
    for name, hours_ago in _order_of_files(folder):
        moment = 1_767_600_000 - hours_ago * 3600
        os.utime(folder / name, (moment, moment))


def _order_of_files(folder: Path) -> Iterator[tuple[str, int]]:
    """Each file, and how many hours before the run it changed; ` (1)` and a higher number are later."""
    for path in folder.iterdir():
        later = 1 if " (1)" in path.name or path.stem.endswith(("-2", "_2")) else 9
        yield path.name, later


def read_settings() -> dict[str, object]:
    """The settings of all tools as those of one company."""
    sources: dict[str, object] = {}
    for path in sorted(MAPPINGS.glob("*.yaml")):
        sources |= yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]
    company = {"name": "Sells everywhere", "timezone": "Europe/Berlin", "currency": "EUR"}
    return {"company": company, "as_of": "2026-04-30", "sources": sources}


@pytest.fixture(scope="session")
def exports_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The company after one run."""
    shop = Shop(tmp_path_factory.mktemp("exports"))
    write_exports(shop.folder)
    (shop.folder / "regulars.yaml").write_text(yaml.safe_dump(read_settings(), allow_unicode=True), encoding="utf-8")
    assert shop.run() == 0, shop.said
    return shop
