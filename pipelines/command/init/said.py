"""Says what `regulars init` found and wrote: files, tools, shapes of values, and what is open.

Put here: words. Keep out: finding anything. No sentence holds a value of a file: only its shape.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from regulars.pipelines.command.init.drafts import Draft
from regulars.pipelines.command.plurals import count_things

_SHOWN_FILES = 3


def describe_result(drafts: Sequence[Draft], refused: Sequence[tuple[str, str]], settings: Path | None) -> str:
    """All that was found.

    Args:
        drafts: The sources, those that are read first.
        refused: Files that are not looked at, and why.
        settings: The file that was written; None: none was.
    """
    lines = [line for draft in drafts for line in _describe(draft)]
    lines += [f"{name}: left alone ({reason})" for name, reason in refused]
    active = sum(draft.is_active for draft in drafts)
    open_count = sum(len(draft.questions) for draft in drafts)
    if settings is not None and drafts:
        sources, questions = count_things(active, "source"), count_things(open_count, "question")
        proposed = len(drafts) - active
        more = f", {count_things(proposed, 'proposal')} as comments" if proposed else ""
        lines += ["", f"Wrote {settings}: {sources}{more}; {questions} left open in it (look for QUESTION)."]
        lines.append("Next: `regulars doctor`, then `regulars preview`, then `regulars run`.")
    elif settings is not None:
        lines += ["", f"Nothing new: {settings} is as it was."]
    return "\n".join(lines)


def _describe(draft: Draft) -> Iterator[str]:
    names = [head.file.name for head in draft.group.heads]
    more = f" and {len(names) - _SHOWN_FILES} more" if len(names) > _SHOWN_FILES else ""
    yield f"{', '.join(names[:_SHOWN_FILES])}{more}"
    how = {"recognised": "recognised by its columns", "unknown": "not recognised"}
    rows = count_things(draft.row_count, "record")
    yield f"  {draft.what}: {how.get(draft.sureness, f'a guess, {draft.sureness}')}; {rows}; source `{draft.name}`"
    yield from (f"  because {reason}" for reason in draft.reasons)
    yield from (f"  {columns}: written like {shape}" for columns, shape in draft.shapes.items())
    yield from (f"  not read as it is: {problem}" for problem in draft.problems)
    yield from (f"  open: {question.text}" for question in draft.questions)
