"""The target `folder`: a copy of the Parquet files in a folder elsewhere.

Put here: which files are copied. Keep out: how a copy is installed (`shape/copies.py`).
"""

import shutil
from pathlib import Path

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.home.durable import hash_file
from regulars.pipelines.home.generation import (
    CONTRACTS_FILE,
    PARQUET_FOLDER,
    REPORT_FILE,
    SEMANTIC_MODEL_FILE,
    Generation,
)
from regulars.pipelines.publish.targets.shape.copies import CopiesPart, check_folder, install_copy
from regulars.pipelines.publish.targets.shape.target import Delivered, TargetType


class FolderOptions(CopiesPart):
    """A folder elsewhere, such as a share or one that is synced to a bucket: `current/parquet/` and the contracts.

    Readers open `current`, a symlink to the newest copy. Where symlinks are impossible, `current.json` names its
    folder. `contents.json` in a copy lists every file with its size and SHA-256.
    """

    report: bool = False
    """Whether `report.html` is copied too."""


def deliver_to_folder(generation: Generation, options: FolderOptions, base: Path) -> Delivered:
    """Copy the published tables as Parquet, and the contracts; the copies are compared with the manifest's hashes.

    Raises:
        StorageFailed: The folder cannot be used, or the generation is damaged.
        OSError: The disk failed.
    """
    wanted = {CONTRACTS_FILE, SEMANTIC_MODEL_FILE, *([REPORT_FILE] if options.report else [])}

    def write(copy: Path) -> None:
        for name, facts in generation.manifest.files.items():
            if name in wanted or name.startswith(f"{PARQUET_FOLDER}/"):
                path = copy / name
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(generation.path / name, path)
                if hash_file(path) != facts.sha256:
                    raise StorageFailed(f"{name} of {generation.name} is not as it was published: `regulars verify`")

    return Delivered(install_copy(generation, options, base, write))


TARGET = TargetType(
    name="folder",
    options=FolderOptions,
    deliver=deliver_to_folder,
    example="""
publish:
  targets:
    share:
      type: folder
      path: /mnt/share/regulars
      keep_generations: 3
      report: true
""",
    check=check_folder,
)
