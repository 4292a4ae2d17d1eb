"""What a company sets about segments of its own.

Put here: the shape of `segments:`. Keep out: who is in a segment, and whether its
expression can be run (`pipelines/segments`).
"""

from typing import Annotated

from pydantic import Field

from regulars.pipelines.settings.part import Part


class OwnSegment(Part):
    """A segment of the company's own: customers for whom an expression is true. A customer may be in several."""

    when: Annotated[str, Field(min_length=1)]
    """A SQL expression over the columns of `marts.customer_360`, such as `order_count >= 5 and risk <> 'none'`. It sees
    one customer's row and nothing else. Whoever it is NULL for is not in the segment; `marts.own_segments` counts
    them."""
    meaning: Annotated[str, Field(min_length=1)]
    """What the segment is, in a sentence for its readers."""
    mailing: bool = False
    """Whether `regulars worklists --export` writes a file of it for a mailing tool."""
