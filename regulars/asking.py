"""Asks a person at the terminal.

Put here: one question at a time. Keep out: which questions there are.
"""

import typer


def ask_person(question: str, choices: tuple[str, ...]) -> str:
    """Ask, and give the answer; empty where the person does not know.

    Args:
        question: The question.
        choices: What may be answered, each by its number from 1; none: any text.
    """
    typer.echo(question)
    for number, choice in enumerate(choices, start=1):
        typer.echo(f"  {number}  {choice}")
    return str(typer.prompt("answer (empty: not known)", default="", show_default=False))
