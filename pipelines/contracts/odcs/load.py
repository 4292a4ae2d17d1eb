"""Loads contract files: one, or all of a folder.

Put here: files in, contracts out. Keep out: how a file is taken apart (`reading.py`).
"""

from functools import lru_cache
from pathlib import Path

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.odcs.enumerations import FILE
from regulars.pipelines.contracts.odcs.reading import read_contract
from regulars.pipelines.errors import SettingsWrong


def load_contract(path: Path) -> Contract:
    """Read one contract.

    Args:
        path: `<layer>/<table>.odcs.yaml`; the allowed values that columns may name stand beside the layers.

    Raises:
        SettingsWrong: The file is not a contract; the message lists every mistake with its place.
    """
    shared = path.parents[1] / FILE
    return _read_once(path, path.read_bytes(), shared.read_bytes() if shared.is_file() else b"")


@lru_cache(maxsize=256)
def _read_once(path: Path, content: bytes, shared: bytes) -> Contract:
    """A file is taken apart once per content: the graph and the run both read all contracts."""
    contract, problems = read_contract(path)
    if contract is None or problems:
        raise SettingsWrong("\n".join(problems))
    return contract


def load_contracts(folder: Path) -> dict[str, Contract]:
    """Every `<layer>/<table>.odcs.yaml` under `folder`: table -> contract, in the order of their names.

    Raises:
        SettingsWrong: A file is not a contract, or two are about the same table.
    """
    contracts: dict[str, Contract] = {}
    for path in sorted(folder.glob("*/*.odcs.yaml")):
        contract = load_contract(path)
        if contract.table in contracts:
            raise SettingsWrong(f"{path.parent.name}/{path.name}: {contract.table} has two contracts")
        contracts[contract.table] = contract
    return contracts
