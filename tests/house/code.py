"""The code of the house as files and imports, for the tests of its rules."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PIPELINES = sorted((ROOT / "pipelines").glob("**/*.py"))
ASSETS = sorted((ROOT / "assets").glob("*.py"))
COMMAND_LINE = [path for path in sorted((ROOT / "regulars").glob("*.py")) if not path.is_symlink()]
CODE = [*PIPELINES, *ASSETS, *COMMAND_LINE]


def name_of(path: Path) -> str:
    """The path as a test shows it."""
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    """`pipelines/home/lock.py` -> `pipelines.home.lock`."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


MODULES = {module_of(path): path for path in CODE if path.name != "__init__.py"}


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Every module that a file imports, at the top or inside a function; ours without the leading `regulars.`."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.removeprefix("regulars.") for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            module = node.module.removeprefix("regulars.")
            inside = {f"{module}.{alias.name}" for alias in node.names} & MODULES.keys()
            found |= inside or {module}
    return frozenset(found)


def room_of(module: str) -> str:
    """`pipelines.home.lock` -> `home`, `pipelines.errors` -> `errors`, `assets.raw` -> `assets`."""
    parts = module.split(".")
    return parts[1] if parts[0] == "pipelines" else parts[0]


@cache
def imports_among_us() -> dict[str, set[str]]:
    """Module -> the modules of ours that it imports."""
    return {module: set(imports_of(path) & MODULES.keys()) for module, path in MODULES.items()}
