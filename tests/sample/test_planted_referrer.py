"""One member of the referral programme brought twelve customers: found, and without those invitations not."""

import datetime as dt

import duckdb
import polars as pl
import pytest

from regulars.pipelines.transforms.customers.referrals import referrals


@pytest.fixture(scope="module")
def published(published_demo):
    with duckdb.connect(published_demo / "home/current/regulars.duckdb", read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def planted(published, published_demo) -> pl.DataFrame:
    """The truth: `customer_id` and `referrer_id` of each planted invitation."""
    members = published.sql("""
        select cast(substr(source_record_id, 2) as bigint) as person_id, customer_id
        from core.customer_source_ids where system = 'referral_programme'
    """).pl()
    truth = pl.read_csv(published_demo / "truth/referral_programme.csv")
    referrer = members.rename({"person_id": "referrer_person_id", "customer_id": "referrer_id"})
    return truth.join(members, on="person_id", validate="1:1").join(referrer, on="referrer_person_id")


def test_the_planted_referrer_brought_most_by_far(published, planted):
    found = published.sql("from marts.referrals order by brought_customers desc").pl()
    (referrer,) = planted["referrer_id"].unique()
    top = found.row(0, named=True)
    assert (len(planted), top["customer_id"]) == (12, referrer)
    assert top["brought_customers"] >= 12 > 2 * found["brought_customers"][1]
    ids = planted["customer_id"].to_list()
    [(sales,)] = published.execute(
        "select sum(net_sales_to_date) from marts.customer_360 where customer_id in (select unnest(?))", [ids]
    ).fetchall()
    assert top["brought_net_sales"] >= sales > 0
    assert top["net_sales_with_brought"] == top["net_sales_to_date"] + top["brought_net_sales"]


def test_without_the_planted_invitations_nobody_stands_out(published, planted):
    customers, everybody = (published.sql(f"from {table}").pl() for table in ("core.customers", "marts.customer_360"))
    as_of: dt.date = everybody["as_of"][0]
    is_planted = pl.col("customer_id").is_in(planted["customer_id"].to_list())
    removed = everybody.with_columns(
        referred_by_customer_id=pl.when(~is_planted).then("referred_by_customer_id"),
    )
    found = referrals(customers, removed, as_of=as_of)
    assert found["brought_customers"].max() <= 5
    (referrer,) = planted["referrer_id"].unique()
    assert found.filter(customer_id=referrer)["brought_customers"].sum() <= 1
