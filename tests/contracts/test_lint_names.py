"""A column name means one thing in every published table."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

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


DECLARED = {"populations": {"all": "Everybody."}, "numbers": {"spent": {"all": ["marts.one", "marts.two"]}}}


def contracts(folder: Path, first: str, second: str, unit: str = "orders", **known: Any) -> dict[str, Contract]:
    """Two tables with the number `spent`, so described; `known` is written into definitions.yaml."""
    (folder / "marts").mkdir()
    for table, text, of_table in (("one", first, "orders"), ("two", second, unit)):
        written = HEADER.format(table=table, text=text, unit=of_table)
        (folder / "marts" / f"{table}.odcs.yaml").write_text(written, encoding="utf-8")
    (folder / "definitions.yaml").write_text(yaml.safe_dump(DECLARED | known), encoding="utf-8")
    return load_contracts(folder)


def replace_type(contract: Contract, logical_type: str) -> Contract:
    """The contract with columns of another type."""
    return replace(contract, columns=tuple(replace(column, logical_type=logical_type) for column in contract.columns))


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


def test_a_number_that_takes_the_name_of_another_is_named_with_its_table(tmp_path: Path):
    """Whatever its description says: only whoever writes it knows whether it is the same number."""
    numbers = {"spent": {"all": ["marts.one"]}}
    found = contracts(tmp_path, "Sales.", "Sales of Tuesdays.", definitions={"spent": "Sales"}, numbers=numbers)
    [problem] = lint_names(tmp_path, found)
    assert problem.startswith("definitions.yaml: `spent` of marts.two is a number that marts.one have too: say in")


def test_a_number_cannot_be_an_exception_but_a_text_may(tmp_path: Path):
    found = contracts(tmp_path, "Sales.", "Visits.", unit="visits", exceptions={"spent": "each its own"}, numbers={})
    assert [*lint_names(tmp_path, found)] == [
        "definitions.yaml: `spent` is a number, and cannot be an exception: rename the columns that mean another one"
    ]
    text = {table: replace_type(contract, "string") for table, contract in found.items()}
    assert not [*lint_names(tmp_path, text)]


@pytest.mark.parametrize(
    ("numbers", "problem"),
    [
        ({"all": ["marts.one", "marts.two", "marts.gone"]}, "`numbers` names `spent` of marts.gone, which is not"),
        ({"some": ["marts.one", "marts.two"]}, "`numbers` says that `spent` counts `some`, which `populations` does"),
    ],
)
def test_what_is_declared_of_numbers_must_exist(tmp_path: Path, numbers: dict[str, list[str]], problem: str):
    [found] = lint_names(tmp_path, contracts(tmp_path, "Sales.", "Sales.", numbers={"spent": numbers}))
    assert problem in found


@pytest.mark.parametrize("part", ["definitions", "exceptions"])
def test_an_entry_of_a_name_that_no_two_tables_share_is_taken_out(tmp_path: Path, part: str):
    found = contracts(tmp_path, "Sales.", "Sales.", **{part: {"gone": "Nothing"}})
    assert [*lint_names(tmp_path, found)] == ["definitions.yaml: `gone` is not shared by two tables: take it out"]


def test_a_name_is_defined_or_an_exception(tmp_path: Path):
    found = contracts(tmp_path, "Sales.", "Sales.", definitions={"spent": "Sales"}, exceptions={"spent": "Why"})
    assert "definitions.yaml: `spent` is both defined and an exception" in [*lint_names(tmp_path, found)]


def test_every_shared_name_of_the_project_is_defined_once():
    assert not [*lint_names(CONTRACTS_FOLDER, load_contracts(CONTRACTS_FOLDER))]
