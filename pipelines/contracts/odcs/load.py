"""Loads contract files: one, or all of a folder.

Put here: files in, contracts out. Keep out: how a file is taken apart (`reading.py`).
"""

from functools import lru_cache
from pathlib import Path

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.odcs.enumerations import FILE, read_enumerations
from regulars.pipelines.contracts.odcs.reading import read_contract
from regulars.pipelines.errors import SettingsWrong


def load_contract(path: Path, lists: Path | None = None) -> Contract:
    """Read one contract.

    Args:
        path: `<layer>/<table>.odcs.yaml`.
        lists: The folder with the allowed values that columns may name; by default that of the layers.

    Raises:
        SettingsWrong: The file is not a contract; the message lists every mistake with its place.
    """
    folder = lists or path.parents[1]
    shared = folder / FILE
    return _read_once(path, path.read_bytes(), folder, shared.read_bytes() if shared.is_file() else b"")


@lru_cache(maxsize=256)
def _read_once(path: Path, content: bytes, folder: Path, shared: bytes) -> Contract:
    """A file is taken apart once per content: the graph and the run both read all contracts."""
    contract, problems = read_contract(path, read_enumerations(folder))
    if contract is None or problems:
        raise SettingsWrong("\n".join(problems))
    return contract


def load_contracts(folder: Path, lists: Path | None = None) -> dict[str, Contract]:
    """Every `<layer>/<table>.odcs.yaml` under `folder`: table -> contract, in the order of their names.

    Args:
        folder: Holds a folder per layer.
        lists: As for `load_contract`.

    Raises:
        SettingsWrong: A file is not a contract, or two are about the same table.
    """
    contracts: dict[str, Contract] = {}
    for path in sorted(folder.glob("*/*.odcs.yaml")):
        contract = load_contract(path, lists)
        if contract.table in contracts:
            raise SettingsWrong(f"{path.parent.name}/{path.name}: {contract.table} has two contracts")
        contracts[contract.table] = contract
    return contracts
