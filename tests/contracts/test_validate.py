"""Every kind of rule, kept and broken; Great Expectations and our SQL count the same rows."""

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.odcs.load import load_contract
from regulars.pipelines.contracts.rule import Rule
from regulars.pipelines.contracts.validation import validate as module
from regulars.pipelines.contracts.validation.validate import CannotValidate, validate_table
from regulars.pipelines.contracts.violations import select_failed_count, select_violations

ROOT = Path(__file__).parents[2]
CANARY = "ada.canary@example.org"


def rule(kind: Any, *columns: str, **arguments: Any) -> Rule:
    return Rule(f"things.{'+'.join(columns)}.{kind}", "core.things", kind, columns, arguments)


def contract_of(*rules: Rule) -> Contract:
    return Contract("core.things", "1.0.0", "table", "", "", "", (), rules)


def things(columns: str, *rows: str) -> duckdb.DuckDBPyConnection:
    """`core.things` with these columns, a `_row_id` and these rows; `core.parents` holds 1 and 2."""
    con = duckdb.connect()
    con.execute("create schema core")
    con.execute(f"create table core.things (_row_id integer, {columns})")
    con.execute("create table core.parents as select * from (values (1, 'a'), (2, 'b')) parents(id, system)")
    for number, row in enumerate(rows, 1):
        con.execute(f"insert into core.things values ({number}, {row})")
    return con


def broken_rows_of(con: duckdb.DuckDBPyConnection, rule: Rule) -> list[int]:
    """The rows that our SQL finds, after checking that Great Expectations counts as many."""
    (result,) = validate_table(con, contract_of(rule))
    rows = sorted(row_id for (row_id,) in con.execute(select_violations(rule, "core.things")).fetchall())
    assert result.failed_count == len(rows)
    assert con.execute(select_failed_count(rule, "core.things")).fetchall() == [(len(rows),)]
    assert result.passed is (rows == [])
    return rows


DATE, MOMENT, MONEY = "DATE", "TIMESTAMP", "DECIMAL(18,4)"


def reads_as(kind: str) -> Rule:
    from regulars.pipelines.contracts.rule import find_written_form

    return rule("reads_as", "x", pattern=find_written_form(kind)[0], type=kind)


@pytest.mark.parametrize(
    ("rule", "columns", "kept", "broken"),
    [
        (rule("required", "x"), "x varchar", ["'a'", "''"], ["null"]),
        (rule("pattern", "x", pattern="[A-Z]{3}"), "x varchar", ["'EUR'", "null"], ["'EURO'", "'eur'", "''"]),
        (rule("pattern", "x", pattern="^[A-Z]{3}$"), "x varchar", ["'EUR'"], ["'EUR\nUSD'", "'xEUR'"]),
        (rule("one_of", "x", values=("a", "it's")), "x varchar", ["'a'", "'it''s'", "null"], ["'b'", "'A'"]),
        (rule("one_of", "x", values=(1, 2)), "x integer", ["1", "null"], ["3"]),
        (rule("finite", "x"), "x double", ["0", "-1e300", "null"], ["'nan'", "'inf'", "'-inf'"]),
        (rule("range", "x", minimum=0, maximum=1), "x double", ["0", "1", "null"], ["-0.1", "1.1", "'nan'", "'inf'"]),
        (rule("range", "x", exclusiveMinimum=0), "x decimal(18,4)", ["0.0001"], ["0", "-1"]),
        (rule("range", "x", exclusiveMaximum=0.1), "x decimal(18,4)", ["0.0999"], ["0.1"]),
        (rule("range", "x", minimum="2020-01-02"), "x date", ["'2020-01-02'"], ["'2020-01-01'"]),
        (rule("range", "x", maximum="2020-01-02 00:00:00"), "x timestamp", ["'2020-01-02'"], ["'2020-01-02 00:00:01'"]),
        (rule("range", "x", minimum=0, type=MONEY), "x varchar", ["'0'", "'10'", "'9'", "null", "'abc'"], ["'-0.01'"]),
        (rule("range", "x", minimum="1990-01-01", type=DATE), "x varchar", ["'1990-01-01'"], ["'1989-12-31'"]),
        (rule("predicate", predicate="x < y"), "x integer, y integer", ["1, 2", "null, 2"], ["2, 2"]),
        (rule("unique", "x"), "x varchar", ["'a'", "'b'", "null", "null"], ["'c'", "'c'", "'c'"]),
        (rule("unique", "x", "y"), "x integer, y varchar", ["1, 'a'", "1, 'b'", "2, null", "2, null"], ["3, 'a'"] * 2),
        (rule("references", "x", table="core.parents", columns=("id",)), "x integer", ["1", "2", "null"], ["3", "4"]),
        (
            rule("references", "y", "x", table="core.parents", columns=("system", "id")),
            "x integer, y varchar",
            ["1, 'a'", "2, 'b'", "1, null", "null, 'zzz'"],
            ["1, 'b'"],
        ),
        (rule("query", query="select * from {table} where x = '{}'"), "x varchar", ["'a'"], ["'{}'"]),
    ],
    ids=lambda value: value.type if isinstance(value, Rule) else None,
)
def test_a_rule_is_broken_by_exactly_the_rows_that_break_it(rule, columns, kept, broken):
    con = things(columns, *kept, *broken)
    assert broken_rows_of(con, rule) == list(range(len(kept) + 1, len(kept) + len(broken) + 1))


