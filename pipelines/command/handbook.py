"""What is made, not written: the commands in README.md, and the pages on tables, settings, findings, kinds in `docs/`.

`python -m regulars.pipelines.command.handbook`, run in the checkout, updates them; a test fails when they are outdated.
Put here: filling in between markers. Keep out: what the parts say.
"""

import re
from pathlib import Path

import typer
import typer.main

from regulars.pipelines.command.pages.findings_page import findings_markdown
from regulars.pipelines.command.pages.kinds_page import kinds_markdown
from regulars.pipelines.command.pages.settings_page import settings_markdown
from regulars.pipelines.contracts.dictionary import format_published_tables
from regulars.pipelines.contracts.raw_contracts import load_all_contracts
from regulars.pipelines.findings.catalogue import FAMILIES
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.package import ROOT

CHECKOUT = (ROOT / "pipelines").resolve().parent
"""The folder of README.md: the rooms in the package are links to those beside it."""

TABLES = """# Published tables

Made from `data_contracts/` by `python -m regulars.pipelines.command.handbook`; do not edit it by hand.

Every table is in `home/current/regulars.duckdb` and, as Parquet, in `home/current/parquet/`. What each column means
stands in the file itself, as comments and in `meta.data_dictionary`; what each number means, in
[numbers.md](numbers.md). Where a table holds several grains or dimensions, a view such as `marts.churn_all` holds the
rows of the whole base alone, so that adding up its columns is right; `is_additive` of `meta.data_dictionary` says of
which.

"""


def write_commands(app: typer.Typer) -> str:
    """The verbs of the command line and what each is for, as a Markdown table."""
    group = typer.main.get_command(app)
    commands: dict[str, typer.core.TyperCommand] = getattr(group, "commands", {})
    lines = ["| command | what it does |", "|---|---|"]
    for name, command in commands.items():
        words = (command.help or "").partition("Example:")[0].split()
        lines.append(f"| `regulars {name}` | {' '.join(words)} |")
    return "\n".join(lines)


def fill_between_markers(text: str, name: str, part: str) -> str:
    """Replace the text between `<!-- name -->` and `<!-- /name -->` by `part`.

    Raises:
        ValueError: The markers are missing.
    """
    filled, count = re.subn(
        rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
        lambda match: f"{match[1]}{part.strip()}\n{match[2]}",
        text,
        flags=re.DOTALL,
    )
    if count != 1:
        raise ValueError(f"the text holds the markers of `{name}` {count} times, and must hold them once")
    return filled


def made_pages(root: Path = CHECKOUT) -> dict[str, str]:
    """File below `root` -> its whole text as it should be."""
    from regulars.cli import app  # the command line imports the rooms; a room imports it only to describe it

    readme = (root / "README.md").read_text(encoding="utf-8")
    return {
        "README.md": fill_between_markers(readme, "commands", write_commands(app)),
        "docs/tables.md": TABLES + format_published_tables(load_all_contracts(root / "data_contracts")) + "\n",
        "docs/settings.md": settings_markdown(),
        "docs/findings.md": findings_markdown(FAMILIES),
        "docs/kinds.md": kinds_markdown(KINDS.values()),
    }


def main() -> None:
    """Write all of them anew."""
    for path, text in made_pages().items():
        (CHECKOUT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
