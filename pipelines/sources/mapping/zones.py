"""Finds the days on which the clocks of a time zone go forward.

Put here: facts about time zones. Keep out: SQL.
"""

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

_FIRST, _LAST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


@lru_cache
def find_days_with_a_gap(zone: str) -> tuple[dt.date, ...]:
    """Days of 1970 to 2099 on which local times may be missing, with the days around them; in order.

    Whether a local time exists is slow to check, so it is checked on these days only.
    """
    tz, day, found = ZoneInfo(zone), dt.timedelta(days=1), set()
    moment, offset = _FIRST, _FIRST.astimezone(tz).utcoffset()
    while moment < _LAST:
        moment += day
        before, offset = offset, moment.astimezone(tz).utcoffset()
        if before is not None and offset is not None and offset > before:
            found |= {(moment + days * day).date() for days in (-2, -1, 0, 1)}
    return tuple(sorted(found))
