"""The contract of a raw table says what its kind says."""

import pytest

from regulars.pipelines.contracts.raw_contracts import load_all_contracts, make_raw_contract
from regulars.pipelines.kinds.shape.kind import TRACE_COLUMNS, Kind, KindColumn, RowRule
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.package import ROOT


def kind(*columns: KindColumn, **changes) -> Kind:
    key = KindColumn("thing_id", "id", "An id.", is_required=True)
    facts = {
        "name": "things",
        "purpose": "What there is.",
        "description": "Things.",
        "grain": "One row per thing.",
        "staging_grain": "One row per thing.",
        "columns": (key, *columns),
        "document": ("thing_id",),
        "record_id": ("thing_id",),
        "delivery": "full",
        "example": {"thing_id": "1"},
    }
    return Kind(**facts | changes)


def rules_of(*columns: KindColumn, **changes) -> dict:
    """Id -> rule, without those that every raw table has."""
    rules = make_raw_contract(kind(*columns, **changes)).rules
    general = ("things.structure", "things.unique", "things.provenance", "things.thing_id.required")
    return {rule.id: rule for rule in rules if rule.id not in general}


@pytest.mark.parametrize("name", KINDS)
def test_a_raw_contract_has_the_columns_that_the_readers_deliver(name):
    delivered = [(column.name, "VARCHAR") for column in KINDS[name].columns]
    delivered += [(column, type_.upper()) for column, type_ in TRACE_COLUMNS]
    contract = make_raw_contract(KINDS[name])
    assert contract.types == delivered
    (structure,) = [rule for rule in contract.rules if rule.type == "structure"]
    assert list(structure.arguments["columns"]) == delivered


@pytest.mark.parametrize("name", KINDS)
def test_every_rule_of_a_raw_contract_is_known_by_a_name_of_its_own(name):
    ids = [rule.id for rule in make_raw_contract(KINDS[name]).rules]
    assert len(set(ids)) == len(ids)


def test_a_record_with_an_id_of_its_own_is_unique_in_its_system():
    assert rules_of()["things.record.unique"].columns == ("_system", "thing_id")
    assert rules_of(record_id=()) == {}


def test_a_number_reads_as_one_and_keeps_its_bounds():
    rules = rules_of(KindColumn("size", "number", "A size.", minimum=0), KindColumn("rate", "number", "", more_than=0))
    assert rules["things.size.reads_as"].arguments["type"] == "DECIMAL(18,4)"
    assert rules["things.size.range"].arguments["minimum"] == 0
    assert rules["things.rate.range"].arguments["exclusiveMinimum"] == 0


def test_a_moment_lies_between_1990_and_2099():
    rule = rules_of(KindColumn("made_at", "moment", "A moment."))["things.made_at.range"]
    assert rule.arguments["minimum"] == "1990-01-01 00:00:00"
    assert rule.arguments["exclusiveMaximum"] == "2100-01-01 00:00:00"


def test_a_currency_is_three_capitals_and_text_is_whatever_it_is():
    rules = rules_of(KindColumn("currency", "currency", ""), KindColumn("note", "text", ""), record_id=())
    assert [(rule.id, rule.arguments) for rule in rules.values()] == [
        ("things.currency.pattern", {"pattern": "^[A-Z]{3}$"})
    ]


def test_a_bad_value_of_a_column_that_is_emptied_is_a_warning():
    critical = rules_of(KindColumn("is_new", "boolean", ""))["things.is_new.reads_as"]
    warned = rules_of(KindColumn("is_new", "boolean", "", is_emptied=True))["things.is_new.reads_as"]
    assert (critical.severity, warned.severity) == ("critical", "warning")


def test_only_the_listed_values_are_allowed():
    rule = rules_of(KindColumn("size", "lower", "", values={"s": "Small.", "l": "Large."}))["things.size.one_of"]
    assert rule.arguments["values"] == ("s", "l")


def test_a_rule_about_the_row_is_a_predicate_or_a_query():
    rules = rules_of(
        rules=(
            RowRule("is_odd", "It is odd", "accuracy", predicate="size % 2 = 1", severity="warning"),
            RowRule("is_known", "It is known", "consistency", query=" select * from {table} where false "),
        )
    )
    odd, known = rules["things.is_odd"], rules["things.is_known"]
    assert (odd.type, odd.severity, odd.arguments) == ("predicate", "warning", {"predicate": "size % 2 = 1"})
    assert (known.type, known.severity) == ("query", "critical")
    assert known.arguments == {"query": "select * from {table} where false"}


def test_contact_details_are_marked_as_personal():
    columns = make_raw_contract(kind(KindColumn("email", "text", "", is_personal=True))).columns
    assert [column.name for column in columns if column.classification == "personal"] == ["email"]


def test_the_project_has_a_contract_of_every_kind_beside_those_in_files():
    contracts = load_all_contracts(ROOT / "data_contracts")
    assert {f"raw.{name}" for name in KINDS} <= contracts.keys()
    assert {"core.orders", "marts.churn", "meta.tie_out"} <= contracts.keys()
