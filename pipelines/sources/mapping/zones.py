"""On which days a zone's clocks are put forward.

Put here: facts about time zones. Keep out: SQL.
"""

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

_FIRST, _LAST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


@lru_cache
def days_with_a_gap(zone: str) -> tuple[dt.date, ...]:
    """Days of 1970 to 2099 on which local times may be missing, with the days around them; in order.

    Only on these need a local time be asked whether it ever was, which is slow.
    """
    there, day, found = ZoneInfo(zone), dt.timedelta(days=1), set()
    moment, offset = _FIRST, _FIRST.astimezone(there).utcoffset()
    while moment < _LAST:
        moment += day
        before, offset = offset, moment.astimezone(there).utcoffset()
        if before is not None and offset is not None and offset > before:
            found |= {(moment + days * day).date() for days in (-2, -1, 0, 1)}
    return tuple(sorted(found))
