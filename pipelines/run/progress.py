"""Shows the progress of long work: one moving line on a terminal, plain lines elsewhere.

Put here: showing messages. Keep out: their wording.
"""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOGGER = logging.getLogger("regulars")
"""The log to which every step of a run reports its progress."""


@contextmanager
def show_progress() -> Iterator[Callable[[str], None]]:
    """Show messages to `LOGGER` on stderr; yield a function that reports progress.

    On a terminal a spinner shows the newest line below the earlier ones; elsewhere each message is a line.
    """
    if sys.stderr.isatty():
        from rich.console import Console

        console = Console(stderr=True, highlight=False)
        with console.status("starting") as spinner:

            def show(sentence: str) -> None:
                console.print(sentence, style="dim", markup=False)
                spinner.update(sentence)

            yield from _attach(show)
    else:
        yield from _attach(lambda sentence: print(sentence, file=sys.stderr, flush=True))  # noqa: T201


def _attach(show: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    handler = _Handler(show)
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    try:
        yield LOGGER.info
    finally:
        LOGGER.removeHandler(handler)


class _Handler(logging.Handler):
    """Hands each message to a function."""

    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__()
        self._show = show

    def emit(self, record: logging.LogRecord) -> None:
        self._show(record.getMessage())
