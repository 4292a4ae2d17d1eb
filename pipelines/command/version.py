"""Which version this is, and of what computes its tables: the line to put into a bug report.

Put here: wording versions. Keep out: deciding which versions matter (`run/lineage.py`).
"""

from regulars.pipelines.run.lineage import versions


def describe_versions() -> str:
    """One line that begins with `regulars` and its version, then Python's and those of the packages that matter."""
    found = versions()
    others = ", ".join(f"{name} {version}" for name, version in found.items() if name != "regulars")
    return f"regulars {found['regulars']} ({others})"
