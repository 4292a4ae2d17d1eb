"""Makes `meta.delivery_profiles`: a few numbers about each delivery, with which later deliveries are compared.

Put here: measuring new deliveries, and carrying forward what the parent knew. Keep out: comparing (`volume.py`).

The numbers live in a table of the generation, not in the ledger: they follow from how the settings map a delivery, they
go back with `regulars rollback`, and anybody may look at them. A delivery is measured once. Those of a full source are
gone from the build when the next one lands; the parent's table still has them.
"""

import datetime as dt

import duckdb
import polars as pl
from polars._typing import PolarsDataType

from regulars.pipelines.audit.findings.deliveries.day_measures import (
    AGE,
    DAY_MEASURES,
    HOUR,
    LAG,
    NEWEST,
    WEEKDAY,
    find_day_column,
    find_event_column,
    select_day_measures,
    select_newest_day,
)
from regulars.pipelines.audit.findings.deliveries.id_measures import (
    CURRENCY_SHARE,
    KNOWN,
    REPEATED,
    list_id_measures,
)
from regulars.pipelines.audit.findings.deliveries.profile import Profile
from regulars.pipelines.audit.findings.deliveries.usual import COMPARED
from regulars.pipelines.audit.restatements.parent import ParentGeneration
from regulars.pipelines.kinds.shape.kind import TRACE_COLUMNS, Kind
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.run.run import Run

TABLE = "meta.delivery_profiles"
KEPT = COMPARED + 12
"""Deliveries that are kept per source and kind; more than are compared, since several may land in one run."""

ROWS, MEDIAN_AMOUNT, CUSTOMERS, EMPTY = "rows", "median_amount", "customers_per_row", "empty"
BY_COLUMN = (EMPTY, KNOWN, CURRENCY_SHARE)
"""Measures of which a delivery has several, by column or by currency."""

SCHEMA: dict[str, PolarsDataType] = {
    "source": pl.String,
    "kind": pl.String,
    "delivery": pl.Int32,
    "file_name": pl.String,
    "landed_at": pl.Datetime("us"),
    "measure": pl.String,
    "column_name": pl.String,
    "value": pl.Float64,
}
MEASURED = ("source", "kind", "delivery", "measure", "column_name", "value")
NEW_DELIVERIES = """
    create or replace temp table new_deliveries as
    select source, delivery
    from landed.files
    anti join known using (source, delivery)
    qualify row_number() over (partition by source order by delivery desc) <= $kept
"""
WITHOUT_ROWS = """
    -- one row per new delivery and kind without rows: its file may be empty
    with
        fed as (
            select source, delivery, unnest(string_split(kinds, ',')) as kind
            from landed.files
            semi join new_deliveries using (source, delivery)
        )

    select source, kind, delivery
    from fed
    anti join measured using (source, kind, delivery)
"""
NAMED = """
    from measured
    join landed.files as files on files.source = measured.source and files.delivery = measured.delivery
    select
        measured.source, measured.kind, measured.delivery, files.file_name, files.landed_at,
        measured.measure, measured.column_name, measured.value
"""


def write_delivery_profiles(run: Run) -> None:
    """Make `meta.delivery_profiles`.

    Args:
        run: The run; `landed` is filled.
    """
    known = read_known_profiles(run)
    measured = measure_new_deliveries(run.warehouse.con, known, run.as_of, run.settings.company.timezone)
    is_kept = pl.col("delivery").rank("dense", descending=True).over("source", "kind") <= KEPT
    profiles = pl.concat([known, measured]).filter(is_kept).sort("source", "kind", "delivery", "measure", "column_name")
    run.warehouse.write_frame(TABLE, profiles, run.contracts[TABLE].types)


def read_known_profiles(run: Run) -> pl.DataFrame:
    """What the parent knew of deliveries to sources that the settings still have; of a backfill, nothing."""
    parent = run.parent
    if parent is None or parent.manifest.as_of > run.as_of:
        return pl.DataFrame(schema=SCHEMA)
    generation = ParentGeneration(run.warehouse.con, parent)
    known = generation.read_columns(TABLE, SCHEMA)
    return known.filter(pl.col("source").is_in(list(run.settings.sources)))


