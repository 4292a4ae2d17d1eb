"""Makes the file of each segment for a mailing tool: only addresses of people who agreed to be written to.

Put here: who is in a file, and who is left out and why. Keep out: consent (`contacts.py`) and writing
(`export_folder.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from regulars.pipelines.command.plurals import count_things
from regulars.pipelines.command.worklists.owner_files import make_plain

COLUMNS = ("email", "first_name", "segment", "customer_id")


@dataclass(frozen=True)
class SegmentFile:
    """The file of one segment.

    Attributes:
        segment: Its name.
        file_name: The file's.
        rows: The columns of `COLUMNS`, one row per address.
        declined: People left out because they declined, or share the address of somebody who did.
        unknown: People left out because nobody knows whether they agreed.
        without_address: People, and customers without any record, left out because they have no address.
        repeated: People left out because another one has the same address.
    """

    segment: str
    file_name: str
    rows: pl.DataFrame
    declined: int
    unknown: int
    without_address: int
    repeated: int

    def describe(self) -> str:
        """A sentence that names nobody."""
        left_out = {
            "declined": self.declined,
            "whose consent is not known": self.unknown,
            "without an address": self.without_address,
            "with the address of another": self.repeated,
        }
        reasons = ", ".join(f"{count:,} {why}" for why, count in left_out.items() if count)
        written = f"segment {self.segment}: {count_things(len(self.rows), 'address', 'addresses')}"
        return f"{written}; left out: {reasons}" if reasons else written


def make_segment_files(members: pl.DataFrame, addresses: pl.DataFrame) -> Iterator[SegmentFile]:
    """Make a file for each segment, also for one in which nobody may be written to.

    Args:
        members: `customer_id` and `segment`; a customer may be in several.
        addresses: As `contacts.find_addresses` returns them.
    """
    joined = members.join(addresses, on="customer_id", how="left").with_columns(
        consent=pl.col("consent").fill_null("no address")
    )
    for (segment,), rows in joined.sort("segment", "customer_id", "contact_id").group_by(
        "segment", maintain_order=True
    ):
        counts = dict(rows["consent"].value_counts().iter_rows())
        agreed = rows.filter(pl.col("consent") == "yes")
        once = agreed.unique(pl.col("email").str.to_lowercase(), keep="first", maintain_order=True)
        yield SegmentFile(
            segment=str(segment),
            file_name=f"segment-{make_plain(str(segment)) or 'unnamed'}.csv",
            rows=once.select(COLUMNS),
            declined=counts.get("no", 0),
            unknown=counts.get("unknown", 0),
            without_address=counts.get("no address", 0),
            repeated=len(agreed) - len(once),
        )
