"""The folder `company/` beside the settings: what a company adds to Regulars or changes in it without a fork.

Put here: where its files lie, and what they hold as one value. Keep out: what they mean (`warehouse/sql_files.py` for
SELECTs, `contracts/` for contracts, `settings/profiles/` for profiles, `settings/apis/` for APIs).
"""

import hashlib
from pathlib import Path

NAME = "company"
SQL, CONTRACTS = "sql", "data_contracts"
"""`sql/<layer>/<table>.sql` and `data_contracts/<layer>/<table>.odcs.yaml`, as in Regulars itself."""


def find_company_folder(settings_folder: Path) -> Path | None:
    """The folder beside the settings, if it holds tables or contracts."""
    folder = settings_folder.resolve() / NAME
    return folder if list_company_files(folder) else None


def list_company_files(folder: Path) -> list[Path]:
    """Its SELECTs and contracts, sorted; whatever else lies in these folders too, so that it is refused."""
    return sorted(path for part in (SQL, CONTRACTS) for path in (folder / part).rglob("*") if path.is_file())


def hash_company_files(folder: Path | None) -> dict[str, str]:
    """Path from the folder -> SHA-256 of every file that has a part in results."""
    if folder is None:
        return {}
    return {
        f"{NAME}/{path.relative_to(folder).as_posix()}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in list_company_files(folder)
    }
