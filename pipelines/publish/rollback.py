"""Back to an earlier generation.

Put here: choosing it, and swinging `current` to it. Keep out: undoing what landed; landing and ledger never roll back.
"""

import contextlib
import datetime as dt
from collections.abc import Callable

from regulars.pipelines import errors
from regulars.pipelines.home.event_log import append_event
from regulars.pipelines.home.generation import Generation, generation_name
from regulars.pipelines.home.home import Home
from regulars.pipelines.home.verify import verify
from regulars.pipelines.publish.swap import swing


def rollback(
    home: Home,
    number: int | None = None,
    *,
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
) -> Generation:
    """Let readers see an earlier generation again; noted in `events.jsonl`. The next run builds on it.

    Args:
        home: The company's home; its lock is taken.
        number: Which generation; default the one that the current one was built on, or the newest whole one before.
        clock: Gives the moment, aware.

    Raises:
        errors.UsageWrong: There is no such generation to go back to; readers keep what they have.
        errors.StorageFailed: It is damaged; readers keep what they have.
        errors.Busy: Another run holds the lock.
    """
    with home.lock("regulars rollback"):
        current = home.current_number()
        target = _previous(home, current) if number is None else _named(home, number)
        swing(home, target, expected=current)
        append_event(home.path, "rolled_back", at=clock(), generation=target.number, before=current)
    return target


def _named(home: Home, number: int) -> Generation:
    target = next((each for each in home.generations() if each.number == number), None)
    if target is None:
        raise errors.UsageWrong(f"{generation_name(number)} is not on this disk; `regulars generations` lists what is")
    if target.manifest.is_backfill:
        raise errors.UsageWrong(f"{target.name} is a backfill as of {target.manifest.as_of}; it is never current")
    if wrong := verify(target):
        raise errors.StorageFailed(f"{target.name} is damaged, so nothing was changed: {'; '.join(wrong)}")
    return target


def _previous(home: Home, current: int | None) -> Generation:
    """What the current generation was built on; where that is gone or damaged, the newest whole one before."""
    if current is None:
        raise errors.UsageWrong("nothing is published yet, so there is nothing to go back from")
    older = {each.number: each for each in home.generations() if each.number < current}
    parent = _parent(home, current)
    for number in sorted(older, key=lambda each: (each == parent, each), reverse=True):
        if _is_whole(older[number]):
            return older[number]
    raise errors.UsageWrong(
        f"no whole generation before {generation_name(current)} is left; to publish afresh from the landing, "
        f"remove {home.current_link} and run again"
    )


def _parent(home: Home, number: int) -> int | None:
    with contextlib.suppress(errors.StorageFailed):  # damaged or gone: the reason for going back
        return Generation(number, home.generations_folder / generation_name(number)).manifest.parent
    return None


def _is_whole(generation: Generation) -> bool:
    with contextlib.suppress(errors.StorageFailed, OSError):
        return not generation.manifest.is_backfill and not verify(generation)
    return False
