"""Is a generation on disk still what was published?

Put here: re-hashing files against the manifest. Keep out: mending; `rollback.py` goes back to a whole one.
"""

from pathlib import Path

from regulars.pipelines.home.durable import files_below, sha256_of
from regulars.pipelines.home.generation import OLD_STATE_FILE, Generation
from regulars.pipelines.home.manifest import FILE_NAME, FileFacts, content_hash


def verify(generation: Generation) -> list[str]:
    """Hash every file of a generation again.

    Returns:
        One sentence per file that differs, its state file included; empty when it is whole.

    Raises:
        errors.StorageFailed: Its manifest is missing or damaged.
    """
    manifest = generation.manifest
    found = {path.relative_to(generation.path).as_posix(): path for path in files_below(generation.path)}
    found.pop(FILE_NAME, None)
    expected = dict(manifest.files)
    if manifest.state is not None:
        state = generation.state_file
        found.pop(OLD_STATE_FILE, None)
        expected[f"state/{state.name}"] = manifest.state
        if state.is_file():
            found[f"state/{state.name}"] = state
    told = [f"{name} is missing" for name in expected if name not in found]
    told += [f"{name} does not belong to the generation" for name in found if name not in expected]
    for name, facts in expected.items():
        if name in found:
            told += _differences(name, found[name], facts)
    if content_hash(manifest.tables) != manifest.content_sha256:
        told.append(f"{FILE_NAME} contradicts itself: content_sha256 is not that of its tables")
    return told


def _differences(name: str, path: Path, facts: FileFacts) -> list[str]:
    size = path.stat().st_size
    if size != facts.bytes:
        return [f"{name} has {size} bytes, {facts.bytes} were published"]
    return [] if sha256_of(path) == facts.sha256 else [f"{name} has other content than was published"]
