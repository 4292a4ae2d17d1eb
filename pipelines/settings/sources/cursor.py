"""What a company may set so that a source is fetched by what has changed, and not whole each time.

Put here: the shape of `sources.<name>.from.cursor`. Keep out: fetching (`pipelines/sources/fetching/`).
"""

import datetime as dt
from typing import Annotated

from pydantic import Field

from regulars.pipelines.settings.part import LAG_PATTERN, Part

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Cursor(Part):
    """Fetch only the records that have changed since the last fetch.

    Where a source got to is kept in the home's ledger, and moves on only when what came has landed. Every
    `compare_days` days, and whenever what was remembered no longer fits, everything is fetched: what is gone then was
    deleted. The source is delivered as `incremental`, or as `append` where that is set.
    """

    column: Annotated[str, Field(min_length=1)]
    """The column that grows with every change, such as `updated_at` or a number that counts changes. Records without a
    value in it come with every fetch."""
    lag: Annotated[str, Field(pattern=LAG_PATTERN)] = "1h"
    """How far before the last value each fetch begins, for records that were written late and for the hour that a clock
    repeats: a time such as `90m`, `1h` or `2d`, for a column of moments; a number without a letter, for one of numbers.
    What comes twice counts once."""
    document: Annotated[str, Field(min_length=1)] | None = None
    """The column whose records belong together, such as the order's id where the records are lines: when one of them
    has changed, all of them come. Needed for `order_lines`."""
    compare_days: Annotated[float, Field(ge=0)] = 7.0
    """After how many days everything is fetched again, so that deleted records are found. 0: at every fetch."""

    @property
    def lag_time(self) -> dt.timedelta:
        """How far before the last moment a fetch begins; zero where the lag is a number."""
        unit = _SECONDS.get(self.lag[-1])
        return dt.timedelta(seconds=int(self.lag[:-1]) * unit) if unit else dt.timedelta()

    @property
    def lag_number(self) -> int:
        """How far before the last number a fetch begins; zero where the lag is a time."""
        return int(self.lag) if self.lag.isdigit() else 0
