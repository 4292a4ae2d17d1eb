"""The result of one check of the set-up.

Put here: its shape. Keep out: what is checked (the modules beside this one).
"""

from dataclasses import dataclass
from typing import Literal

Mark = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class SetupCheck:
    """The result of one check."""

    mark: Mark
    subject: str
    sentence: str
    exit_code: int = 0
