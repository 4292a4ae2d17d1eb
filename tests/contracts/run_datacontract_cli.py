"""Runs datacontract-cli on a combined contract; a script of the tool's own environment, which knows nothing of ours.

    python run_datacontract_cli.py CONTRACT SERVER CHECKS SCHEMAS RESULTS

Relative paths of the contract's servers are relative to the working folder. CHECKS are categories as the
library calls them (`schema` is `properties` on its command line) or `all`, SCHEMAS the
names of tables or `all`; RESULTS is written as JSON, one object per check.
"""

import json
import sys
from pathlib import Path

import yaml
from datacontract.data_contract import DataContract

KEYS = ("type", "model", "field", "key", "qualityId", "name", "reason")


def main(contract: str, server: str, checks: str, schemas: str, results: str) -> None:
    document = yaml.safe_load(Path(contract).read_text(encoding="utf-8"))
    if schemas != "all":  # a server of DuckDB holds one schema: the tables of the others are not there
        document["schema"] = [each for each in document["schema"] if each["name"] in schemas.split(",")]
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    categories = None if checks == "all" else set(checks.split(","))
    run = DataContract(data_contract_str=text, server=server, check_categories=categories).test()
    found = [{key: getattr(check, key) for key in KEYS} | {"result": check.result.value} for check in run.checks]
    Path(results).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
