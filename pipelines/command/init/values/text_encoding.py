"""Says in which encoding the texts of a source are read, or asks where the bytes do not settle it.

Put here: what follows for a source. Keep out: telling encodings apart (`sources/readers/encodings/`).
"""

from regulars.pipelines.command.init.drafts import Draft, Question


def say_encoding(draft: Draft) -> None:
    """Add the reason for an encoding that several signs agree in; ask for it where they do not.

    Args:
        draft: The draft, which is changed.
    """
    encoding = draft.group.encoding
    if not encoding:
        return
    found = next((head.found for head in draft.group.heads if head.found is not None), None)
    if found is None:
        draft.reasons.append(f"its texts are in {encoding} without a mark")
    elif found.is_sure:
        draft.reasons.append(
            f"its texts are no UTF-8 and are read as {encoding}, since {found.signs}: its words look like "
            f"{found.readings[0].words}"
        )
    else:
        draft.questions.insert(
            0,
            Question(
                "options.encoding",
                "its texts are no UTF-8, and their bytes leave open in which encoding they are. Which of these words, "
                "whose other letters are dots, are words",
                tuple({"encoding": each.encoding} for each in found.readings),
                tuple(f"{each.encoding} ({each.fit.language.name}): {each.words}" for each in found.readings),
            ),
        )
        if draft.sureness != "unknown":
            draft.sureness = "unsure"
