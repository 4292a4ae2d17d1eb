"""Is a generation on disk still what was published?

Put here: re-hashing files against the manifest. Keep out: mending; `rollback.py` goes back to a whole one.
"""

from pathlib import Path

from pipelines.home import Generation
from pipelines.publish.durable import files_below, sha256_of
from pipelines.publish.manifest import FILE_NAME, Manifest, content_hash


def verify(generation: Generation) -> list[str]:
    """Hash every file of a generation again.

    Returns:
        One sentence per file that differs; empty when it is whole.

    Raises:
        errors.StorageFailed: Its manifest is missing or damaged.
    """
    return differences(generation.path, generation.manifest)


def differences(folder: Path, manifest: Manifest) -> list[str]:
    """One sentence per file in `folder` that is not as `manifest` says."""
    found = {path.relative_to(folder).as_posix(): path for path in files_below(folder)}
    found.pop(FILE_NAME, None)
    told = [f"{name} is missing" for name in manifest.files if name not in found]
    told += [f"{name} does not belong to the generation" for name in found if name not in manifest.files]
    for name, facts in manifest.files.items():
        if name not in found:
            continue
        size = found[name].stat().st_size
        if size != facts.bytes:
            told.append(f"{name} has {size} bytes, {facts.bytes} were published")
        elif sha256_of(found[name]) != facts.sha256:
            told.append(f"{name} has other content than was published")
    if content_hash(manifest.tables) != manifest.content_sha256:
        told.append(f"{FILE_NAME} contradicts itself: content_sha256 is not that of its tables")
    return told
