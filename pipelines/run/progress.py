"""How long work shows that it goes on: one moving line on a terminal, plain lines elsewhere.

Put here: the showing. Keep out: what is said.
"""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOGGER = logging.getLogger("regulars")
"""Where every step of a run says what it did."""


@contextmanager
def show_progress() -> Iterator[Callable[[str], None]]:
    """Show on stderr what is said to `LOGGER`; hands out a function that says something.

    On a terminal a spinner shows the newest line under the finished ones; elsewhere only lines are written.
    """
    if sys.stderr.isatty():
        from rich.console import Console

        console = Console(stderr=True, highlight=False)
        with console.status("starting") as spinner:

            def show(sentence: str) -> None:
                console.print(sentence, style="dim", markup=False)
                spinner.update(sentence)

            yield from _listening(show)
    else:
        yield from _listening(lambda sentence: print(sentence, file=sys.stderr, flush=True))  # noqa: T201


def _listening(show: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    handler = _Shown(show)
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    try:
        yield LOGGER.info
    finally:
        LOGGER.removeHandler(handler)


class _Shown(logging.Handler):
    """Hands each message to a function."""

    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__()
        self._show = show

    def emit(self, record: logging.LogRecord) -> None:
        self._show(record.getMessage())
