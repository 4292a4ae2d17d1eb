"""Small generations with keys, comments and a view, to be delivered."""

import dataclasses
from pathlib import Path

from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.files.tables import Table
from regulars.pipelines.publish.generation import publish_generation
from tests.publish.builders import AS_OF, NOW, build, contents

FACTS = """
    create table meta.data_dictionary as
    select table_name, column_name, true as is_key, true as is_required from (values
        ('core.orders', 'system'), ('core.orders', 'order_id'), ('core.customers', 'customer_id'),
        ('marts.customer_360', 'customer_id')
    ) keys(table_name, column_name)
    union all values ('core.customers', 'customer_idx', false, true), ('core.customers', 'city', false, false);
    create table meta.relationships as
    from (values
        ('marts.customer_360', 'customer_id', 'core.customers', 'customer_id', true),
        ('marts.customer_360', 'customer_idx', 'core.customers', 'customer_idx', true),
        ('marts.churn', 'orders', 'core.customers', 'customer_idx', false)
    ) references_(table_name, column_names, to_table, to_column_names, is_enforced);
"""
CUSTOMERS = """
    create table core.customers as
    from (values ('c1', 1, 'a "quoted", text'), ('c2', 2, ''), ('c3', 3, null)) t(customer_id, customer_idx, city);
    create table marts.customer_360 as
    select customer_id, customer_idx, 'NaN'::double as share, true as is_active,
        timestamp '2026-01-31 23:59:59.123456' as last_seen_at, 99999999999999.9999::decimal(18, 4) as sales,
        'Zoë' || chr(10) || chr(92) || 'N ' || chr(9) || '牛' as note
    from core.customers;
"""
TABLES = (
    Table("core.orders", ("system", "order_id")),
    Table("core.customers", ("customer_id",)),
    Table("marts.churn", ("month_end",)),
    Table("marts.customer_360", ("customer_id",)),
    Table("meta.runs", ("generation",)),
    Table("meta.data_dictionary", ("table_name", "column_name")),
    Table("meta.relationships", ("table_name", "column_names")),
)
COMMENTS = {
    "core.orders": "One row per order.",
    "marts.churn": "How many are lost.",
    "marts.churn.churned": "Customers' losses.",
    "marts.churn_all": "The whole base.",
}
VIEWS = {"marts.churn_all": 'select month_end, churned, "orders" from marts.churn where orders > 0'}


def publish(home: Home, run: int = 1, *, more: str = "", rows: int = 3) -> Generation:
    """Publish a generation whose numbers depend on `run`, after changes by the SQL of `more`."""
    with home.lock("regulars run"):
        home.prepare()
        number, parent = home.next_number(), home.current()
        with build(run, generation=number, rows=rows) as con:
            con.execute(CUSTOMERS + FACTS + more)
            found = con.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
            names = {name for (name,) in found}
            own = dataclasses.replace(
                contents(fingerprint=f"run {run}"),
                tables=[each for each in TABLES if each.name in names],
                comments=COMMENTS,
                views={name: view for name, view in VIEWS.items() if "marts.churn" in names},
            )
            return publish_generation(
                con, home, own, number=number, parent=parent, as_of=AS_OF, clock=lambda: NOW
            ).generation


def prepared_home(path: Path) -> Home:
    home = Home(path)
    home.prepare()
    return home
