"""Whom a company lets know about its runs: a chat, and a catalogue of lineage.

Put here: where messages about runs go. Keep out: when they go and what they say (`pipelines/run/`).
"""

from typing import Annotated

from pydantic import Field

from regulars.pipelines.settings.part import WEB_ADDRESS_PATTERN, Part


class Alerts(Part):
    """Where alerts go when a run fails, recovers, or uses a stale source. Payloads hold counts and reasons only."""

    webhook: str | None = None
    """An address that takes a JSON POST with a `text`, as Slack and Teams do. It is a secret: take it from the
    environment."""


class OpenLineage(Part):
    """Where an event of OpenLineage goes after each run; Marquez, DataHub and other catalogues read it.

    It holds the sources that the run read, the tables that it published with their columns and rows, or why it failed.
    Needs the extra `regulars[openlineage]`.
    """

    url: Annotated[str, Field(pattern=WEB_ADDRESS_PATTERN)] | None = None
    """The address of the catalogue, such as `http://marquez.example:5000`. Without it, no event is sent."""
    api_key: str | None = None
    """Sent as a bearer token. It is a secret: take it from the environment."""
    namespace: Annotated[str, Field(min_length=1)] = "regulars"
    """The namespace of the job and of the tables in the catalogue."""
