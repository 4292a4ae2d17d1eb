"""For random deliveries a naive reading of the rules agrees on what becomes of every record, in all three modes."""

import datetime as dt
from collections import defaultdict
from typing import NamedTuple

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.contracts.quarantine.quarantine_step import SourceFacts, choose_documents
from tests.contracts.deliveries import delivered, raw_contracts

CONTRACTS = {kind: raw_contracts()[kind] for kind in ("orders", "order_lines")}


class Record(NamedTuple):
    """A line of an order as a file holds it."""

    delivery: int
    order: str
    line: str | None
    price: str
    updated: int | None
    is_bad: bool

    @property
    def values(self):
        return self.line, self.price, self.is_bad


RECORDS = st.lists(
    st.builds(
        Record,
        st.integers(1, 3),
        st.sampled_from("abc"),
        st.sampled_from([None, None, "1", "2"]),
        st.sampled_from(["5", "6"]),
        st.sampled_from([None, 1, 2, 3]),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=14,
)


def read_naively(records: list[Record], mode: str) -> list[str]:
    """What becomes of each record, read off the documentation one rule at a time."""
    if mode == "full":
        newest = max((record.delivery for record in records), default=0)
        kept = [number for number, record in enumerate(records) if record.delivery == newest]
        found = dict(zip(kept, read_naively([records[number] for number in kept], "incremental"), strict=True))
        return [found.get(number, "not read") for number in range(len(records))]
    fates: dict[int, str] = {}
    bad = {number for number, record in enumerate(records) if record.is_bad}
    for same in group(range(len(records)), lambda n: (records[n].delivery, records[n].order, records[n].line)):
        if records[same[0]].line is not None:
            settle_repeats(records, same, fates, bad)
    units: dict[object, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    copies: dict[object, int] = defaultdict(int)
    for number, record in enumerate(records):
        unit: tuple[object, ...] = (record.order,)
        if mode == "append" and record.line is not None:
            unit = (record.order, record.line)
        elif mode == "append":
            copies[record.delivery, record.order, record.values] += 1
            unit = (record.order, record.values, copies[record.delivery, record.order, record.values])
        if number not in fates:
            units[unit][record.delivery].append(number)
    ranked = {unit: rank(records, versions) for unit, versions in units.items()}
    good = {unit: [version for version in versions if not bad & set(version)] for unit, versions in ranked.items()}
    lost = {unit[0] for unit, versions in good.items() if not versions}
    for unit, versions in ranked.items():
        used = good[unit][-1] if good[unit] and unit[0] not in lost else None
        for place, version in enumerate(versions):
            if version is used:
                fate = "used"
            elif place > (versions.index(used) if used is not None else len(versions) - 2):
                fate = "quarantined"
            elif mode == "append" and used is not None and says_the_same(records, version, used):
                fate = "duplicate"
            else:
                fate = "superseded"
            fates |= dict.fromkeys(version, fate)
    return [fates[number] for number in range(len(records))]


def says_the_same(records: list[Record], version: list[int], used: list[int]) -> bool:
    """Whether every record of one version has the values of the other."""
    return {records[number].values for number in version} == {records[used[0]].values}


def settle_repeats(records: list[Record], same: list[int], fates: dict[int, str], bad: set[int]) -> None:
    """Several records of one delivery under one id."""
    contents = group(same, lambda number: (records[number].values, records[number].updated))
    moments = [records[content[0]].updated for content in contents]
    newest = max((moment for moment in moments if moment is not None), default=None)
    if len(contents) > 1 and (None in moments or moments.count(newest) > 1):
        bad |= set(same)
        return
    for content, moment in zip(contents, moments, strict=True):
        if moment == newest:
            fates |= dict.fromkeys(content[1:], "duplicate")
        else:
            fates |= dict.fromkeys(content, "superseded")


def rank(records: list[Record], versions: dict[int, list[int]]) -> list[list[int]]:
    """The versions of a unit from the oldest to the newest."""
    known, keyed = 0, []
    for delivery in sorted(versions):
        moments = [moment for number in versions[delivery] if (moment := records[number].updated) is not None]
        own = max(moments, default=known)
        known = max(known, own)
        keyed.append((own, delivery, versions[delivery]))
    return [version for _, _, version in sorted(keyed)]


def group(numbers, key):
    """Numbers with equal keys together, in order."""
    found = defaultdict(list)
    for number in numbers:
        found[key(number)].append(number)
    return list(found.values())


def read_by_sql(con: duckdb.DuckDBPyConnection, records: list[Record], mode: str) -> list[str]:
    """What the quarantine step decides, without Great Expectations: a bad price is noted as such."""
    day = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    newest = max((record.delivery for record in records), default=0)
    read = [number for number, each in enumerate(records) if mode != "full" or each.delivery == newest]
    rows = [
        {
            "_delivery": records[number].delivery,
            "line_type": "sale",
            "order_id": records[number].order,
            "line_id": records[number].line,
            "unit_price": ("x" if records[number].is_bad else "") + records[number].price,
            "updated_at": str(day + dt.timedelta(days=moment))[:19] if (moment := records[number].updated) else None,
        }
        for number in read
    ]
    con.execute("drop schema if exists quarantine_work cascade")
    con.execute("create schema quarantine_work")
    con.execute("delete from landed.order_lines")
    for kind in CONTRACTS:
        con.execute(f"create table quarantine_work.{kind}_violations (rule varchar, row_id bigint)")
    for place, row in enumerate(rows):
        names = ", ".join(row)
        con.execute(
            f"insert into landed.order_lines ({names}, _source, _system, _row_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [*row.values(), "shop", "shop", place],
        )
    con.execute(
        "insert into quarantine_work.order_lines_violations "
        "select 'order_lines.unit_price.reads_as', _row_id from landed.order_lines where unit_price like 'x%'"
    )
    choose_documents(con, CONTRACTS, CONTRACTS, {"shop": SourceFacts(appends=mode == "append")})
    found = con.execute(
        "select coalesce(outcome, 'used') from landed.order_lines left join quarantine_work.order_lines_left_out "
        "on row_id = _row_id order by _row_id"
    ).fetchall()
    fates = {number: fate for number, (fate,) in zip(read, found, strict=True)}
    return [fates.get(number, "not read") for number in range(len(records))]


@pytest.fixture(scope="module")
def con():
    with delivered(duckdb.connect()) as con:
        yield con


@pytest.mark.parametrize("bad", [0, 1])
def test_an_older_version_that_contradicts_itself_is_superseded_in_any_order(con, bad):
    older = [Record(3, "a", "2", "6", 1, True), Record(3, "a", "2", "6", None, False)]
    newest = Record(1, "a", "2", "6", 2, False)
    assert read_by_sql(con, [older[bad], older[1 - bad], newest], "append") == ["superseded", "superseded", "used"]


@pytest.mark.parametrize("mode", ["full", "incremental", "append"])
@settings(max_examples=15, deadline=None)
@given(records=RECORDS)
def test_a_naive_reading_of_the_rules_agrees(con, mode, records):
    assert read_by_sql(con, records, mode) == read_naively(records, mode)
