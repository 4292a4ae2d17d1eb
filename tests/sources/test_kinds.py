from pathlib import Path

import pytest
import yaml

from regulars.pipelines.settings.settings import KINDS
from regulars.pipelines.sources.kinds import DEFAULTED, KIND_COLUMNS

CONTRACTS = Path(__file__).parents[2] / "data_contracts" / "raw"


def test_every_kind_of_the_settings_has_its_columns():
    assert tuple(KIND_COLUMNS) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_delivered_with_the_columns_that_its_contract_rules(kind):
    contract = yaml.safe_load((CONTRACTS / f"{kind}.odcs.yaml").read_text(encoding="utf-8"))
    declared = [column for column in contract["schema"][0]["properties"] if not column["name"].startswith("_")]
    assert [column["name"] for column in declared] == [column.name for column in KIND_COLUMNS[kind]]
    required = {column["name"] for column in declared if column.get("required")}
    assert required == {column.name for column in KIND_COLUMNS[kind] if column.is_required}
    assert DEFAULTED.get(kind, set()) <= required


def test_what_identifies_a_row_or_counts_in_a_sum_is_never_merely_descriptive():
    for columns in KIND_COLUMNS.values():
        for column in columns:
            if column.is_descriptive:
                assert column.form in ("text", "code", "boolean", "id"), column.name
                assert not column.is_required
