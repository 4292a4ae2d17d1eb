"""Checks that the files of a generation are still what was published.

Put here: hashing files again and comparing with the manifest. Keep out: repair; `rollback.py` goes back to another one.
"""

from pathlib import Path

from regulars.pipelines.home.durable import hash_file, list_files
from regulars.pipelines.home.generation import OLD_STATE_FILE, Generation
from regulars.pipelines.home.manifest import FILE_NAME, FileFacts, hash_content


def find_damage(generation: Generation) -> list[str]:
    """Hash every file of a generation again.

    Returns:
        One sentence per file that differs, the state file included; empty when nothing is damaged.

    Raises:
        errors.StorageFailed: Its manifest is missing or damaged.
    """
    manifest = generation.manifest
    found = {path.relative_to(generation.path).as_posix(): path for path in list_files(generation.path)}
    found.pop(FILE_NAME, None)
    expected = dict(manifest.files)
    if manifest.state is not None:
        state = generation.state_file
        found.pop(OLD_STATE_FILE, None)
        expected[f"state/{state.name}"] = manifest.state
        if state.is_file():
            found[f"state/{state.name}"] = state
    problems = [f"{name} is missing" for name in expected if name not in found]
    problems += [f"{name} does not belong to the generation" for name in found if name not in expected]
    for name, facts in expected.items():
        if name in found:
            problems += _compare_file(name, found[name], facts)
    if hash_content(manifest.tables) != manifest.content_sha256:
        problems.append(f"{FILE_NAME} contradicts itself: content_sha256 is not that of its tables")
    return problems


def _compare_file(name: str, path: Path, facts: FileFacts) -> list[str]:
    size = path.stat().st_size
    if size != facts.bytes:
        return [f"{name} has {size} bytes, {facts.bytes} were published"]
    return [] if hash_file(path) == facts.sha256 else [f"{name} has other content than was published"]
