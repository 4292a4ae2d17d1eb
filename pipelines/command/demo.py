"""The demo: the sample company beside its own home, ready for a run.

Put here: writing it once. Keep out: what the sample company is like (`pipelines/sample`).
"""

from collections.abc import Callable
from pathlib import Path

from regulars.pipelines.errors import UsageWrong
from regulars.pipelines.sample.sample_company import write_sample_company

SETTINGS = "regulars.yaml"
STAMP = ".sample"


def write_demo(home: Path, *, customers: int, seed: int, report_progress: Callable[[str], None]) -> Path:
    """The settings file of the sample company beside `home`; its exports are written unless they are there already."""
    folder = home.resolve().parent
    wanted = f"{customers} customers, seed {seed}\n"
    stamp = folder / STAMP
    there = stamp.read_text(encoding="utf-8") if stamp.is_file() else None
    if there is not None and there != wanted and home.exists():
        raise UsageWrong(
            f"{folder} holds another sample company ({there.strip()}), and its home remembers what that delivered. "
            "Name another --home, or remove the folder."
        )
    if there != wanted:
        report_progress(f"writing the sample company ({wanted.strip()}) into {folder}")
        folder.mkdir(parents=True, exist_ok=True)
        write_sample_company(folder, customers=customers, seed=seed, progress=report_progress)
        stamp.write_text(wanted, encoding="utf-8")
    return folder / SETTINGS
