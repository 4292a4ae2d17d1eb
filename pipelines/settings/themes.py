"""What a company sets about the themes of comments.

Put here: the shape of `themes:`. Keep out: the rules of themes and their file (`pipelines/themes`).
"""

from typing import Annotated

from pydantic import Field

from regulars.pipelines.settings.part import LANGUAGE_PATTERN, Part


class Themes(Part):
    """How comments are sorted into themes: `marts.feedback_themes`. What was written is never published."""

    file: str | None = None
    """A file of your own rules; a relative path starts from the settings' folder. Without it, the rules that come with
    Regulars are used: fourteen themes in nine languages. `regulars themes --write-rules themes.yaml` writes them to a
    file to edit."""
    languages: list[Annotated[str, Field(pattern=LANGUAGE_PATTERN)]] = []
    """The languages that customers write in, as codes such as `fi`; a comment of a survey that does not say its
    language is in one of them. Without it: those that surveys say, and those of the customers' countries."""
