"""One module makes writes durable; nothing else flushes, renames or links files."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.code import CODE, ROOT, name_of

DURABLE = ROOT / "pipelines" / "home" / "durable.py"
OTHERS = [path for path in CODE if path != DURABLE]
NEVER = {"fsync", "fdatasync", "hardlink_to", "symlink_to", "link", "symlink", "renames", "move"}
ON_PATHS = {"rename", "replace"}


def find_durable_calls(source: str) -> Iterator[str]:
    """Calls that flush, link or rename files.

    `rename` and `replace` belong to texts, moments and frames too: a path's takes exactly one argument by position,
    which is never a mapping of column names.
    """
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        of_module = isinstance(node.func.value, ast.Name) and node.func.value.id in {"os", "shutil"}
        is_on_path = len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Dict | ast.DictComp)
        name = node.func.attr
        if (name in NEVER and (of_module or name.endswith("_to"))) or (name in ON_PATHS and (of_module or is_on_path)):
            yield ast.unparse(node)


THROWN_AWAY = (
    "pipelines/command/plan/copied_home.py",
    "pipelines/sources/readers/json/json_files.py",
    "pipelines/sources/readers/workbooks/workbook_files.py",
)
"""What links or renames files in a folder that is thrown away: nothing has to last."""


def test_only_one_module_makes_writes_durable():
    frames_renamed = {"expected.rename(names)", "pl.col('name').replace(measures)"}  # columns and their values
    sources = {name_of(path): path.read_text(encoding="utf-8") for path in OTHERS}
    assert not [name for name, source in sources.items() if "F_FULLFSYNC" in source]
    for name in THROWN_AWAY:
        del sources[name]
    calls = {name: set(find_durable_calls(source)) - frames_renamed for name, source in sources.items()}
    assert not {name: found for name, found in calls.items() if found}


@pytest.mark.parametrize(
    "call",
    [
        "os.fsync(descriptor)",
        "os.replace(fresh, target)",
        "fresh.replace(target)",
        "folder.rename(target)",
        "shutil.move(fresh, target)",
        "link.symlink_to(target)",
        "file.hardlink_to(other)",
    ],
)
def test_every_way_to_flush_link_or_rename_a_file_is_found(call):
    assert list(find_durable_calls(call)) == [call]


@pytest.mark.parametrize("call", ["text.replace('a', 'b')", "moment.replace(tzinfo=None)", "frame.rename({'a': 'b'})"])
def test_texts_moments_and_frames_are_left_alone(call):
    assert list(find_durable_calls(call)) == []
