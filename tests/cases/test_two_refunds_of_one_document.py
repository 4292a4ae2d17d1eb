"""Case B02: two partial refunds of one document on two days are two refunds, each on its own day."""

import datetime as dt

from tests.builders import money
from tests.cases.company import Company


def test_each_refund_counts_on_its_own_day(tmp_path):
    columns = {
        **{"order_id": "receipt", "line_type": "kind", "ordered_at": "when", "customer_record_id": "card"},
        **{"product_id": "sku", "quantity": "qty", "unit_price": "price"},
    }
    till = {"path": "till.csv", "kind": "order_lines", "columns": columns}
    company = Company("B02", tmp_path, {"company": {"timezone": "Europe/Berlin"}, "sources": {"till": till}})
    company.deliver("till.csv")
    with company.build("core.orders", "core.refunds") as con:
        assert con.execute("select order_date, gross_sales from core.orders").fetchall() == [
            (dt.date(2025, 1, 10), money("100"))
        ]
        assert con.execute(
            "select refund_date, order_id, amount from core.refunds order by refund_date"
        ).fetchall() == [
            (dt.date(2025, 2, 10), "T1", money("10")),
            (dt.date(2025, 4, 10), "T1", money("20")),
        ]
