"""Makes an earlier generation current again.

Put here: choosing it, and swinging `current` to it. Keep out: undoing what landed; landing and ledger never roll back.
"""

import contextlib
import datetime as dt
from collections.abc import Callable

from regulars.pipelines import errors
from regulars.pipelines.home.event_log import append_event
from regulars.pipelines.home.generation import Generation, name_generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.home.verify import find_damage
from regulars.pipelines.publish.swap import swing_current


def rollback(
    home: Home,
    name: str | None = None,
    *,
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
) -> Generation:
    """Make an earlier generation current again and log it in `events.jsonl`. The next run builds on it.

    Args:
        home: The company's home; its lock is taken.
        name: Which generation, as `g000012` or `12`; default: the parent of the current one, or the newest complete one
            before it.
        clock: Gives the moment, aware.

    Raises:
        errors.UsageWrong: There is no such generation to go back to; readers keep what they have.
        errors.StorageFailed: It is damaged; readers keep what they have.
        errors.Busy: Another run holds the lock.
    """
    with home.lock("regulars rollback"):
        current = home.current_number()
        target = _find_previous(home, current) if name is None else _find_named(home, name)
        swing_current(home, target, expected_parent=current)
        append_event(home.path, "rolled_back", at=clock(), generation=target.number, before=current)
    return target


def _find_named(home: Home, name: str) -> Generation:
    target = next((each for each in home.generations() if name in (each.name, str(each.number))), None)
    if target is None:
        raise errors.UsageWrong(
            f"there is no generation {name} on this disk; `regulars generations` lists those there are"
        )
    if target.manifest.is_backfill:
        raise errors.UsageWrong(
            f"{target.name} is a backfill as of {target.manifest.as_of}, and a backfill is never current; name another"
        )
    if wrong := find_damage(target):
        raise errors.StorageFailed(f"{target.name} is damaged, so nothing was changed: {'; '.join(wrong)}")
    return target


def _find_previous(home: Home, current: int | None) -> Generation:
    """The parent of the current generation; where that is gone or damaged, the newest complete one before."""
    if current is None:
        raise errors.UsageWrong("nothing is published yet, so there is nothing to go back from")
    older = {each.number: each for each in home.generations() if each.number < current}
    parent = _read_parent(home, current)
    for number in sorted(older, key=lambda each: (each == parent, each), reverse=True):
        if _is_complete(older[number]):
            return older[number]
    raise errors.UsageWrong(
        f"no complete generation before {name_generation(current)} is left; to publish again from the landing, "
        f"remove {home.current_link} and run again"
    )


def _read_parent(home: Home, number: int) -> int | None:
    with contextlib.suppress(errors.StorageFailed):  # damaged or gone: the reason for going back
        return Generation(number, home.generations_folder / name_generation(number)).manifest.parent
    return None


def _is_complete(generation: Generation) -> bool:
    with contextlib.suppress(errors.StorageFailed, OSError):
        return not generation.manifest.is_backfill and not find_damage(generation)
    return False
