"""How a company operates its runs: when they start, how much memory they take, and whom they let know.

Put here: what a run needs beside its input, and where messages about it go. Keep out: anything that decides a result.
"""

from typing import Annotated

from pydantic import Field

from regulars.pipelines.settings.part import MEMORY_PATTERN, WEB_ADDRESS_PATTERN, Part


class Schedule(Part):
    """When Dagster's schedule starts the nightly run, in the company's time zone."""

    cron: str = "30 3 * * *"
    """Minute, hour, day of the month, month, day of the week."""


class Resources(Part):
    """How much of the machine a run may take. It changes no result."""

    duckdb_memory_limit: Annotated[str, Field(pattern=MEMORY_PATTERN)] | None = None
    """The most memory that DuckDB takes, such as `4GB` or `800MB`; what does not fit is written to the disk of the home
    meanwhile. Without it: 2GB, or half of the memory of the machine or its container if that is less. The whole run
    takes more: see [deploy.md](deploy.md#memory)."""


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
