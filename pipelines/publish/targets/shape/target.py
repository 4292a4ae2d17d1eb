"""Describes a type of target: a kind of place to which generations are delivered.

Put here: what every type of target must say. Keep out: any one type; each is a module of `pipelines/publish/targets`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from regulars.pipelines.home.generation import Generation
from regulars.pipelines.settings.part import Part

Options = TypeVar("Options", bound=Part)


@dataclass(frozen=True)
class Delivered:
    """How a delivery went that succeeded.

    Attributes:
        is_new: Whether anything was written; False when the target held the generation already.
        remark: What somebody should look at all the same, without a full stop at its end; empty: nothing.
    """

    is_new: bool
    remark: str = ""


@dataclass(frozen=True)
class TargetType(Generic[Options]):
    """One type of target.

    Attributes:
        name: What `type` says in the settings.
        options: The shape of its settings; docstrings of the part and its fields become `docs/settings.md`.
        deliver: Makes a target hold a generation, all or nothing, from the options and the folder that relative paths
            start from. It sends only what lies in the generation's folder, never the state file. A failure is an
            `OSError` or a `RegularsError` whose message says what to do, without a full stop at its end.
        example: YAML that uses each key, for `docs/settings.md`.
        check: Says what keeps the options from working now, without changing anything; None when nothing is known.
    """

    name: str
    options: type[Options]
    deliver: Callable[[Generation, Options, Path], Delivered]
    example: str
    check: Callable[[Options, Path], str | None] | None = None
