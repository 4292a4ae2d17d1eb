"""A column name means one thing in every published table."""

from pathlib import Path
from typing import Any

import pytest

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.odcs.lint_names import lint_names
from regulars.pipelines.contracts.odcs.load import load_contracts
from regulars.pipelines.settings.package import CONTRACTS_FOLDER

HEADER = """apiVersion: v3.2.0
kind: DataContract
id: marts.{table}
version: 1.0.0
description: {{purpose: "For a test."}}
schema:
  - name: {table}
    description: A table of a test.
    dataGranularityDescription: One row per customer.
    properties:
      - {{name: customer_id, physicalType: VARCHAR, primaryKey: true, description: The customer.}}
      - {{name: spent, physicalType: DOUBLE, customProperties: [{{property: unit, value: {unit}}}],
         description: "{text}"}}
"""


def contracts(folder: Path, first: str, second: str, unit: str = "orders", **known: Any) -> dict[str, Contract]:
    """Two tables with the column `spent`, so described; `known` is written into definitions.yaml."""
    (folder / "marts").mkdir()
    for table, text, of_table in (("one", first, "orders"), ("two", second, unit)):
        written = HEADER.format(table=table, text=text, unit=of_table)
        (folder / "marts" / f"{table}.odcs.yaml").write_text(written, encoding="utf-8")
    if known:
        lines = [
            f"{part}: {{{', '.join(f'{name}: {text}' for name, text in of.items())}}}" for part, of in known.items()
        ]
        (folder / "definitions.yaml").write_text("\n".join(lines), encoding="utf-8")
    return load_contracts(folder)


def test_a_name_with_two_meanings_is_named_with_its_tables(tmp_path: Path):
    [problem] = lint_names(tmp_path, contracts(tmp_path, "Before discounts.", "After refunds."))
    assert problem.startswith("definitions.yaml: `spent` stands in marts.one, marts.two with different descriptions")


def test_the_same_first_sentence_is_one_meaning_whatever_follows(tmp_path: Path):
    assert not [*lint_names(tmp_path, contracts(tmp_path, "Orders. NULL without one.", "Orders; of the month."))]


def test_one_definition_stands_for_different_words(tmp_path: Path):
    found = contracts(tmp_path, "Before discounts.", "Sales.", definitions={"spent": "Sales before discounts"})
    assert not [*lint_names(tmp_path, found)]


def test_a_defined_name_has_one_unit_but_an_exception_may_have_several(tmp_path: Path):
    found = contracts(tmp_path, "Sales.", "Sales.", unit="ratio", definitions={"spent": "Sales"})
    assert [*lint_names(tmp_path, found)] == [
        "definitions.yaml: `spent` has different units in marts.one, marts.two: orders, ratio"
    ]
    (tmp_path / "definitions.yaml").write_text("exceptions: {spent: every table says of what}", encoding="utf-8")
    assert not [*lint_names(tmp_path, found)]


@pytest.mark.parametrize("part", ["definitions", "exceptions"])
def test_an_entry_of_a_name_that_no_two_tables_share_is_taken_out(tmp_path: Path, part: str):
    found = contracts(tmp_path, "Sales.", "Sales.", **{part: {"gone": "Nothing"}})
    assert [*lint_names(tmp_path, found)] == ["definitions.yaml: `gone` is not shared by two tables: take it out"]


def test_a_name_is_defined_or_an_exception(tmp_path: Path):
    found = contracts(tmp_path, "Sales.", "Sales.", definitions={"spent": "Sales"}, exceptions={"spent": "Why"})
    assert [*lint_names(tmp_path, found)] == ["definitions.yaml: `spent` is both defined and an exception"]


def test_every_shared_name_of_the_project_is_defined_once():
    assert not [*lint_names(CONTRACTS_FOLDER, load_contracts(CONTRACTS_FOLDER))]
