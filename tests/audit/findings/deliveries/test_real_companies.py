"""Two real companies, night by night: what their daily files would have been is compared with the days before.

Each delivery is measured and compared as a run does; a year or two of nights cost seconds, since nothing else runs.
"""

import datetime as dt
from collections import Counter
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest

from regulars.pipelines.audit.findings.deliveries import delivery_profiles
from regulars.pipelines.audit.findings.deliveries.compare import compare_deliveries
from regulars.pipelines.audit.findings.deliveries.day_measures import find_event_column
from regulars.pipelines.audit.findings.deliveries.delivery_profiles import (
    SCHEMA,
    measure_new_deliveries,
    read_profiles,
)
from regulars.pipelines.audit.findings.deliveries.profile import Profile
from regulars.pipelines.audit.findings.silence import EPOCH, find_silent_sources
from regulars.pipelines.findings.evaluate import Policy, evaluate_findings
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.kind import TRACE_COLUMNS
from regulars.pipelines.kinds.shape.registry import KINDS

DATA = Path(__file__).parents[5] / "shared" / "data"
NIGHTS = 365
NIGHTS_PER_WARNING = 30
FIRST_NIGHTS = 40
"""Nights after which a company is known."""

RETAIL = """
    insert into landed.order_lines (
        order_id, line_type, ordered_at, customer_record_id, country, product_id, product_name, quantity, unit_price,
        currency, _source, _delivery
    )
    select
        InvoiceNo, if(InvoiceNo like 'C%', 'refund', 'sale'), InvoiceDate, cast(CustomerID as bigint), Country,
        StockCode, Description, Quantity, UnitPrice, 'GBP', 'order_lines', cast(InvoiceDate as date) - date '1970-01-01'
    from '{folder}/online_retail_2010_2011.parquet'
"""
OLIST = """
    create temp view placed as
    select order_id, cast(order_purchase_timestamp as date) - date '1970-01-01' as delivery
    from read_csv('{folder}/olist_orders_dataset.csv', all_varchar = true)
    where order_purchase_timestamp between '2017-08-01' and '2018-08-20';

    insert into landed.orders (order_id, customer_record_id, ordered_at, status, currency, _source, _delivery)
    select order_id, customer_id, order_purchase_timestamp, order_status, 'BRL', 'orders', delivery
    from read_csv('{folder}/olist_orders_dataset.csv', all_varchar = true)
    join placed using (order_id);

    insert into landed.order_lines (order_id, product_id, unit_price, shipping, currency, _source, _delivery)
    select order_id, product_id, price, freight_value, 'BRL', 'order_lines', delivery
    from read_csv('{folder}/olist_order_items_dataset.csv', all_varchar = true)
    join placed using (order_id);

    insert into landed.payments (order_id, payment_id, method, amount, currency, _source, _delivery)
    select order_id, payment_sequential, payment_type, payment_value, 'BRL', 'payments', delivery
    from read_csv('{folder}/olist_order_payments_dataset.csv', all_varchar = true)
    join placed using (order_id);

    insert into landed.survey_responses (response_id, score, answered_at, order_id, comment, _source, _delivery)
    select
        review_id || order_id, review_score, review_answer_timestamp, order_id, review_comment_message,
        'survey_responses', cast(review_answer_timestamp as date) - date '1970-01-01'
    from read_csv('{folder}/olist_order_reviews_dataset.csv', all_varchar = true)
    where review_answer_timestamp between '2017-08-01' and '2018-08-20'
"""
FILES = """
    insert into landed.files
    select distinct _source, _delivery, _source || '-' || day, day, day, '{kind}'
    from (select *, date '1970-01-01' + _delivery as day from landed.{kind})
"""
DAYS = """
    select _source as source, '{kind}' as kind, try_cast({column} as date) as day, _delivery as delivery
    from landed.{kind}
    where try_cast({column} as date) is not null
"""


def list_nights(query: str, monkeypatch: pytest.MonkeyPatch) -> tuple[duckdb.DuckDBPyConnection, list[Profile]]:
    """The profiles of all deliveries; a delivery bears the number of its day since 1970."""
    monkeypatch.setattr(delivery_profiles, "KEPT", 10_000)
    con = duckdb.connect()
    con.execute("create schema landed")
    for kind in KINDS.values():
        columns = [f"{column.name} varchar" for column in kind.columns]
        columns += [f"{name} {data_type}" for name, data_type in TRACE_COLUMNS]
        con.execute(f"create table landed.{kind.name} ({', '.join(columns)})")
    con.execute(
        "create table landed.files (source varchar, delivery integer, file_name varchar, landed_at timestamp, "
        "modified_at timestamp, kinds varchar)"
    )
    con.execute(query)
    fed = [kind for kind in KINDS.values() if con.execute(f"select 1 from landed.{kind.name} limit 1").fetchall()]
    for kind in fed:
        con.execute(FILES.format(kind=kind.name))
    days = [DAYS.format(kind=each.name, column=column) for each in fed if (column := find_event_column(each))]
    con.execute(f"create table days as {' union all '.join(days)}")
    measured = measure_new_deliveries(con, pl.DataFrame(schema=SCHEMA), dt.date(2100, 1, 1), "UTC")
    profiles = [
        replace(each, age_days=each.delivery - each.newest_day) if each.newest_day is not None else each
        for each in read_profiles(measured)
    ]
    return con, profiles


def find(con: duckdb.DuckDBPyConnection, profiles: list[Profile], night: int) -> list[Finding]:
    """What a night finds odd."""
    known = [each for each in profiles if each.delivery <= night]
    new = [place for place, each in enumerate(known) if each.delivery == night]
    con.execute(
        "create or replace temp table days_with_rows as "
        f"select source, kind, day, count(*) as rows from days where delivery <= {night} group by all"
    )
    as_of = EPOCH + dt.timedelta(days=night)
    measured = [
        *compare_deliveries(known, new, dict.fromkeys(KINDS, "incremental")),
        *find_silent_sources(con, as_of, known),
    ]
    return [each.finding for each in evaluate_findings(measured, Policy(as_of))]


@pytest.mark.slow
@pytest.mark.parametrize(("company", "query"), [("online_retail", RETAIL), ("olist_3k", OLIST)])
def test_a_real_company_hears_at_most_one_new_warning_in_thirty_nights(company, query, monkeypatch):
    folder = DATA / company
    if not folder.is_dir():
        pytest.skip(f"the data of {company} is not here: put it into ../shared/data/{company}")
    con, profiles = list_nights(query.format(folder=folder), monkeypatch)
    last = max(each.delivery for each in profiles)
    first = max(min(each.delivery for each in profiles) + FIRST_NIGHTS, last - NIGHTS)
    said: Counter[str] = Counter()
    before = {each.key for each in find(con, profiles, first)}
    for night in range(first + 1, last + 1):
        found = find(con, profiles, night)
        for each in found:
            if each.key not in before:
                print(EPOCH + dt.timedelta(days=night), each.name, each.sentence)
                said[each.name] += 1
        before = {each.key for each in found}
    assert said.total() <= max(1, (last - first) // NIGHTS_PER_WARNING), said
