"""Says where the installed package keeps its files: the one place that knows these paths.

Put here: folders that ship with the code. Keep out: a company's own folders (`home/`).
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The folder that holds `assets/`, `pipelines/`, `sql/` and `data_contracts/`."""

SQL_FOLDER = ROOT / "sql"
CONTRACTS_FOLDER = ROOT / "data_contracts"
PROFILES_FOLDER = ROOT / "pipelines" / "sources" / "profiles"
APIS_FOLDER = ROOT / "pipelines" / "sources" / "apis"
