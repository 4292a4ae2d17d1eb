"""Writes the sample company beside a home, so that the demo can run on it.

Put here: writing it once. Keep out: what the sample company is like (`pipelines/sample`).
"""

from collections.abc import Callable
from pathlib import Path

from regulars.pipelines.errors import UsageWrong
from regulars.pipelines.sample.sample_company import write_sample_company

SETTINGS = "regulars.yaml"
STAMP = ".sample"


def write_demo(home: Path, *, customers: int, seed: int, report_progress: Callable[[str], None]) -> Path:
    """Write the sample company beside `home` unless it is there already; return its settings file.

    Raises:
        UsageWrong: Another sample company is there, with a home that remembers its deliveries.
    """
    folder = home.resolve().parent
    wanted = f"{customers} customers, seed {seed}\n"
    stamp = folder / STAMP
    found = stamp.read_text(encoding="utf-8") if stamp.is_file() else None
    if found is not None and found != wanted and home.exists():
        raise UsageWrong(
            f"{folder} holds another sample company ({found.strip()}), and its home remembers what that delivered. "
            "Name another --home, or remove the folder."
        )
    if found != wanted:
        report_progress(f"writing the sample company ({wanted.strip()}) into {folder}")
        folder.mkdir(parents=True, exist_ok=True)
        write_sample_company(folder, customers=customers, seed=seed, progress=report_progress)
        stamp.write_text(wanted, encoding="utf-8")
    return folder / SETTINGS
