"""What holds of every kind, whatever it is about."""

import pytest

from regulars.pipelines.kinds.shape.columns import UPDATED_AT
from regulars.pipelines.kinds.shape.kind import CoreAmount, DefaultBy, Kind, KindColumn, Money
from regulars.pipelines.kinds.shape.registry import KINDS, list_core_amounts

KINDS_AND_COLUMNS = [(kind, column) for kind in KINDS.values() for column in kind.columns]


def money_in(*core: CoreAmount) -> Kind:
    column = KindColumn("id", "id", "An id.", is_required=True)
    money = Money("1", "id", core)
    return Kind("things", "", "", "", "", (column,), ("id",), ("id",), "append", {"id": "1"}, money=money)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_is_called_as_its_module_and_says_what_it_is(kind):
    assert kind.purpose.endswith(".")
    assert kind.description.endswith(".")
    assert kind.grain.startswith("One row per ")
    assert kind.staging_grain.startswith("One row per ")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_no_kind_has_a_column_twice(kind):
    names = [column.name for column in kind.columns]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_names_a_document_is_required(kind):
    for name in kind.document:
        column = kind.column(name)
        assert column is not None
        assert column.is_required


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_example_of_a_kind_has_every_required_column_and_no_other_than_its_own(kind):
    required = {column.name for column in kind.columns if column.is_required}
    assert required <= kind.example.keys() <= {column.name for column in kind.columns}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_that_names_a_customer_has_the_columns_that_do(kind):
    if kind.reference:
        assert len(kind.document) == 1
        wanted = {"customer_record_id", "customer_system", "email", kind.reference.order or "email"}
        assert wanted <= {column.name for column in kind.columns}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_two_halves_of_a_document_name_each_other_and_the_document_alike(kind):
    if kind.shares_document_with:
        other = KINDS[kind.shares_document_with]
        assert other.shares_document_with == kind.name
        assert other.document == kind.document


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_day_of_money_is_a_column_that_holds_a_day(kind):
    if kind.money:
        column = kind.column(kind.money.day)
        assert column is not None
        assert column.form in ("moment", "date")


def test_what_identifies_a_row_or_counts_in_a_sum_is_never_merely_descriptive():
    for _, column in KINDS_AND_COLUMNS:
        if column.is_descriptive:
            assert column.form in ("text", "code", "boolean", "id"), column.name
            assert not column.is_required


def test_only_columns_that_every_row_needs_have_a_default():
    assert all(column.is_required for _, column in KINDS_AND_COLUMNS if column.default is not None)


def test_a_default_by_another_column_stands_behind_it():
    for kind, column in KINDS_AND_COLUMNS:
        if isinstance(column.default, DefaultBy):
            names = [each.name for each in kind.columns]
            assert names.index(column.default.column) < names.index(column.name)


def test_a_table_of_core_that_two_kinds_feed_is_named_once_with_the_day_that_one_of_them_knows():
    lines = money_in(CoreAmount("core.orders", "amount"), CoreAmount("core.refunds", "amount", "refund_date"))
    orders = money_in(CoreAmount("core.orders", "amount", "order_date"), CoreAmount("core.refunds", "amount"))
    wanted = [CoreAmount("core.orders", "amount", "order_date"), CoreAmount("core.refunds", "amount", "refund_date")]
    assert list_core_amounts([lines, orders]) == wanted
    assert list_core_amounts([orders, lines]) == wanted


def test_a_kind_without_money_goes_into_no_core_table_of_money():
    assert list_core_amounts([KINDS["customers"]]) == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_may_say_when_a_record_changed_last(kind):
    assert kind.columns[-1] is UPDATED_AT


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_records_own_id_names_its_document_too(kind):
    assert not kind.record_id or set(kind.document) <= set(kind.record_id)
    assert all(kind.column(name) for name in kind.record_id)
