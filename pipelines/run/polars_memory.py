"""Has polars return memory that it no longer uses, so that the next step, or DuckDB, can take it.

Put here: how polars' allocator is set. Keep out: DuckDB's limit (`pipelines/warehouse/build_file.py`).
Without it, memory is returned only when a later step happens to use the same part of the allocator: after a step that
needed 3 GB, these stayed with the process.
"""

import os
import sys

VARIABLE = "_RJEM_MALLOC_CONF"
RETURN_IN_BACKGROUND = "background_thread:true"


def return_unused_memory() -> None:
    """Let a thread of polars' allocator return unused memory within a second or two.

    It must be called before polars is imported, which reads the variable; later calls change nothing. What the
    environment says of it already is kept.
    """
    written = os.environ.get(VARIABLE, "")
    if sys.platform == "linux" and "background_thread" not in written:
        os.environ[VARIABLE] = f"{written},{RETURN_IN_BACKGROUND}".lstrip(",")
