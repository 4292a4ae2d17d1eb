"""Who stops a run gets a sentence, and the next run does the work."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from regulars.pipelines.run.last_run import read_last_run
from regulars.pipelines.run.run import Run
from tests.shop import FOUR_ORDERS, ORDERS, Shop


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_says_so_in_a_sentence_and_publishes_nothing(tmp_path, monkeypatch, sent):
    step = Run.step

    @contextmanager
    def stopped_step(run: Run, name: str) -> Iterator[None]:
        with step(run, name):
            signal.raise_signal(sent)
            yield

    shop = Shop(tmp_path)
    shop.set_up(ORDERS)
    shop.deliver("orders-1.csv", *FOUR_ORDERS)
    with monkeypatch.context() as stopping:
        stopping.setattr(Run, "step", stopped_step)
        assert shop.run() == 130
    assert "The run was stopped before it was done." in shop.said
    assert "Traceback" not in shop.said
    assert shop.home.current() is None
    last = read_last_run(shop.home.path)
    assert last is not None
    assert last.exit_code == 130
