"""A run delivers to targets outside the home; one that fails is a warning with an alert and never a lost run."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from regulars.pipelines.home.target_records import read_target_records
from regulars.pipelines.publish.targets.shape.copies import read_current
from regulars.pipelines.run.last_run import read_last_run
from tests.shop import FOUR_ORDERS, ORDERS, Shop, run_regulars

TARGETS = """
publish:
  targets:
    share: {type: folder, path: share}
    other: {type: folder, path: other}
"""


@pytest.fixture(scope="module")
def webhook() -> Iterator[tuple[str, list[dict[str, object]]]]:
    received: list[dict[str, object]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", received
        server.shutdown()


def held(shop: Shop, target: str) -> str | None:
    name = read_current(shop.folder / target)
    return name and name.partition("-")[0]


def ask(shop: Shop, *command: str) -> tuple[int, str]:
    settings = shop.folder / "regulars.yaml"
    done = run_regulars(*command, "--settings", settings, "--home", shop.home.path, **shop.environment)
    return done.code, done.stdout + done.stderr


@pytest.mark.slow
def test_a_failing_target_loses_no_run_and_is_delivered_to_later(tmp_path: Path, webhook):
    address, received = webhook
    shop = Shop(tmp_path)
    shop.set_up(ORDERS, TARGETS, "alerts: {webhook: '${WEBHOOK}'}\n")
    shop.environment = {"WEBHOOK": address}
    shop.deliver("orders-1.csv", *FOUR_ORDERS)
    (tmp_path / "other").mkdir()

    # the share is not mounted: the run publishes, delivers to the other target, and says what it could not do
    assert shop.run() == 0, shop.said
    assert f"target share was not delivered to: there is no folder {tmp_path / 'share'}; mount" in shop.said
    assert "target other received g000001" in shop.said
    assert (shop.home.current_number(), held(shop, "other")) == (1, "g000001")
    last = read_last_run(shop.home.path)
    assert last is not None
    assert (last.exit_code, last.generation, list(last.undelivered)) == (0, 1, ["share"])
    assert [each["event"] for each in received] == ["undelivered"]
    assert "Not delivered to share: there is no folder" in str(received[0]["text"])
    code, said = ask(shop, "status")
    assert code == 0
    assert "target other holds g000001\n" in said
    assert "target share holds nothing, because the last attempt failed: there is no folder" in said
    assert "warning  target share" in ask(shop, "doctor")[1]

    # a second run with the same trouble finds nothing new and sends no second alert
    assert shop.run() == 0
    assert "nothing new since g000001" in shop.said
    assert len(received) == 1
    assert ask(shop, "deliver") == (
        74,
        f"target share was not delivered to: there is no folder {tmp_path / 'share'}; mount or make it, or correct "
        "`path` in the settings\ntarget other already holds g000001\n",
    )

    # once it is there, a run with nothing new brings it up to date
    (tmp_path / "share").mkdir()
    assert shop.run() == 0
    assert "nothing new since g000001" in shop.said
    assert held(shop, "share") == "g000001"
    assert {name: each.failure for name, each in read_target_records(shop.home.path).items()} == {
        "share": "",
        "other": "",
    }
    assert ask(shop, "deliver", "--target", "share") == (0, "target share already holds g000001\n")
    code, said = ask(shop, "deliver", "--target", "shrae")
    assert (code, said) == (2, "--target shrae: the settings have no such target; they have share, other\n")


def test_a_mistake_in_a_target_stops_the_run_before_it_does_anything(tmp_path: Path):
    shop = Shop(tmp_path)
    shop.set_up(ORDERS, TARGETS.replace("path: other", "pth: other"))
    assert shop.run() == 78
    assert "publish.targets.other.pth: unknown key; did you mean `path`?" in shop.said
    assert not shop.home.path.exists()


def test_who_has_no_targets_is_told_where_they_go(tmp_path: Path):
    shop = Shop(tmp_path)
    shop.set_up(ORDERS)
    code, said = ask(shop, "deliver")
    assert (code, said) == (2, "the settings name no target; `publish.targets` is the place for them\n")
