"""Cohorts, churn and RFM of the sample company by hand: what a good analyst writes in an afternoon.

    .venv/bin/python benchmarks/by_hand.py <folder with exports/> <out.duckdb>

It knows these files: which rows to skip, how persons are distinguished, that the shop writes local time. It proves
nothing, keeps no history and no second company could use it. `run.py` sets a whole run beside it.
Put here: three tables from the exports, the short way. Keep out: anything of Regulars.
"""

import sys
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

AS_OF, LAPSE_DAYS = date(2026, 6, 30), 365
IGNORED_EMAILS = ("kasse@example.com", "shop-test@example.com")

LOAD = """
create macro email_of(written) as
    nullif(regexp_replace(trim(regexp_replace(lower(trim(written)), '^mailto:', '')), '^({ignored})$', ''), '');
create macro moment(written) as try_strptime(written, '%Y-%m-%d %H:%M:%S %z');

create table contacts as
select "Record ID" as record, email_of("Email") as email, "Merged record IDs" as merged
from read_csv('{exports}/crm_contacts.csv', all_varchar=true, ignore_errors=true, encoding='latin-1',
              delim=',', quote='"', escape='"', header=true)
where "Record ID" <> '';

create table rates as
select date::date as day, currency, replace(rate, ',', '.')::decimal(18, 8) as rate
from read_csv('{exports}/fx_rates.csv', all_varchar=true, delim=';', header=true);

create table orders as
with
    delivered as (
        select *, row_number() over () as line
        from read_csv('{exports}/orders/*.csv', all_varchar=true, ignore_errors=true, filename=true,
                      delim=',', quote='"', escape='"', header=true)
    ),
    -- an order that comes again replaces the one before
    newest as (
        select * from delivered
        where order_id <> '' and moment(created_at) is not null
        qualify row_number() over (partition by order_id order by filename desc, line desc) = 1
    )
select
    order_id,
    nullif(contact_id, '') as record,
    email_of(email) as email,
    left(created_at, 10)::date as day,
    (subtotal::decimal(18, 4) * coalesce(rates.rate, 1))::decimal(18, 4)
        - (discount_amount::decimal(18, 4) * coalesce(rates.rate, 1))::decimal(18, 4) as sales,
    test <> 'true' and coalesce(cancelled_at, '') = '' and subtotal::decimal(18, 4) > 0 as counts,
from newest
asof left join rates on rates.currency = newest.currency and rates.day <= left(created_at, 10)::date;

create table refunds as
select
    order_id,
    nullif(contact_id, '') as record,
    email_of(email) as email,
    left(processed_at, 10)::date as day,
    (amount::decimal(18, 4) * coalesce(rates.rate, 1))::decimal(18, 4) as amount,
from (
    from read_csv('{exports}/shop_refunds.csv', all_varchar=true, ignore_errors=true,
                  delim=',', quote='"', escape='"', header=true)
    where moment(processed_at) is not null and try_cast(amount as decimal(18, 4)) > 0
) as refund
asof left join rates on rates.currency = refund.currency and rates.day <= left(processed_at, 10)::date;
"""

# Two names of one person: a record and its address, a record and the one it was merged into.
NAMES = """
with customer_references as (
    select record, email from contacts
    union select record, email from orders
    union select record, email from refunds
    union select nullif(crm_contact, ''), email_of(customer_email)
    from read_csv('{exports}/coffee_club.csv', all_varchar=true, ignore_errors=true, delim=',', header=true)
    union select nullif("CRM-ID", ''), email_of("E-Mail")
    from read_csv('{exports}/nps_answers.csv', all_varchar=true, ignore_errors=true, delim=';', quote='"', escape='"',
                  header=true)
)
select coalesce(record, email) as name, coalesce(email, record) as other from customer_references where name is not null
union select record, trim(unnest(string_split(merged, ';'))) from contacts where merged <> ''
"""