def measure_new_deliveries(
    con: duckdb.DuckDBPyConnection, known: pl.DataFrame, as_of: dt.date, zone: str
) -> pl.DataFrame:
    """Measure the deliveries of `landed` that are not known yet.

    Args:
        con: The build, with `landed`.
        known: Profiles of earlier deliveries, as this returns them.
        as_of: The day of the run.
        zone: The company's time zone: in which days and hours are.

    Returns:
        The columns of `SCHEMA`; one row per source, kind, delivery, measure and column: rows, the median amount,
        different customers per row that names one, per column the share of rows that lack it, and what
        `day_measures.py` and `id_measures.py` measure.
    """
    con.register("known", known.select("source", "delivery").unique().to_arrow())
    con.execute(NEW_DELIVERIES, {"kept": KEPT})
    con.unregister("known")
    frames = [pl.DataFrame(schema={name: SCHEMA[name] for name in MEASURED})]
    for kind in KINDS.values():
        wide = con.sql(_select_measures(kind)).pl()
        if wide.is_empty():
            continue
        frames.append(_make_long(wide, kind.name))
        frames += _measure_days(con, kind, as_of, zone)
        frames += [_type_rows(con.sql(select).pl(), kind.name) for select in list_id_measures(kind)]
    con.register("measured", pl.concat(frames).to_arrow())
    without = con.sql(WITHOUT_ROWS).pl().with_columns(measure=pl.lit(ROWS), column_name=pl.lit("-"), value=pl.lit(0.0))
    con.register("measured", pl.concat([*frames, without.select(MEASURED)], how="vertical_relaxed").to_arrow())
    con.execute("drop table new_deliveries")
    named = con.sql(NAMED).pl()
    con.unregister("measured")
    return named.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def _select_measures(kind: Kind) -> str:
    amount = f"median({kind.money.amount})" if kind.money else "null"
    customer = "coalesce(customer_record_id, email)" if kind.reference or kind.name == "customers" else "null"
    traces = ", ".join(name for name, _ in TRACE_COLUMNS)
    return f"""
        select
            landed._source as _source,
            landed._delivery as _delivery,
            cast(count(*) as double) as _rows,
            cast({amount} as double) as _median_amount,
            count(distinct {customer}) / nullif(count({customer}), 0) as _customers_per_row,
            avg(cast(columns(landed.* exclude ({traces})) is null as integer)),
        from landed.{kind.name} as landed
        semi join new_deliveries as wanted on wanted.source = landed._source and wanted.delivery = landed._delivery
        group by landed._source, landed._delivery
    """


def _make_long(wide: pl.DataFrame, kind: str) -> pl.DataFrame:
    """One row per number; those that are not known are left out."""
    measures = {"_rows": ROWS, "_median_amount": MEDIAN_AMOUNT, "_customers_per_row": CUSTOMERS}
    measures |= {name: name for name in DAY_MEASURES if name in wide.columns}
    numbers = wide.with_columns(pl.exclude("_source", "_delivery").cast(pl.Float64))
    long = numbers.unpivot(index=["_source", "_delivery"], variable_name="name", value_name="value").drop_nulls("value")
    is_column = ~pl.col("name").is_in(list(measures))
    return long.select(
        pl.col("_source").alias("source"),
        pl.lit(kind).alias("kind"),
        pl.col("_delivery").cast(pl.Int32).alias("delivery"),
        pl.when(is_column).then(pl.lit(EMPTY)).otherwise(pl.col("name").replace(measures)).alias("measure"),
        pl.when(is_column).then("name").otherwise(pl.lit("-")).alias("column_name"),
        "value",
    )


def _measure_days(con: duckdb.DuckDBPyConnection, kind: Kind, as_of: dt.date, zone: str) -> list[pl.DataFrame]:
    if event := find_event_column(kind):
        select = select_day_measures(kind, event)
    elif day := find_day_column(kind):
        select = select_newest_day(kind, day)
    else:
        return []
    values = {name: value for name, value in {"as_of": as_of, "zone": zone}.items() if f"${name}" in select}
    return [_make_long(con.execute(select, values).pl(), kind.name)]


def _type_rows(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    return rows.with_columns(kind=pl.lit(kind)).select(pl.col(name).cast(SCHEMA[name]) for name in MEASURED)


def read_profiles(frame: pl.DataFrame) -> list[Profile]:
    """The rows of `meta.delivery_profiles` as one value per source, kind and delivery, in the order of landing."""
    profiles = []
    for (source, kind, delivery), rows in frame.sort("delivery", "source", "kind").group_by(
        "source", "kind", "delivery", maintain_order=True
    ):
        is_by_column = pl.col("measure").is_in(BY_COLUMN)
        numbers = dict(rows.filter(~is_by_column).select("measure", "value").iter_rows())
        by_column = {
            measure: dict(rows.filter(pl.col("measure") == measure).select("column_name", "value").iter_rows())
            for measure in BY_COLUMN
        }
        profiles.append(
            Profile(
                source=str(source),
                kind=str(kind),
                delivery=int(str(delivery)),
                file_name=rows["file_name"][0],
                rows=numbers[ROWS],
                median_amount=numbers.get(MEDIAN_AMOUNT),
                customers_per_row=numbers.get(CUSTOMERS),
                empty=by_column[EMPTY],
                known=by_column[KNOWN],
                currencies=by_column[CURRENCY_SHARE],
                repeated=numbers.get(REPEATED),
                weekday=numbers.get(WEEKDAY),
                median_hour=numbers.get(HOUR),
                lag_days=numbers.get(LAG),
                newest_day=numbers.get(NEWEST),
                age_days=numbers.get(AGE),
            )
        )
    return profiles
