"""The domains where anybody may have a mailbox.

Put here: reading the list. Keep out: what follows from it (`pipelines/identity/accounts.py`).
"""

from functools import cache
from pathlib import Path

import yaml

LIST = Path(__file__).with_suffix(".yaml")


@cache
def list_free_email_domains() -> frozenset[str]:
    """The domains, in small letters, as they stand in addresses after the `@`."""
    return frozenset(yaml.safe_load(LIST.read_text(encoding="utf-8")))