SALES = """
create table sales as
select coalesce(by_record.person, by_email.person) as person, day, sales
from orders
left join people as by_record on by_record.name = orders.record
left join people as by_email on by_email.name = orders.email
where counts and day <= $as_of and coalesce(by_record.person, by_email.person) is not null;

create table returns as
select coalesce(by_record.person, by_email.person, by_order_record.person, by_order_email.person) as person,
       refunds.day, amount
from refunds
left join people as by_record on by_record.name = refunds.record
left join people as by_email on by_email.name = refunds.email
left join orders using (order_id)
left join people as by_order_record on by_order_record.name = orders.record
left join people as by_order_email on by_order_email.name = orders.email
where refunds.day <= $as_of;
"""

COHORTS = """
create table cohorts as
with
    firsts as (select person, min(date_trunc('month', day)) as cohort from sales group by person),
    moves as (
        select person, day, 1 as orders, sales as net from sales
        union all select person, day, 0, -amount from returns
    ),
    cells as (
        select
            cohort,
            greatest(0, date_diff('month', cohort, day)) as period,
            count(distinct person) filter (orders = 1) as retained,
            sum(orders) as orders,
            sum(net) as net_sales,
        from moves join firsts using (person)
        group by all
    ),
    sizes as (select cohort, count(*) as size from firsts group by cohort),
    grid as (
        select cohort, size, unnest(range(0, 1 + date_diff('month', cohort, $as_of))) as period from sizes
    )
select
    cohort::date as cohort_month,
    period as period_number,
    size as cohort_size,
    coalesce(retained, 0) as retained_customers,
    coalesce(retained, 0) / size as retention_rate,
    coalesce(orders, 0)::bigint as order_count,
    coalesce(net_sales, 0)::decimal(18, 4) as net_sales,
from grid left join cells using (cohort, period)
order by all;
"""

CLUB = """
create table paid as
with
    periods as (
        select
            id,
            try_cast(started_at as timestamptz)::date as started,
            greatest(started, try_cast(trial_end as timestamptz)::date) as began,
            coalesce(try_cast(ended_at as timestamptz), try_cast(cancelled_at as timestamptz))::date as own_end,
            unit_price::double * coalesce(quantity::double, 1) as amount,
            first_value(nullif(crm_contact, '') ignore nulls) over (partition by id) as record,
            first_value(email_of(customer_email) ignore nulls) over (partition by id) as email,
        from read_csv('{exports}/coffee_club.csv', all_varchar=true, ignore_errors=true, delim=',', header=true)
        where id <> '' and try_cast(unit_price as double) is not null
    ),
    ended as (
        select *, least(own_end, lead(started) over (partition by id order by started, own_end nulls last)) as ends
        from periods
        qualify bool_and(started is not null and coalesce(own_end >= started, true)) over (partition by id)
    )
select coalesce(by_record.person, by_email.person) as person, began, coalesce(ends, date '9999-12-31') as ends
from ended
left join people as by_record on by_record.name = ended.record
left join people as by_email on by_email.name = ended.email
where amount > 0 and began <= $as_of and (ends is null or ends > began)
"""

CHURN = """
create table churn as
with
    -- an order keeps its customer for a year, the club for as long as it is paid; what touches is one active interval
    active_periods as (
        select distinct person, day as began, day + $lapse_days as ends from sales
        union all select person, began, ends from paid where person is not null
    ),
    reached as (
        select
            *,
            max(ends) over (
                partition by person order by began, ends rows between unbounded preceding and 1 preceding
            ) as reach,
        from active_periods
    ),
    numbered as (
        select
            *,
            sum((reach is null or began > reach)::int) over (
                partition by person order by began, ends rows unbounded preceding
            ) as active interval,
        from reached
    ),
    active_intervals as (
        select
            person,
            min(began) as began,
            max(ends) as lapses,
            active interval = 1 as is_first,
            lead(min(began)) over (partition by person order by active interval) as returned,
        from numbered group by person, active interval
    ),
    months as (
        select last_day(month::date) as month_end from (select unnest(range(date_trunc('month', min(began)), $as_of + 1,
        interval 1 month)) as month from active_intervals) where month_end <= $as_of
    ),
    counts as (
        select
            month_end,
            count(*) filter (began <= month_end and lapses > month_end) as active_customers,
            count(*) filter (is_first and date_trunc('month', began) = date_trunc('month', month_end))
                as newly_active_customers,
            count(*) filter (
                lapses <= month_end and lapses > last_day(month_end - interval 12 month)
                and (returned is null or returned > month_end)
            ) as churned,
        from months cross join active_intervals
        group by month_end
    ),
    known as (select last_day(min(day) + $lapse_days - 1 + interval 12 month) as since from sales)
select
    month_end,
    active_customers,
    newly_active_customers,
    churned as churned_customers_12m,
    case when month_end >= since then churned / avg(active_customers) over (order by month_end rows 12 preceding) end
        as churn_rate_12m,
from counts cross join known
order by month_end;
"""


