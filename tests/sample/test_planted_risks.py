"""The sample company's customers with three failed payments: found by the pipeline, and not without those payments."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from regulars.pipelines.settings.customers.service_risk import ServiceRisk
from regulars.pipelines.settings.settings import Company, Support
from regulars.pipelines.transforms.care.bad_experiences import bad_experiences

CORE = ("orders", "refunds", "refund_lines", "payments", "tickets", "survey_responses", "subscriptions", "customers")
COMPANY = Company(name="sample", timezone="Europe/Berlin", currency="EUR")


@pytest.fixture(scope="module")
def published(published_demo: Path) -> Path:
    return published_demo / "home" / "current" / "regulars.duckdb"


@pytest.fixture(scope="module")
def planted(published_demo: Path, published: Path) -> dict[str, set[str]]:
    """Customer -> the orders whose payments were made to fail."""
    truth = published_demo / "truth"
    failed = pl.read_csv(truth / "failed_payments.csv", infer_schema=False).filter(pl.col("is_planted") == "true")
    records = pl.read_csv(truth / "crm_records.csv", infer_schema=False)
    with duckdb.connect(published, read_only=True) as con:
        ids = con.sql("select source_record_id as record_id, customer_id from core.customer_source_ids").pl()
    found = failed.join(records, on="person_id").join(ids, on="record_id").select("customer_id", "order_id").unique()
    return {customer: set(rows["order_id"]) for (customer,), rows in found.group_by("customer_id")}


def test_customers_with_three_failed_payments_are_at_risk(planted, published):
    with duckdb.connect(published, read_only=True) as con:
        at_risk = dict(con.sql("select customer_id, bad_experience_count from marts.service_risk_customers").fetchall())
        failed = con.sql(
            "select customer_id, subject_id from marts.bad_experiences where has_failed_payment"
        ).fetchall()
    assert len(planted) == 2
    for customer, orders in planted.items():
        assert at_risk[customer] >= 3
        assert orders == {order for each, order in failed if each == customer}


def test_without_their_failed_payments_they_are_not(planted, published):
    with duckdb.connect(published, read_only=True) as con:
        tables = {name: con.sql(f"from core.{name}").pl().lazy() for name in CORE}
        (as_of,) = con.sql("select as_of from marts.service_risk_customers").fetchone()
    payments = {"all": tables["payments"], "none": tables["payments"].filter(pl.lit(value=False))}
    found = {
        which: bad_experiences(
            **tables | {"payments": rows}, as_of=as_of, company=COMPANY, support=Support(), service_risk=ServiceRisk()
        ).filter(pl.col("customer_id").is_in(list(planted)), (as_of - pl.col("experienced_on")).dt.total_days() < 365)
        for which, rows in payments.items()
    }
    counts = {which: dict(rows["customer_id"].value_counts().rows()) for which, rows in found.items()}
    assert all(counts["all"][customer] >= 3 > counts["none"].get(customer, 0) for customer in planted)
