"""Alerts: told once, told again when it is well, never with a personal value."""

import dataclasses
import datetime as dt
import http.server
import json
import threading
from collections.abc import Mapping

import pytest

from regulars.pipelines.run.alerts import send_alert, write_alert
from regulars.pipelines.run.last_run import LastRun, read_last_run, read_latest, write_last_run

AT = dt.datetime(2026, 6, 30, 4, 0, tzinfo=dt.UTC)


def run(exit_code: int = 0, undelivered: Mapping[str, str] | None = None) -> LastRun:
    number = None if exit_code else 7
    return LastRun(AT, exit_code, "what happened", generation=number, undelivered=undelivered or {})


BACKFILL = LastRun(AT, 0, "what happened", generation=8, is_new=True, is_backfill=True)


ODD = LastRun(AT, 0, "what happened", generation=7, is_new=True, new_findings=("3 orders are odd.",))


@pytest.mark.parametrize(
    ("before", "now", "stale", "event"),
    [
        (None, run(), [], None),
        (None, run(4), [], "failed"),
        (run(), run(4), [], "failed"),
        (run(4), run(4), [], None),
        (run(4), run(3), [], "failed"),
        (run(4), run(), [], "recovered"),
        (run(), run(), ["crm"], "stale"),
        (run(), run(), [], None),
        (run(4), BACKFILL, [], None),
        (run(), BACKFILL, ["crm"], None),
        (run(), run(undelivered={"share": "why"}), [], "undelivered"),
        (run(), run(undelivered={"share": "why"}), ["crm"], "undelivered"),
        (run(undelivered={"share": "why"}), run(undelivered={"share": "why"}), [], None),
        (run(undelivered={"share": "why"}), run(undelivered={"share": "why", "bi": "why"}), [], "undelivered"),
        (run(4), run(undelivered={"share": "why"}), [], "recovered"),
        (run(), ODD, [], "findings"),
        (run(), dataclasses.replace(ODD, is_new=False), [], None),
        (run(), ODD, ["crm"], "stale"),
    ],
)
def test_an_alert_is_sent_when_something_changes(before, now, stale, event):
    told = write_alert("Corner Shop", before, now, stale)
    assert (told and told["event"]) == event


@pytest.mark.parametrize(("before", "stale"), [(run(), []), (run(), ["crm"]), (run(4), [])])
def test_every_alert_about_a_generation_says_what_is_newly_odd(before, stale):
    assert "3 orders are odd." in (write_alert("Corner Shop", before, ODD, stale) or {})["text"]


def test_an_alert_is_sent_as_json():
    received = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert send_alert(f"http://127.0.0.1:{server.server_port}/", {"text": "hello"}) is None
        thread.join()
    assert received == [{"text": "hello"}]


def test_a_lost_alert_is_a_sentence_and_no_failure():
    assert "could not be sent" in (send_alert("http://127.0.0.1:9/", {"text": "hello"}) or "")


def test_the_last_run_reads_back_as_written(tmp_path):
    assert read_last_run(tmp_path) is None
    write_last_run(tmp_path, run(4))
    assert read_last_run(tmp_path) == run(4)
    write_last_run(tmp_path, ODD)
    assert read_last_run(tmp_path) == ODD


def test_a_backfill_does_not_hide_a_nightly_run_that_failed(tmp_path):
    write_last_run(tmp_path, run(4))
    later = dataclasses.replace(BACKFILL, ended_at=AT + dt.timedelta(hours=1))
    write_last_run(tmp_path, later)
    assert read_last_run(tmp_path) == run(4)
    assert read_last_run(tmp_path, is_backfill=True) == later
    assert read_latest(tmp_path) == later
    write_last_run(tmp_path, dataclasses.replace(run(), ended_at=AT + dt.timedelta(hours=2)))
    assert not (read_latest(tmp_path) or later).is_backfill


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"ended_at": "soon"}', '{"ended_at": "2026-06-30T04:00:00Z"}'])
def test_a_last_run_that_is_damaged_or_not_whole_is_none(tmp_path, text):
    (tmp_path / "last_run.json").write_text(text, encoding="utf-8")
    assert read_last_run(tmp_path) is None
