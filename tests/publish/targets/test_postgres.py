"""The target `postgres`, on a real server: what a delivery writes, and what it changes in place."""

import psycopg
import pytest

from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.postgresql.plan import SELECT_IT
from tests.publish.targets.postgres_target import Target
from tests.publish.targets.published import publish


def test_tables_arrive_with_types_keys_comments_and_views(target: Target, home: Home):
    assert target.deliver(publish(home)).is_new
    types = dict(
        target.ask(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = 'marts.customer_360'::regclass and attnum > 0"
        )
    )
    assert types == {
        "customer_id": "text",
        "customer_idx": "integer",
        "share": "double precision",
        "is_active": "boolean",
        "last_seen_at": "timestamp without time zone",
        "sales": "numeric(18,4)",
        "note": "text",
    }
    constraints = target.ask(
        "select conrelid::regclass::text, contype::text, condeferred, convalidated from pg_constraint "
        "where connamespace in ('core'::regnamespace, 'marts'::regnamespace) order by 1, 2"
    )
    assert constraints == [
        ("core.customers", "p", False, True),
        ("core.customers", "u", False, True),
        ("core.orders", "p", False, True),
        ("marts.customer_360", "f", True, False),
        ("marts.customer_360", "f", True, False),
        ("marts.customer_360", "p", False, True),
    ]
    assert target.ask(
        "select obj_description('marts.churn'::regclass), col_description('marts.churn'::regclass, 2)"
    ) == [(f"How many are lost. {SELECT_IT}", "Customers' losses.")]
    assert target.ask("select churned, orders from marts.churn_all") == [(1, 3)]
    assert target.ask("select obj_description('marts.churn_all'::regclass)") == [("The whole base.",)]
    held = target.ask("select distinct generation, as_of::text from meta.delivered_tables")
    assert held == [("g000001", "2026-01-31")]


def test_the_server_plans_joins_with_statistics_of_the_keys(target: Target, home: Home):
    target.deliver(publish(home))
    known = target.ask(
        "select tablename, attname from pg_stats where schemaname in ('core', 'marts') and inherited "
        "and tablename in ('customers', 'customer_360') order by 1, 2"
    )
    assert known == [
        ("customer_360", "customer_id"),
        ("customer_360", "customer_idx"),
        ("customers", "customer_id"),
        ("customers", "customer_idx"),
    ]


def test_schemas_and_the_table_of_deliveries_say_what_they_are(target: Target, home: Home):
    assert target.deliver(publish(home)).is_new
    uncommented = target.ask(
        "select nspname from pg_namespace where nspname in ('core', 'marts', 'meta', 'published_rows') "
        "and obj_description(oid, 'pg_namespace') is null"
    )
    assert uncommented == []
    [(about,)] = target.ask("select obj_description('meta'::regnamespace, 'pg_namespace')")
    assert about.startswith("Start here: contracts (purpose)")
    assert "ONLY find no rows" in about
    columns = target.ask(
        "select attname from pg_attribute where attrelid = 'meta.delivered_tables'::regclass and attnum > 0 "
        "and col_description(attrelid, attnum) is null"
    )
    assert columns == []


def test_the_same_generation_again_writes_nothing_and_a_new_one_replaces_all_rows(target: Target, home: Home):
    first = publish(home, 1, rows=50)
    assert target.deliver(first).is_new
    assert not target.deliver(first).is_new
    target.deliver(publish(home, 2, rows=20))
    assert target.ask("select count(*), min(run), max(run) from core.orders") == [(20, 2, 2)]
    assert target.ask("select churned from marts.churn_all") == [(2,)]
    assert target.ask("select generation from meta.runs") == [(2,)]


def test_a_view_of_an_analyst_stays_and_shows_the_new_rows(target: Target, home: Home):
    target.deliver(publish(home, 1))
    target.do("create view public.mine as select churned from marts.churn")
    target.deliver(publish(home, 2))
    assert target.ask("select churned from public.mine") == [(2,)]


def test_readers_may_read_and_nothing_else(target: Target, home: Home):
    target.deliver(publish(home), readers="bi_readers")
    assert target.ask("select churned from marts.churn_all", user="reader") == [(1,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        target.do("delete from marts.churn", user="reader")
    more = "create table marts.extra as select 1 as x;"
    target.deliver(publish(home, 2, more=more), readers="bi_readers")
    assert target.ask("select churned from marts.churn", user="reader") == [(2,)]


def test_a_column_that_came_went_or_changed_its_type_is_changed_in_place(target: Target, home: Home):
    target.deliver(publish(home, 1))
    more = """
        alter table marts.customer_360 drop column note;
        alter table marts.customer_360 add column region varchar default 'North';
        create or replace table marts.churn as select month_end, 'many' as churned, orders, churn_rate from marts.churn;
    """
    target.do("create view public.mine as select customer_id from marts.customer_360")
    target.deliver(publish(home, 2, more=more))
    assert target.ask("select distinct region from marts.customer_360") == [("North",)]
    assert target.ask("select churned from marts.churn_all") == [("many",)]
    columns = target.ask(
        "select attname from pg_attribute where attrelid = 'marts.customer_360'::regclass and not attisdropped"
    )
    assert ("note",) not in columns
    assert len(target.ask("select * from public.mine")) == 3


def test_a_key_of_other_columns_than_the_contracts_goes(target: Target, home: Home):
    def list_keys() -> list[tuple[object, ...]]:
        return target.ask(
            "select pg_get_constraintdef(oid) from pg_constraint "
            "where conrelid = 'marts.customer_360'::regclass and contype in ('p', 'u')"
        )

    target.deliver(publish(home, 1))
    wanted = list_keys()
    target.do(
        "alter table marts.customer_360 drop constraint customer_360_pkey cascade, add primary key (sales, note), "
        "add unique (note)"
    )
    target.deliver(publish(home, 2))
    assert list_keys() == wanted


def test_a_table_that_is_published_no_more_goes_with_its_view(target: Target, home: Home):
    target.deliver(publish(home, 1))
    target.deliver(publish(home, 2, more="drop table marts.churn;"))
    assert target.ask("select to_regclass('marts.churn'), to_regclass('marts.churn_all')") == [(None, None)]


def test_what_was_dropped_by_hand_is_there_again_after_the_next_delivery(target: Target, home: Home):
    target.deliver(publish(home, 1))
    target.do(
        "alter table marts.customer_360 drop column sales cascade; drop view marts.churn_all; "
        "drop table core.orders cascade"
    )
    target.do("alter table core.customers drop constraint customers_pkey cascade")
    target.deliver(publish(home, 2))
    assert target.ask("select count(sales), count(*) from marts.customer_360") == [(3, 3)]
    assert target.ask("select churned from marts.churn_all") == [(2,)]
    assert target.ask("select count(*) from core.orders") == [(3,)]
    assert target.ask(
        "select count(*) from pg_constraint where conrelid = 'core.customers'::regclass and contype = 'p'"
    ) == [(1,)]
    assert target.ask("select count(*) from pg_constraint where contype = 'f'") == [(2,)]


def test_rows_that_an_older_version_kept_in_the_published_table_itself_go(target: Target, home: Home):
    target.deliver(publish(home, 1))
    target.do(
        "create table public.held as select * from core.orders; drop schema published_rows cascade; "
        "insert into core.orders select * from public.held"
    )
    target.deliver(publish(home, 2))
    assert target.ask("select count(*), min(run), max(run) from core.orders") == [(3, 2, 2)]
