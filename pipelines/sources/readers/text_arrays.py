"""Makes Arrow arrays of texts.

Put here: many texts at once. Keep out: the text of one value.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def make_text_array(texts: Sequence[str | bytes | None]) -> "pa.Array[pa.StringScalar]":
    """An array of texts; an empty one is NULL.

    Raises:
        pyarrow.ArrowTypeError: There is something else among them.
    """
    array: Any = pa.array(texts, pa.string())
    filled: pa.Array[pa.StringScalar] = pc.if_else(pc.equal(array, pa.scalar("")), pa.scalar(None, pa.string()), array)
    return filled
