"""Doubts stay affordable however many customers there are."""

from collections.abc import Iterator

import duckdb
import pytest

from regulars.pipelines.audit.findings.doubts.doubt import Doubt
from regulars.pipelines.audit.findings.doubts.money import MONEY_DOUBTS
from regulars.pipelines.audit.findings.doubts.service_and_goods import SERVICE_AND_GOODS_DOUBTS
from regulars.pipelines.audit.findings.doubts.subscriptions import SUBSCRIPTION_DOUBTS
from regulars.pipelines.audit.findings.doubts.surveys import SURVEY_DOUBTS
from tests.builders import build

DOUBTS = (*MONEY_DOUBTS, *SUBSCRIPTION_DOUBTS, *SURVEY_DOUBTS, *SERVICE_AND_GOODS_DOUBTS)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with build() as built:
        yield built


@pytest.mark.parametrize("doubt", DOUBTS, ids=lambda doubt: doubt.name)
def test_no_doubt_compares_every_row_with_every_other(con: duckdb.DuckDBPyConnection, doubt: Doubt):
    plan = con.execute(f"explain {doubt.query}").fetchall()[0][1]
    assert "BLOCKWISE_NL_JOIN" not in plan
