"""The end of the night: one consistent generation, after every table and every check.

Put here: what goes into a generation. Keep out: how it is written and swung (`pipelines/publish`).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import dagster as dg

from assets.resources import NightResource
from pipelines.generation_contents import contents_of
from pipelines.publish.generation import publish


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
    def published(night: NightResource) -> dg.MaterializeResult[Any]:
        the_night = night.night
        home = the_night.order.home
        with the_night.step("published.generation"):
            done = publish(
                the_night.warehouse.con,
                home,
                contents_of(the_night),
                number=the_night.number,
                parent=the_night.parent,
                as_of=the_night.as_of,
            )
            the_night.published.append(done)
            if done.warning:
                the_night.say(done.warning)
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
