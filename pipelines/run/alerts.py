"""Sends alerts about runs to one webhook: counts and reasons only, and no noise.

Put here: when an alert goes out, and its text. Keep out: what decides the outcome of a run.
An alert goes out when a run fails, when the next one recovers, when a target could not be delivered to, when a stale
source is used, and when there is a finding that the generation before had not; a second failure with the same exit
code, or of the same target, sends none.
"""

import http.client
import json
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

from regulars.pipelines.run.last_run import LastRun

TIMEOUT_SECONDS = 10


def write_alert(company: str, before: LastRun | None, now: LastRun, stale: Sequence[str]) -> dict[str, Any] | None:
    """The alert about a run; None when there is nothing new to say.

    Args:
        company: Whose run it was.
        before: How the run before this one ended.
        now: How this one ended.
        stale: The sources whose last delivery was used again.
    """
    failed_before = before is not None and before.exit_code != 0
    if now.exit_code != 0:
        if before is not None and before.exit_code == now.exit_code:
            return None
        event = "failed"
    elif now.is_backfill:
        return None
    elif failed_before:
        event = "recovered"
    elif now.undelivered.keys() - (before.undelivered if before else {}).keys():
        event = "undelivered"
    elif stale:
        event = "stale"
    elif now.is_new and now.new_findings:
        event = "findings"
    else:
        return None
    odd = f" {' '.join(now.new_findings)}" if now.new_findings else ""
    text = {
        "failed": f"Regulars, {company}: the run failed. {now.message}",
        "recovered": f"Regulars, {company}: the run succeeded again. {now.message}{odd}",
        "undelivered": f"Regulars, {company}: a target was not delivered to. {now.message}{odd}",
        "stale": f"Regulars, {company}: published, with stale sources: {', '.join(stale)}.{odd}",
        "findings": f"Regulars, {company}: published, with new findings.{odd}",
    }[event]
    return {"event": event, "company": company, "text": text, "exit_code": now.exit_code, "generation": now.generation}


def send_alert(webhook: str, payload: Mapping[str, Any]) -> str | None:
    """Post a message as JSON (Slack, Teams and most others show `text`).

    Returns:
        A sentence when it could not be sent, else None: a lost alert never fails a good run.
    """
    try:
        request = urllib.request.Request(
            webhook,
            data=json.dumps(payload).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):
            return None
    except (OSError, ValueError, http.client.HTTPException) as error:  # their texts may hold the secret address
        return f"the alert could not be sent ({type(error).__name__}): check `alerts.webhook` in the settings"