@pytest.mark.parametrize(
    ("rule", "columns", "kept"),
    [
        (rule("required", "x"), "x varchar", ["'a'"]),
        (rule("range", "x", minimum=0), "x double", ["1"]),
        (rule("unique", "x"), "x varchar", ["'a'", "'b'"]),
        (rule("query", query="select * from {table} where x < 0"), "x integer", ["1"]),
    ],
    ids=lambda value: value.type if isinstance(value, Rule) else None,
)
@pytest.mark.parametrize("rows", [0, 1], ids=["no rows", "good rows"])
def test_a_rule_holds_for_good_rows_and_for_none(rule, columns, kept, rows):
    con = things(columns, *(kept if rows else []))
    assert broken_rows_of(con, rule) == []


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            MONEY,
            ["0", "-0", "12.5", "0.005", "007", "12.34000000", "99999999999999.9999"],
            ["1E+15", "NaN", "inf", "0x10", "1_000", "1,000", "1.23456", "100000000000000", ".5", "5.", "+5", " 5", ""],
        ),
        ("DECIMAL(18,8)", ["0.12345678"], ["0.123456789"]),
        ("BIGINT", ["1", "-20"], ["1.0", "1e3"]),
        ("BOOLEAN", ["true", "false"], ["TRUE", "1", "yes", ""]),
        (DATE, ["2024-02-29"], ["2023-02-29", "2024-2-9", "2024-02-29 00:00:00", "31.12.2024", "infinity"]),
        (
            MOMENT,
            ["2024-02-29 23:59:59", "2024-02-29 23:59:59.123456"],
            [
                "2024-02-30 10:00:00",
                "2024-01-01 24:00:00",
                "2024-01-01T10:00:00",
                "2024-01-01 10:00:00+02",
                "2024-01-01",
            ],
        ),
    ],
)
def test_text_is_cast_only_when_it_is_written_in_canonical_form(kind, good, bad):
    con = things("x varchar", *(f"'{value}'" for value in [*good, *bad]), "null")
    assert broken_rows_of(con, reads_as(kind)) == list(range(len(good) + 1, len(good) + len(bad) + 1))
    casts = con.execute(f"select count(x::{kind}) from core.things where _row_id <= {len(good)}").fetchall()
    assert casts == [(len(good),)]


@pytest.mark.parametrize(("least", "most", "failures"), [(1, None, 0), (3, None, 1), (None, 1, 1), (2, 2, 0)], ids=str)
def test_a_row_count_fails_once(least, most, failures):
    con = things("x integer", "1", "2")
    row_count = rule("row_count", least=least, most=most)
    (result,) = validate_table(con, contract_of(row_count))
    assert (result.failed_count, result.rows_checked) == (failures, 2)
    assert con.execute(select_failed_count(row_count, "core.things")).fetchall() == [(failures,)]


def test_a_table_that_must_hold_rows_and_holds_none_fails():
    row_count = rule("row_count", least=1, most=None)
    query = rule("query", query="select * from core.parents where not exists (from {table})")
    required = rule("required", "x")
    results = validate_table(things("x integer"), contract_of(required, row_count, query))
    assert [(result.rule.type, result.failed_count) for result in results] == [
        ("required", 0),
        ("row_count", 1),
        ("query", 2),
    ]


STRUCTURE = rule("structure", columns=(("_row_id", "INTEGER"), ("x", "INTEGER")))


def test_a_table_with_the_columns_of_its_contract_keeps_its_structure():
    results = validate_table(things("x integer", "1"), contract_of(STRUCTURE, rule("required", "x")))
    assert [(result.rule.type, result.failed_count) for result in results] == [("structure", 0), ("required", 0)]


@pytest.mark.parametrize("columns", ["x varchar", "y integer", "x integer, y integer"])
def test_a_table_with_other_columns_breaks_its_structure_and_is_validated_no_further(columns):
    con = things(columns)
    (result,) = validate_table(con, contract_of(STRUCTURE, rule("required", "x")))
    assert (result.rule.type, result.failed_count) == ("structure", 1)


def test_an_uncommitted_row_is_validated_too():
    con = things("x varchar", "'a'")
    con.execute("begin")
    con.execute("insert into core.things values (2, null)")
    assert broken_rows_of(con, rule("required", "x")) == [2]
    con.execute("rollback")
    assert broken_rows_of(con, rule("required", "x")) == []


def test_all_rules_of_a_table_are_validated_together_and_in_their_order():
    con = things("x varchar, y double", "'a', 1", "null, 'nan'")
    rules = (rule("finite", "y"), rule("unique", "x"), rule("required", "x"), rule("pattern", "x", pattern="a"))
    results = validate_table(con, contract_of(*rules))
    assert [(result.rule.id, result.failed_count) for result in results] == [
        ("things.y.finite", 1),
        ("things.x.unique", 0),
        ("things.x.required", 1),
        ("things.x.pattern", 0),
    ]


