"""Merges a company's own tables and contracts over ours, or says in a sentence what is wrong with them.

Put here: contracts of a company, and the rules that its SELECTs keep as ours do. Keep out: building the tables.
"""

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from regulars.pipelines.contracts.attribute_columns import add_attributes
from regulars.pipelines.contracts.company_values import list_dimensions, name_company_values
from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.odcs.lint import lint_company
from regulars.pipelines.contracts.odcs.load import load_contracts
from regulars.pipelines.contracts.raw_contracts import load_all_contracts
from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.company_folder import CONTRACTS, NAME, SQL, list_company_files
from regulars.pipelines.settings.package import CONTRACTS_FOLDER
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.warehouse.sql_files import LAYERS, list_company_selects, table_selects, tables_read_by

OWN_LAYERS = ("staging", "core", "marts")
"""Layers in which a company may have tables of its own."""

_TABLE_NAME = re.compile(r"[a-z][a-z0-9_]*")
_READS_OUTSIDE = re.compile(
    r"\b(read_\w+|query_table|query|glob|sniff_csv|parquet_\w+|pivot|unpivot|getenv|random|now|current_date"
    r"|current_timestamp|today)\b",
    re.IGNORECASE,
)
"""What no SELECT may use: what its parse tree does not show, the world outside, and what differs from run to run."""


def load_run_contracts(settings: Settings) -> dict[str, Contract]:
    """The contracts of a run: ours, the company's own over them, and its own attributes and names in them.

    Raises:
        SettingsWrong: A file in `company/` is wrong, with a sentence per mistake; or an attribute is.
    """
    ours = load_all_contracts(CONTRACTS_FOLDER)
    merged = add_attributes(merge_company_contracts(ours, settings.company_folder), settings.attributes)
    return list_dimensions(name_company_values(merged, settings.rfm, settings.value_tiers), settings.cohorts.dimensions)


def merge_company_contracts(ours: Mapping[str, Contract], company: Path | None) -> dict[str, Contract]:
    """Our contracts with those of a company over them.

    Raises:
        SettingsWrong: A file in `company/` is wrong, with a sentence per mistake.
    """
    if company is None:
        return dict(ours)
    try:
        own = load_contracts(company / CONTRACTS, CONTRACTS_FOLDER)
    except SettingsWrong as wrong:
        raise SettingsWrong("\n".join(f"{NAME}/{CONTRACTS}/{line}" for line in str(wrong).splitlines())) from None
    mistakes = list(_find_mistakes(company, ours, own))
    mistakes += [_name_place(problem) for problem in lint_company(company / CONTRACTS, own, ours)]
    if mistakes:
        raise SettingsWrong("\n".join(mistakes))
    return {**ours, **own}


def _name_place(problem: str) -> str:
    """A problem of one file begins with that file; what two contracts say together is about the folder."""
    is_of_file = ".odcs.yaml" in problem.partition(":")[0]
    return f"{NAME}/{CONTRACTS}{'/' if is_of_file else ': '}{problem}"


def _find_mistakes(company: Path, ours: Mapping[str, Contract], own: Mapping[str, Contract]) -> Iterator[str]:
    yield from _find_strange_files(company)
    selects = list_company_selects(company)
    our_selects = table_selects()
    names = {each.partition(".")[2]: each for each in ours if not each.startswith("raw.")}
    for table, select in selects.items():
        where, (layer, _, name) = f"{NAME}/{SQL}/{table.replace('.', '/')}.sql", table.partition(".")
        if table in ours and table not in our_selects:
            yield f"{where}: {table} is computed by Regulars; give yours another name"
        elif names.get(name, table) != table:
            yield f"{where}: {names[name]} has the same name without its layer; give yours another name"
        if layer != "staging" and table not in ours and table not in own:
            yield f"{where}: {table} has no contract; write {NAME}/{CONTRACTS}/{layer}/{name}.odcs.yaml"
        yield from (
            f"{where}: {what}" for what in _find_select_mistakes(layer, select, {*our_selects, *selects, *ours})
        )
    for table in own:
        where = f"{NAME}/{CONTRACTS}/{table.replace('.', '/')}.odcs.yaml"
        if table not in ours and table not in selects:
            yield f"{where}: there is no table {table}; write {NAME}/{SQL}/{table.replace('.', '/')}.sql"
        if table in ours and [column.name for column in own[table].columns][: len(ours[table].columns)] != [
            column.name for column in ours[table].columns
        ]:
            yield f"{where}: it lacks columns of {table} that other tables read; keep ours, and add yours behind them"
    yield from _find_cycles({**our_selects, **selects})


def _find_strange_files(company: Path) -> Iterator[str]:
    for path in list_company_files(company):
        place = path.relative_to(company)
        part, *folders, file = place.parts
        ending = ".sql" if part == SQL else ".odcs.yaml"
        if len(folders) != 1 or folders[0] not in OWN_LAYERS or not file.endswith(ending):
            yield (
                f"{NAME}/{place.as_posix()}: tables of a company are {SQL}/<layer>/<table>.sql, and their contracts "
                f"{CONTRACTS}/<layer>/<table>.odcs.yaml, where the layer is one of {', '.join(OWN_LAYERS)}"
            )
        elif not _TABLE_NAME.fullmatch(file.removesuffix(ending)):
            yield f"{NAME}/{place.as_posix()}: name a table in small letters, digits and underscores"


def _find_select_mistakes(layer: str, select: str, tables: set[str]) -> Iterator[str]:
    first, _, body = select.partition("\n")
    if not first.startswith("-- ") or len(first) < 10:
        yield "begin with a line that says what one row is, such as `-- One row per order.`"
    plain = re.sub(r"--[^\n]*|'[^']*'", " ", body)
    if outside := _READS_OUTSIDE.search(plain):
        yield f"it uses `{outside[0].lower()}`; a SELECT reads tables of the run only, and gives the same each time"
    try:
        read = tables_read_by(select)
    except ValueError as wrong:
        yield str(wrong)
        return
    for table in sorted(read):
        source = table.partition(".")[0]
        if source not in LAYERS:
            yield f"it reads {table}; write tables with their layer, one of {', '.join(LAYERS[1:-1])}"
        elif layer in LAYERS and LAYERS.index(source) > LAYERS.index(layer):
            yield f"it reads {table}, which is made after the layer {layer}"
        elif table not in tables and source not in ("raw", "identity"):
            yield f"there is no table {table}"


def _find_cycles(selects: Mapping[str, str]) -> Iterator[str]:
    reads: dict[str, set[str]] = {}
    for table, select in selects.items():
        try:
            reads[table] = set(tables_read_by(select))
        except ValueError:
            continue
    try:
        list(TopologicalSorter(reads).static_order())
    except CycleError as cycle:
        yield f"{NAME}/{SQL}: tables read each other in a circle: {' -> '.join(cycle.args[1])}"
