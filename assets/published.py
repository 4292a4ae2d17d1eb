"""Publishes one consistent generation at the end of the run, after every table and every check.

Put here: what goes into a generation. Keep out: how it is written and made current (`pipelines/publish`).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import dagster as dg

from regulars.pipelines.audit.meta_tables import write_meta_tables
from regulars.pipelines.home.generation import Published, name_generation
from regulars.pipelines.publish.contents import gather_contents
from regulars.pipelines.publish.deliver import deliver_run
from regulars.pipelines.publish.generation import publish_generation
from regulars.pipelines.report.headline import describe_headline, read_headline
from regulars.pipelines.report.report import render_report
from regulars.pipelines.run.run import Run

GENERATION = dg.AssetKey(["published", "generation"])


def make_generation_asset(tables: Sequence[dg.AssetsDefinition]) -> dg.AssetsDefinition:
    """The asset `published/generation`; it depends on every other asset, and so on every blocking check."""

    @dg.asset(
        key=GENERATION,
        deps=[key for each in tables for key in each.keys],
        description="One generation that any BI tool can read: home/current/regulars.duckdb.",
        group_name="published",
        kinds={"duckdb", "parquet"},
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=dt.timedelta(hours=30), warn_window=dt.timedelta(hours=25)
        ),
    )
    def published(run: dg.ResourceParam[Run]) -> dg.MaterializeResult[Any]:
        home = run.request.home
        with run.step("published.generation"):
            found = read_headline(run)
            headline = describe_headline(found)
            write_meta_tables(run, headline, dt.datetime.now(dt.UTC))
            page = render_report(
                run.warehouse.con,
                company=run.settings.company.name,
                generation=name_generation(run.number),
                headline=found,
                language=run.settings.report.language,
            )
            done = publish_generation(
                run.warehouse.con,
                home,
                gather_contents(run, headline, page),
                number=run.number,
                parent=run.parent,
                as_of=run.as_of,
            )
            run.published.append(done)
            if done.warning:
                run.report_progress(done.warning)
            deliver_run(run)
        return dg.MaterializeResult(metadata=describe_generation(done))

    return published


def describe_generation(done: Published) -> dict[str, Any]:
    """What Dagster shows of a generation that was published, or found to be what would be published again."""
    manifest = done.generation.manifest
    return {
        "generation": done.generation.name,
        "is_new": done.is_new,
        "as_of": manifest.as_of.isoformat(),
        "tables": len(manifest.tables),
        "dagster/row_count": sum(table.rows for table in manifest.tables.values()),
        "content_sha256": manifest.content_sha256,
        "report": dg.MetadataValue.path(done.generation.report_file),
        **{f"headline/{each['label']}": each["text"] for each in manifest.headline.get("numbers", [])},
    }
