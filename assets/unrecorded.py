"""An instance of Dagster for one run without a history: it keeps only the status of the run.

Put here: what Dagster is told to keep of a run without DAGSTER_HOME. Keep out: starting runs (`launch.py`).
Dagster's own instance for such runs writes every event into a database in memory, and the plan of the run too, and
reads them at every step to note which versions of its inputs a table was made from. All of that is gone when the run
ends, and it costs a small company a quarter of its run.
"""
# ruff: noqa: D102 - the methods are Dagster's, and documented there

from collections.abc import Sequence

import dagster as dg
from dagster._core.events.log import EventLogEntry
from dagster._core.instance.types import InstanceType
from dagster._core.launcher.sync_in_memory_run_launcher import SyncInMemoryRunLauncher
from dagster._core.run_coordinator import DefaultRunCoordinator
from dagster._core.storage.event_log import InMemoryEventLogStorage
from dagster._core.storage.event_log.base import AssetRecord
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster._core.storage.root import TemporaryLocalArtifactStorage
from dagster._core.storage.runs import InMemoryRunStorage


class NoEvents(InMemoryEventLogStorage):
    """Drops every event, and holds no record of earlier assets."""

    asset_records_have_last_observation = True  # so that Dagster does not ask again, for each input of each step

    def store_event(self, event: EventLogEntry) -> None: ...

    def get_asset_records(self, asset_keys: Sequence[dg.AssetKey] | None = None) -> Sequence[AssetRecord]:
        return []


class NoPlans(InMemoryRunStorage):
    """Keeps the status of the run, and pretends to have the plan of every run already."""

    def has_execution_plan_snapshot(self, execution_plan_snapshot_id: str) -> bool:
        return True


def open_unrecorded_instance() -> dg.DagsterInstance:
    """An instance as of `DagsterInstance.ephemeral()` without events and plans; close it after its run."""
    return dg.DagsterInstance(
        instance_type=InstanceType.EPHEMERAL,
        local_artifact_storage=TemporaryLocalArtifactStorage(),  # type: ignore[no-untyped-call]
        run_storage=NoPlans(),
        event_storage=NoEvents(),
        compute_log_manager=NoOpComputeLogManager(),
        run_coordinator=DefaultRunCoordinator(),
        run_launcher=SyncInMemoryRunLauncher(),
    )
