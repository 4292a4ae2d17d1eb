"""Words every source that failed in one message, so that nobody mends one after the other.

Put here: the lines of that message. Keep out: what a failure means for the run (`deliveries.py`).
"""

from collections.abc import Iterable

from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.sources.readers.refusal import Refusal


def word_failures(settings: Settings, failed: Iterable[tuple[str, Refusal]]) -> list[str]:
    """One line per failure: those of required sources first, those of optional ones marked as such.

    Args:
        settings: The company's settings.
        failed: Source and refusal, in any order.
    """
    required: list[str] = []
    optional: list[str] = []
    for name, refusal in failed:
        if settings.sources[name].is_required:
            required.append(f"{name}: {refusal.sentence}")
        else:
            optional.append(f"{name} (optional): {refusal.sentence}")
    return list(dict.fromkeys([*required, *optional]))