def test_a_rule_that_cannot_be_evaluated_is_an_error_that_names_it_and_no_value():
    con = things("x varchar", f"'{CANARY}'")
    with pytest.raises(CannotValidate, match=r"things\.\.query of core\.things") as caught:
        validate_table(con, contract_of(rule("query", query="select * from {table} where x::integer = 1")))
    assert CANARY not in str(caught.value)


def test_an_unevaluable_predicate_is_an_error_that_names_it_and_no_value():
    con = things("x varchar", f"'{CANARY}'")
    with pytest.raises(CannotValidate, match=r"things\.\.predicate") as caught:
        validate_table(con, contract_of(rule("predicate", predicate="x::integer = 1")))
    assert CANARY not in str(caught.value)


def test_rules_that_were_planned_before_are_asked_anew_of_other_rows_and_columns():
    rules = [rule("required", "x"), rule("one_of", "x", values=("a",)), rule("unique", "x")]
    found = [
        [result.failed_count for result in validate_table(con, contract_of(*rules))]
        for con in (
            things("x varchar", "'a'", "'b'", "null"),
            things("x varchar", "'a'"),
            things("y integer, x varchar", "1, 'b'", "2, 'b'"),
        )
    ]
    assert found == [[1, 1, 0], [0, 0, 0], [0, 2, 2]]


def test_a_rule_with_another_bound_is_another_rule():
    con = things("x integer", "5")
    found = [validate_table(con, contract_of(rule("range", "x", maximum=most)))[0].failed_count for most in (4, 5, 4)]
    assert found == [1, 0, 1]


def test_no_value_of_the_data_leaves_duckdb(capsys, caplog, monkeypatch):
    seen = []

    def failures(table: str, results: Any) -> Any:
        seen.append(repr([result.to_json_dict() for _, result in results]))
        return whole(table, results)

    whole = module._read_failures
    monkeypatch.setattr(module, "_read_failures", failures)
    con = things("x varchar, y varchar", f"'{CANARY}', '{CANARY}'", f"'{CANARY}', 'b'")
    rules = [
        rule("pattern", "x", pattern="a"),
        rule("one_of", "y", values=("a",)),
        rule("unique", "x"),
        rule("query", query="select * from {table}"),
        rule("predicate", predicate="x <> x"),
    ]
    with caplog.at_level(logging.DEBUG):
        results = validate_table(con, contract_of(*rules))
    assert [result.failed_count for result in results] == [2, 2, 2, 2, 2]
    everything = "".join([*seen, repr(results), caplog.text, *capsys.readouterr()])
    assert len(seen) == 1
    assert CANARY not in everything


def test_validating_prints_nothing_and_leaves_no_file(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    validate_table(
        things("x varchar", "null"), contract_of(rule("required", "x"), rule("query", query="select * from {table}"))
    )
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_reading_contracts_does_not_import_great_expectations():
    code = (
        "import sys; from pathlib import Path; "
        "from regulars.pipelines.contracts.odcs.load import load_contracts; "
        "import regulars.pipelines.contracts.quarantine.quarantine_step; "
        "import regulars.pipelines.contracts.validation.validate; "
        "import regulars.pipelines.contracts.dictionary; "
        "load_contracts(Path('data_contracts')); "
        "heavy = {'great_expectations', 'sqlalchemy', 'pandas', 'scipy', 'jsonschema', 'jsonschema_rs'}; "
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_example_contract_is_read_whole(tmp_path):
    folder = tmp_path / "core"
    folder.mkdir()
    path = folder / "example.odcs.yaml"
    path.write_text((Path(__file__).parent / "example.odcs.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    contract = load_contract(path)
    says = {rule.id: rule.description for rule in contract.rules}
    assert says["example.invoice_number+order_date.unique"] == "invoice_number and order_date together appear once"
    con = duckdb.connect()
    con.execute("create schema core")
    con.execute(f"create table core.example ({', '.join(f'{name} {kind}' for name, kind in contract.types)})")
    con.execute("create table core.customers as select 0 as customer_idx")
    con.execute("create table core.orders as select 's' as system, '1' as order_id")
    con.execute(
        "insert into core.example values "
        "('s', '1', 'INV-1', 0, '2026-01-01 10:00:00', '2026-01-01', 'web', 10, 0.5, true), "
        "('s', '2', 'x', 5, '1989-01-01 10:00:00', '2100-01-01', 'fax', 0, 'nan', false)"
    )
    failed = {result.rule.id: result.failed_count for result in validate_table(con, contract) if not result.passed}
    assert failed == {
        "example.invoice_number.pattern": 1,
        "example.customer_idx.references": 1,
        "example.ordered_at.range": 1,
        "example.order_date.range": 1,
        "example.channel.one_of": 1,
        "example.refunded_rate.finite": 1,
        "example.refunded_rate.range": 1,
        "example.system+order_id.references": 1,
        "example.refunds_need_sales": 1,
        "example.every_day_counts": 1,
    }
