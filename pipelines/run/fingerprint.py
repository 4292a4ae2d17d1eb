"""Decides whether a run can end right after landing, because the current generation is what it would publish again.

Put here: the fingerprint of a run, and finding the generation that has it. Keep out: landing, building, publishing.

Equal fingerprint, equal result: the fingerprint covers every input of core and marts but one, the ids that the parent
generation gave to customers and their owners. There a repeated run reads what the run before it wrote, and identity
gives the same ids again (`tests/identity/test_stable_ids.py`, `test_owners.py`). Whoever adds another table that reads
the parent must prove the same.
"""

import hashlib
import json
from typing import Any

from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.verify import find_damage
from regulars.pipelines.run.lineage import code_sha256, deciding_settings, versions
from regulars.pipelines.run.run import Run


def find_known_generation(run: Run) -> Generation | None:
    """The current generation, when this run would only publish it again and it is whole on disk; otherwise None.

    A run with an override is never known: what it lets pass is for this one run to decide, by looking.

    Args:
        run: The run, after landing.
    """
    current = run.parent
    if current is None or run.request.allow or current.manifest.as_of != run.as_of:
        return None
    if current.manifest.fingerprint != compute_fingerprint(run):
        return None
    return None if find_damage(current) else current


def compute_fingerprint(run: Run) -> str:
    """SHA-256 over all that decides the results: deliveries in their order, settings, code, versions, day, overrides.

    Args:
        run: The run, after landing.
    """
    facts = {
        "as_of": run.as_of.isoformat(),
        "settings": deciding_settings(run.settings),
        "report": run.settings.report.model_dump(mode="json"),  # changes no number, but the page
        "findings": run.settings.findings.model_dump(mode="json"),  # changes no number, but what is said of them
        "themes": run.request.theme_rules.sha256,
        "deliveries": _deliveries(run),
        "refusals": [
            [source.source, refusal.reason_code] for source in run.landed_sources for refusal in source.refusals
        ],
        "may_quarantine_more": "quarantined" in run.request.allow,
        "code": code_sha256(),
        "versions": versions(),
    }
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _deliveries(run: Run) -> list[list[Any]]:
    """What landing found, in the order of the ledger: which of two sources delivered later can decide a value."""
    used = [delivery for source in run.landed_sources for delivery in source.found_deliveries]
    return [
        [each.delivery, each.source, each.path, each.file_sha256]
        for each in sorted(used, key=lambda each: (each.delivery or 0, each.source))
    ]
