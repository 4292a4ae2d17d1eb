"""Every example of `docs/formats.md` lands a file of its kind."""

import datetime as dt
import json
import re
from pathlib import Path

import pytest
import yaml

from tests.sources.test_archives import zipped
from tests.workbooks import xlsx

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
SECTIONS = dict(
    zip(("text", "workbooks", "json", "archives"), re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL), strict=True)
)
ORDER = {"id": "1", "created_at": "2026-01-31", "total": 9.5, "customer": {"email": "a@example.com"}}
FILES = {
    "text": ("invoices_1.csv", "Beleg;Datum;Betrag\n1;31.01.2026;9,50\n".encode("cp1252")),
    "workbooks": (
        "orders.xlsx",
        xlsx({year: [["Order", "Date", "Total"], [year, dt.date(2026, 1, 31), 9.5]] for year in ("2024", "2025")}),
    ),
    "json": ("orders_1.json", json.dumps({"data": {"orders": [ORDER]}}).encode()),
    "archives": ("export_1.zip", zipped({"contacts_1.csv": "Id,Email\n1,a@example.com\n"})),
}
FOUND = {
    "text": ("orders", [("1", "2026-01-31 00:00:00", "9.50")]),
    "workbooks": ("orders", [(year, "2026-01-31 00:00:00", "9.5") for year in ("2024", "2025")]),
    "json": ("orders", [("1", "2026-01-31 00:00:00", "9.5")]),
    "archives": ("customers", [("1", "a@example.com")]),
}


@pytest.mark.parametrize("section", FILES)
def test_an_example_of_the_page_reads_a_file_of_its_kind(shop, section):
    shop.sources = yaml.safe_load(SECTIONS[section])["sources"]
    shop.write(*FILES[section])
    kind, rows = FOUND[section]
    columns = "order_id, ordered_at, gross_sales" if kind == "orders" else "customer_record_id, email"
    assert shop.rows(columns, kind) == rows
