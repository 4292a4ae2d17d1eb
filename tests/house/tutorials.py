"""Follows a page of `docs/` as a reader would: makes its files, types its commands, compares what comes out.

A block `python title="pipelines/x.py"` is a new file; `diff title="pipelines/x.py"` is a change of one, whose parts
are parted by lines `@@`. In a block `console`, every line that begins with `$ ` is a command, lines below it that begin
with `> ` are its further lines, and the others are lines of its output, in their order; `…` stands for any text, and
blanks are blanks, however many.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LEFT_OUT = (".git", ".venv", "demo", "build", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis")
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', flags=re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One thing that a page has its reader do: a command (`title` is empty) or a file."""

    language: str
    title: str
    text: str


def steps_of(page: Path) -> Iterator[Step]:
    """The files and commands of a page, in its order."""
    for language, title, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "console":
            for command in re.split(r"^(?=\$ )", text, flags=re.MULTILINE)[1:]:
                yield Step(language, "", command)
        elif title:
            yield Step(language, title, text)


def follow(page: Path, folder: Path) -> Path:
    """Follow a page in a copy of the checkout below `folder`; the copy."""
    checkout = copy_checkout(folder)
    for step in steps_of(page):
        if step.language == "diff":
            change_file(checkout / step.title, step.text)
        elif step.title:
            path = checkout / step.title
            assert not path.exists(), f"{step.title} is there already"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, encoding="utf-8")
        else:
            type_command(checkout, *_part_command(step.text))
    return checkout


def _part_command(text: str) -> tuple[str, str]:
    """A command, whose further lines begin with `> `, and the output below it."""
    typed, rest = re.fullmatch(r"\$ ([^\n]*\n(?:> [^\n]*\n)*)(.*)", text, flags=re.DOTALL).groups()  # type: ignore[union-attr]
    return re.sub(r"^> ", "", typed, flags=re.MULTILINE), rest


def copy_checkout(folder: Path) -> Path:
    """The checkout as a reader has it after `make demo`: with commands in `.venv/bin` that run this Python."""
    checkout = folder / "regulars"
    shutil.copytree(ROOT, checkout, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    commands = checkout / ".venv" / "bin"
    commands.mkdir(parents=True)
    for name, arguments in {"python": "", "regulars": " -m regulars"}.items():
        script = commands / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}"{arguments} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return checkout


def change_file(path: Path, diff: str) -> None:
    """Replace the lines of each part of a diff that begin with ` ` or `-` by those that begin with ` ` or `+`."""
    text = path.read_text(encoding="utf-8")
    for part in re.split(r"^@@.*\n", diff, flags=re.MULTILINE):
        lines = part.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        assert text.count(old) == 1, f"{path.name} has these lines {text.count(old)} times:\n{old}"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def type_command(checkout: Path, command: str, expected: str) -> None:
    """Run a command in the checkout; it must succeed, and say what the page says."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("REGULARS_", "DAGSTER_"))}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=checkout,
        env={**clean, "PYTHONPATH": str(checkout), "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=900,
    )
    said = done.stdout
    assert done.returncode == 0, f"{command}\n{said[-3000:]}"
    lines = iter(" ".join(line.split()) for line in said.splitlines())
    for line in expected.rstrip().splitlines():
        pattern = re.escape(" ".join(line.split())).replace(re.escape("…"), ".*")
        assert any(re.fullmatch(pattern, each) for each in lines), f"{command}\nsays no `{line}` there:\n{said[-3000:]}"