def by_hand(folder: Path, out: Path) -> None:
    out.unlink(missing_ok=True)
    con = duckdb.connect(str(out))
    con.execute("set timezone = 'Europe/Berlin'")
    exports = folder / "exports"
    con.execute(LOAD.format(exports=exports, ignored="|".join(IGNORED_EMAILS).replace(".", "[.]")))
    con.register("found_people", tell_people_apart(con.sql(NAMES.format(exports=exports)).pl()))
    con.execute("create table people as from found_people")
    statements = [SALES, CLUB.format(exports=exports), COHORTS, CHURN]
    for statement in (each for text in statements for each in text.split(";\n") if each.strip()):
        values = {"as_of": AS_OF, "lapse_days": LAPSE_DAYS}
        con.execute(statement, {name: value for name, value in values.items() if f"${name}" in statement})
    con.register("scored", score(con.sql("from sales").pl()))
    con.execute("create table rfm as from scored")
    for used in ("contacts", "orders", "refunds", "sales", "returns", "paid"):
        con.execute(f"drop table {used}")
    con.close()


def tell_people_apart(names: pl.DataFrame) -> pl.DataFrame:
    """A number per group of names that hang together."""
    both = pl.concat([names["name"], names["other"]])
    distinct = both.unique().sort()
    code = pl.DataFrame({"name": distinct, "code": np.arange(len(distinct))})
    codes = both.to_frame().join(code, on="name", how="left", maintain_order="left")["code"].to_numpy()
    left, right = codes[: len(names)], codes[len(names) :]
    links = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(len(distinct), len(distinct)))
    return pl.DataFrame({"name": distinct, "person": connected_components(links, directed=False)[1]})


def score(sales: pl.DataFrame) -> pl.DataFrame:
    """Recency, frequency and monetary value of each person, with fifths by rank."""
    days = sales.group_by("person", "day").agg(pl.col("sales").sum()).sort("person", "day")
    is_repeat = pl.col("day") > pl.col("day").min().over("person")
    rfm = (
        days.with_columns(repeat=pl.when(is_repeat).then("sales"))
        .group_by("person")
        .agg(
            recency_days=(pl.lit(AS_OF) - pl.col("day").max()).dt.total_days(),
            frequency=pl.len().cast(pl.Int64) - 1,
            monetary_value=pl.col("repeat").sum().cast(pl.Float64) / pl.col("repeat").count(),
        )
        .with_columns(pl.col("monetary_value").fill_nan(None).round(4).cast(pl.Decimal(18, 4)))
    )
    fifth = {
        "recency_score": -pl.col("recency_days"),
        "frequency_score": pl.col("frequency"),
        "monetary_score": pl.col("monetary_value").fill_null(0),
    }
    return rfm.with_columns(
        **{name: ((value.rank("ordinal") - 1) * 5 // pl.len() + 1).cast(pl.Int64) for name, value in fifth.items()}
    ).sort("person")


if __name__ == "__main__":
    by_hand(Path(sys.argv[1]), Path(sys.argv[2]))
