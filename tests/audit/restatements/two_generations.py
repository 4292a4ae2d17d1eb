"""Two generations without a run: core from delivered rows, the marts with metrics, and what the second one restates."""

import inspect
from types import SimpleNamespace

from regulars.pipelines.audit.restatements.parent import ParentGeneration
from regulars.pipelines.audit.restatements.restate import INPUTS, find_restatements
from regulars.pipelines.home.generation import PARQUET_FOLDER, parquet_path
from regulars.pipelines.run.lineage import Lineage
from regulars.pipelines.settings.customers.rfm import Rfm
from regulars.pipelines.settings.customers.value_tiers import ValueTiers
from regulars.pipelines.settings.settings import Cohorts, Surveys
from regulars.pipelines.transforms.churn.churn import churn
from regulars.pipelines.transforms.cohorts.customer_dimensions import customer_dimensions
from regulars.pipelines.transforms.cohorts.retention_cohorts import retention_cohorts
from regulars.pipelines.transforms.customers.customer_segments import customer_segments
from regulars.pipelines.transforms.money.sales_new_vs_returning import sales_new_vs_returning
from regulars.pipelines.transforms.subscriptions.mrr_movements import mrr_movements
from regulars.pipelines.transforms.voice.nps import nps
from tests.builders import AS_OF, build, tables_there

FUNCTIONS = {
    each.__name__: each
    for each in (
        customer_dimensions,
        sales_new_vs_returning,
        churn,
        retention_cohorts,
        customer_segments,
        nps,
        mrr_movements,
    )
}
SAME = Lineage(code="c", versions={}, settings={})


class Parent(ParentGeneration):
    """A parent whose tables are read from a folder of Parquet files."""

    def find_path(self, table):
        return parquet_path(self.generation.path / PARQUET_FOLDER, table)

    def read_lineage(self):
        return SAME


def company(lapse_days=365, **tables):
    """A build with core and the marts with metrics."""
    con = build(**tables)
    con.execute("alter table landed.files add column if not exists record_count integer")
    con.execute(
        "create table if not exists identity.events (customer_id varchar, other_customer_id varchar, event varchar)"
    )
    for name in FUNCTIONS:
        con.register("made", replays(con, lapse_days)(f"marts.{name}", None).to_arrow())
        con.execute(f"create table marts.{name} as from made")
        con.unregister("made")
    return con


def replays(con, lapse_days=365):
    """Runs a mart on other tables of core; `None`: on the build's own."""
    settings = {
        "as_of": AS_OF,
        "lapse_days": lapse_days,
        "attributes": (),
        "rfm": Rfm(),
        "value_tiers": ValueTiers(),
        "cohorts": Cohorts(grains=["month"], dimensions=[]),
        "subscription_revenue_is_in_orders": False,
        "surveys": Surveys(dimensions=[]),
    }

    def replay(table, core):
        function, frames, options = FUNCTIONS[table.partition(".")[2]], {}, {}
        for each in inspect.signature(function).parameters.values():
            if each.kind is inspect.Parameter.KEYWORD_ONLY:
                options[each.name] = settings[each.name]
            elif each.name in FUNCTIONS:
                frames[each.name] = replay(f"marts.{each.name}", core).lazy()
            elif core is None or f"core.{each.name}" not in core:
                rows = con.sql(f"select * from core.{each.name} {'' if core is None else 'limit 0'}").pl()
                frames[each.name] = rows.lazy()
            else:
                frames[each.name] = core[f"core.{each.name}"]
        return function(**frames, **options)

    return replay


def published(con, folder):
    """Write what of a build the next run reads, as a generation does; returns the folder."""
    (folder / "parquet" / "meta").mkdir(parents=True)
    for name in (name for name in tables_there(con) if name.startswith(("core.", "marts."))):
        path = folder / "parquet" / name.replace(".", "/")
        path.parent.mkdir(exist_ok=True)
        con.execute(f"copy {name} to '{path}.parquet' (format parquet)")
    versions = " union all ".join(f"select '{name}' as table_name, '1.0.0' as version" for name in INPUTS)
    for name, rows in {"contracts": versions, "files": "select source, file_sha256 from landed.files"}.items():
        con.execute(f"copy ({rows}) to '{folder}/parquet/meta/{name}.parquet' (format parquet)")
    return folder


def parent_in(folder, con):
    """The generation of a folder, as the parent of the build `con`."""
    tables = [f"{path.parent.name}.{path.stem}" for path in folder.glob("parquet/*/*.parquet")]
    return Parent(con, SimpleNamespace(path=folder, manifest=SimpleNamespace(as_of=AS_OF, tables=tables)))


def restatements(con, parent, now=SAME, lapse_days=365, definition="1.0.0", comparison=None):
    """What the build `con` restates: rows as dictionaries. `comparison` is filled with what was compared."""
    run = SimpleNamespace(
        warehouse=SimpleNamespace(con=con),
        contracts={name: SimpleNamespace(version=definition) for name in INPUTS},
        parent=SimpleNamespace(name="g000001", number=1),
        number=2,
        as_of=AS_OF,
        comparison={} if comparison is None else comparison,
    )
    return find_restatements(run, parent, now, replays(con, lapse_days)).to_dicts()
