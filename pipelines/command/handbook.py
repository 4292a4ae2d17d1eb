"""What is made, not written: the commands and published tables in README.md, and docs/kinds.md.

`python -m regulars.pipelines.command.handbook`, run in the checkout, updates them; a test fails when they are outdated.
Put here: filling in between markers. Keep out: what the parts say.
"""

import re
from pathlib import Path

import typer
import typer.main

from regulars.pipelines.command.kinds_page import kinds_markdown
from regulars.pipelines.contracts.dictionary import published_tables_markdown
from regulars.pipelines.contracts.raw_contracts import project_contracts
from regulars.pipelines.kinds.registry import KINDS
from regulars.pipelines.settings.package import CONTRACTS_FOLDER


def write_commands(app: typer.Typer) -> str:
    """The verbs of the command line and what each is for, as a Markdown table."""
    group = typer.main.get_command(app)
    commands: dict[str, typer.core.TyperCommand] = getattr(group, "commands", {})
    lines = ["| command | what it does |", "|---|---|"]
    for name, command in commands.items():
        words = (command.help or "").partition("Example:")[0].split()
        lines.append(f"| `regulars {name}` | {' '.join(words)} |")
    return "\n".join(lines)


def read_between_markers(text: str, name: str) -> str:
    """The text between `<!-- name -->` and `<!-- /name -->`.

    Raises:
        ValueError: The markers are missing.
    """
    match = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, flags=re.DOTALL)
    if match is None:
        raise ValueError(f"the markers of `{name}` are missing")
    return match[1].strip()


def fill_between_markers(text: str, name: str, part: str) -> str:
    """Replace the text between the markers of `name` by `part`."""
    return re.sub(
        rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
        lambda match: f"{match[1]}{part.strip()}\n{match[2]}",
        text,
        flags=re.DOTALL,
    )


def main(readme: Path = Path("README.md")) -> None:
    """Write the made parts of the README, and the page of kinds, anew."""
    from regulars.cli import app  # the command line imports the rooms; a room imports it only to describe it

    text = fill_between_markers(readme.read_text(encoding="utf-8"), "commands", write_commands(app))
    text = fill_between_markers(text, "tables", published_tables_markdown(project_contracts(CONTRACTS_FOLDER)))
    readme.write_text(text, encoding="utf-8")
    (readme.parent / "docs" / "kinds.md").write_text(kinds_markdown(KINDS.values()), encoding="utf-8")


if __name__ == "__main__":
    main()
