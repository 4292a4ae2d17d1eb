"""Delivers a generation to a folder in a process of its own, which ends at the nth flush as if it were killed."""

import os
import sys
from pathlib import Path

from regulars.pipelines.home import durable
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.publish.targets.folder import FolderOptions, deliver_to_folder
from regulars.pipelines.publish.targets.shape import copies

if __name__ == "__main__":
    generation, share, left = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    flush = durable.flush

    def flush_or_die(path: Path) -> None:
        global left
        left -= 1
        if left == 0:
            os._exit(9)
        flush(path)

    durable.flush = copies.flush = flush_or_die
    number = int(generation.name.removeprefix("g"))
    deliver_to_folder(Generation(number, generation), FolderOptions(path=str(share)), share.parent)
