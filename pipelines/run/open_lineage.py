"""Tells a catalogue of lineage about a run: one event of OpenLineage, with what was read and what was published.

Put here: the event, and sending it. Keep out: what decides the outcome of a run, and alerts to people (`alerts.py`).
Names and counts only: no value of a row, no path. https://openlineage.io/docs/spec/object-model
"""

import datetime as dt
import importlib.metadata
import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.home.generation import Published
from regulars.pipelines.run.last_run import LastRun
from regulars.pipelines.settings.operation import OpenLineage
from regulars.pipelines.sources.landed_source import LandedSource

if TYPE_CHECKING:
    from openlineage.client.event_v2 import InputDataset, OutputDataset, RunEvent

PRODUCER = f"urn:regulars:{importlib.metadata.version('regulars')}"
JOB = "regulars run"
TIMEOUT_SECONDS = 10
RETRIES = 2


@dataclass(frozen=True)
class EndedRun:
    """What an event is made of.

    Attributes:
        as_of: The last day that counted.
        started_at: When the run began, aware.
        ended: How it ended.
        sources: What landed of each source.
        published: What it published; None: nothing.
        contracts: Table -> contract.
    """

    as_of: dt.date
    started_at: dt.datetime
    ended: LastRun
    sources: Sequence[LandedSource]
    published: Published | None
    contracts: Mapping[str, Contract]


def refuse_missing_client(settings: OpenLineage) -> None:
    """Raise SettingsWrong if events are wanted and the extra that sends them is not installed."""
    if settings.url and importlib.util.find_spec("openlineage") is None:
        raise SettingsWrong("`openlineage` needs its client: `pip install 'regulars[openlineage]'`")


def make_event(run: EndedRun, namespace: str) -> "RunEvent":
    """The event of a run: COMPLETE with the tables that are new, or FAIL with the sentence that says why."""
    from openlineage.client import event_v2
    from openlineage.client.facet_v2 import error_message_run, job_type_job, nominal_time_run, processing_engine_run
    from openlineage.client.uuid import generate_new_uuid

    day = dt.datetime.combine(run.as_of, dt.time(), dt.UTC)
    facets = {
        "nominalTime": nominal_time_run.NominalTimeRunFacet(
            day.isoformat(), (day + dt.timedelta(days=1)).isoformat(), producer=PRODUCER
        ),
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(
            importlib.metadata.version("regulars"), "Regulars", producer=PRODUCER
        ),
    }
    if run.ended.exit_code:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(run.ended.message, "Python", producer=PRODUCER)
    return event_v2.RunEvent(
        eventTime=run.ended.ended_at.isoformat(),
        eventType=event_v2.RunState.FAIL if run.ended.exit_code else event_v2.RunState.COMPLETE,
        run=event_v2.Run(str(generate_new_uuid(run.started_at)), facets),
        job=event_v2.Job(
            namespace, JOB, {"jobType": job_type_job.JobTypeJobFacet("BATCH", "REGULARS", "JOB", producer=PRODUCER)}
        ),
        inputs=list(_list_inputs(run.sources, namespace)),
        outputs=list(_list_outputs(run, namespace)),
        producer=PRODUCER,
    )


def send_event(settings: OpenLineage, run: EndedRun) -> str | None:
    """Send the event of a run to the catalogue.

    Returns:
        A sentence when it could not be sent, else None: a lost event never fails a good run.
    """
    if importlib.util.find_spec("openlineage") is None:
        return None  # the run failed because of it, and said so
    from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport, TokenProvider
    from requests import RequestException

    auth = ApiKeyTokenProvider({"api_key": settings.api_key}) if settings.api_key else TokenProvider({})
    retry = {"total": RETRIES, "backoff_factor": 0.3, "status_forcelist": [500, 502, 503, 504], "allowed_methods": None}
    transport = HttpTransport(HttpConfig(settings.url or "", timeout=TIMEOUT_SECONDS, auth=auth, retry=retry))
    try:
        transport.emit(make_event(run, settings.namespace))
    except (RequestException, OSError, ValueError) as error:  # their texts may hold the address
        answer = getattr(getattr(error, "response", None), "status_code", None)
        why = f"it answered {answer}" if answer else type(error).__name__
        return f"the event for OpenLineage could not be sent ({why}): check `openlineage` in the settings"
    finally:
        transport.close()
    return None


def _list_inputs(sources: Iterable[LandedSource], namespace: str) -> "Iterable[InputDataset]":
    from openlineage.client.event_v2 import InputDataset
    from openlineage.client.facet_v2 import DatasetFacet, dataset_version_dataset, input_statistics_input_dataset

    for each in sources:
        used = each.deliveries
        statistics = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
            rowCount=sum(delivery.record_count or 0 for delivery in used), fileCount=len(used), producer=PRODUCER
        )
        version = dataset_version_dataset.DatasetVersionDatasetFacet(
            str(max((delivery.delivery or 0 for delivery in used), default=0)), producer=PRODUCER
        )
        name = f"sources.{each.source}"
        facets: dict[str, DatasetFacet] = {"version": version}
        yield InputDataset(namespace, name, {"inputStatistics": statistics}, facets=facets)


def _list_outputs(run: EndedRun, namespace: str) -> "Iterable[OutputDataset]":
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.facet_v2 import (
        dataset_version_dataset,
        documentation_dataset,
        output_statistics_output_dataset,
        schema_dataset,
    )

    if run.published is None or not run.published.is_new:
        return
    generation = run.published.generation
    for table, facts in generation.manifest.tables.items():
        contract = run.contracts[table]
        rows = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(facts.rows, producer=PRODUCER)
        fields = [
            schema_dataset.SchemaDatasetFacetFields(column.name, column.type, column.description, position)
            for position, column in enumerate(contract.columns, start=1)
        ]
        yield OutputDataset(
            namespace,
            table,
            {"outputStatistics": rows},
            facets={
                "schema": schema_dataset.SchemaDatasetFacet(fields, producer=PRODUCER),
                "documentation": documentation_dataset.DocumentationDatasetFacet(contract.purpose, producer=PRODUCER),
                "version": dataset_version_dataset.DatasetVersionDatasetFacet(generation.name, producer=PRODUCER),
            },
        )
