"""Names and ids of what the bundle holds, which stay the same from one export to the next.

Put here: ids, file names, words for readers. Keep out: what the things are.
"""

import re
import uuid

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "regulars/superset")
_CAPITALS = {"nps": "NPS", "clv": "CLV", "mrr": "MRR", "wape": "WAPE", "csat": "CSAT", "ces": "CES", "id": "ID"}


def make_id(database: str, kind: str, name: str) -> str:
    """The UUID of a thing: the same name gives the same id, so that an import updates what an earlier one made.

    Args:
        database: The name of the database in Superset, which keeps two companies apart.
        kind: What it is, such as `chart`.
        name: Its name among its kind.
    """
    return str(uuid.uuid5(_SPACE, f"{database}/{kind}/{name}"))


def make_file_name(name: str) -> str:
    """A name in small letters, digits and underscores."""
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_") or "regulars"


def name_metric(name: str) -> str:
    """What a metric is called inside Superset: never as a column, since a chart then could not tell them apart."""
    return f"{name}_metric"


def write_words(name: str) -> str:
    """A column's name as a reader likes it: `churn_rate_12m` -> `Churn rate 12m`, `nps_low` -> `NPS low`."""
    words = [_CAPITALS.get(word, word) for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])
