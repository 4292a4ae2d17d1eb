"""Describes a delivered file before it lands.

Put here: where it lies, and its state. Keep out: landing it (`landing.py`).
"""

from dataclasses import dataclass
from pathlib import Path

from regulars.pipelines.sources.landing import FileState


@dataclass(frozen=True)
class DeliveredFile:
    """One delivered file: its path for the ledger, the path to open, and its state when it was found."""

    ledger_path: str
    path: Path
    state: FileState
