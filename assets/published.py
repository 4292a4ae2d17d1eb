"""The end of the run: one consistent generation, after every table and every check.

Put here: what goes into a generation. Keep out: how it is written and made current (`pipelines/publish`).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import dagster as dg

from regulars.assets.resources import RunResource
from regulars.pipelines.publish.contents import contents_of
from regulars.pipelines.publish.generation import publish_generation


def generation(tables: Sequence[dg.AssetsDefinition]) -> dg.AssetsDefinition:
    """The asset `published/generation`; it depends on every other asset, and so on every blocking check."""

    @dg.asset(
        key=["published", "generation"],
        deps=[key for each in tables for key in each.keys],
        description="One generation that any BI tool can read: home/current/regulars.duckdb.",
        group_name="published",
        kinds={"duckdb", "parquet"},
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=dt.timedelta(hours=30), warn_window=dt.timedelta(hours=25)
        ),
    )
    def published(run: RunResource) -> dg.MaterializeResult[Any]:
        the_run = run.run
        home = the_run.order.home
        with the_run.step("published.generation"):
            done = publish_generation(
                the_run.warehouse.con,
                home,
                contents_of(the_run),
                number=the_run.number,
                parent=the_run.parent,
                as_of=the_run.as_of,
            )
            the_run.published.append(done)
            if done.warning:
                the_run.report_progress(done.warning)
        manifest = done.generation.manifest
        return dg.MaterializeResult(
            metadata={
                "generation": done.generation.name,
                "is_new": done.is_new,
                "as_of": manifest.as_of.isoformat(),
                "tables": len(manifest.tables),
                "dagster/row_count": sum(table.rows for table in manifest.tables.values()),
                "content_sha256": manifest.content_sha256,
                "report": dg.MetadataValue.path(done.path / "report.html"),
                **{f"headline/{each['label']}": each["text"] for each in manifest.headline.get("numbers", [])},
            }
        )

    return published
