"""Events of OpenLineage: one per run, with names and counts only, and never a reason to fail."""

import contextlib
import dataclasses
import datetime as dt
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.run import open_lineage
from regulars.pipelines.run.last_run import LastRun
from regulars.pipelines.run.open_lineage import EndedRun, refuse_missing_client, send_event
from regulars.pipelines.settings.operation import OpenLineage
from tests.shop import COMPANY, CRM, FOUR_ORDERS, ORDERS, TWO_CUSTOMERS, Shop

AT = dt.datetime(2026, 6, 30, 4, 0, tzinfo=dt.UTC)
FAILED = EndedRun(dt.date(2026, 6, 29), AT, LastRun(AT, 4, "crm is late."), [], None, {})


@dataclasses.dataclass
class Catalogue:
    """A catalogue that answers with `status`, and what it got."""

    status: int
    address: str = ""
    events: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    headers: list[dict[str, str]] = dataclasses.field(default_factory=list)


@contextlib.contextmanager
def catalogue(status: int = 201) -> Iterator[Catalogue]:
    here = Catalogue(status)

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            here.headers.append({**self.headers, "path": self.path})
            here.events.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(here.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Listener) as server:
        here.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield here
        server.shutdown()
        thread.join()


def test_a_failed_run_is_told_with_its_reason():
    with catalogue() as there:
        assert send_event(OpenLineage(url=there.address, api_key="k-123", namespace="shop"), FAILED) is None
    (event,) = there.events
    assert event["eventType"] == "FAIL"
    assert event["eventTime"].startswith("2026-06-30T04:00:00")
    assert event["run"]["facets"]["errorMessage"]["message"] == "crm is late."
    assert event["run"]["facets"]["nominalTime"]["nominalStartTime"].startswith("2026-06-29T")
    assert (event["job"]["namespace"], event["job"]["name"]) == ("shop", "regulars run")
    assert event["outputs"] == []
    assert there.headers[0]["path"] == "/api/v1/lineage"
    assert there.headers[0]["Authorization"] == "Bearer k-123"


@pytest.mark.parametrize(("status", "why"), [(401, "it answered 401"), (404, "it answered 404")])
def test_a_refused_event_is_a_sentence_without_the_secret(status, why):
    with catalogue(status) as there:
        told = send_event(OpenLineage(url=there.address, api_key="k-123"), FAILED)
    assert told == f"the event for OpenLineage could not be sent ({why}): check `openlineage` in the settings"


def test_a_catalogue_that_is_gone_is_a_sentence():
    told = send_event(OpenLineage(url="http://127.0.0.1:9"), FAILED) or ""
    assert "could not be sent (ConnectionError)" in told


def test_an_event_that_cannot_be_sent_for_want_of_the_extra_stops_the_run_first(monkeypatch):
    monkeypatch.setattr(open_lineage.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingsWrong, match=r"pip install 'regulars\[openlineage\]'"):
        refuse_missing_client(OpenLineage(url="http://127.0.0.1:9"))
    refuse_missing_client(OpenLineage())
    assert send_event(OpenLineage(url="http://127.0.0.1:9"), FAILED) is None


@pytest.mark.slow
def test_each_run_is_one_event_with_what_it_read_and_published(tmp_path: Path):
    shop = Shop(tmp_path)
    shop.deliver("crm.csv", *TWO_CUSTOMERS)
    shop.deliver("orders-1.csv", *FOUR_ORDERS)
    with catalogue() as there:
        shop.set_up(ORDERS, CRM, company=f"openlineage: {{url: '{there.address}'}}\n{COMPANY.lstrip()}")
        assert shop.run() == 0, shop.said
        assert shop.run() == 0, shop.said
        (tmp_path / "orders-1.csv").write_text("order;customer\n", encoding="utf-8")
        assert shop.run() != 0
    published, repeated, failed = there.events
    assert [event["eventType"] for event in there.events] == ["COMPLETE", "COMPLETE", "FAIL"]
    inputs = {each["name"]: each["inputFacets"]["inputStatistics"]["rowCount"] for each in published["inputs"]}
    assert inputs == {"sources.till": 4, "sources.crm": 2}
    tables = {each["name"]: each for each in published["outputs"]}
    assert tables["core.orders"]["outputFacets"]["outputStatistics"]["rowCount"] == 4
    fields = {each["name"]: each for each in tables["core.orders"]["facets"]["schema"]["fields"]}
    assert fields["gross_sales"]["type"].startswith("DECIMAL")
    assert fields["gross_sales"]["description"]
    assert repeated["outputs"] == [] == failed["outputs"]
    assert len({event["run"]["runId"] for event in there.events}) == 3
    assert "example.org" not in json.dumps(there.events)
    assert str(tmp_path) not in json.dumps(there.events)
