"""Reading a YAML file that a person wrote, up to its nodes, which know their lines.

Put here: what holds of every such file: that it is there, is UTF-8 and is YAML. Keep out: what its keys mean.
"""

import contextlib
from pathlib import Path
from typing import Any

import yaml

from regulars.pipelines.errors import SettingsWrong


def read_yaml_text(path: Path, missing: str) -> str:
    """The text of a file.

    Args:
        path: The file.
        missing: What to say where there is none.

    Raises:
        SettingsWrong: The file is not there, cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SettingsWrong(missing) from None
    except OSError as error:
        raise SettingsWrong(f"`{path}` cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise SettingsWrong(f"`{path}` is not UTF-8 at byte {error.start:,}: save it as UTF-8.") from None


_QUICK_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times as quick, where PyYAML was built with it; what is wrong with a text, the other one says better."""


def load_yaml(text: str) -> Any:
    """The values of a text.

    Raises:
        yaml.YAMLError: The text is not YAML, or holds a value that cannot be read.
    """
    with contextlib.suppress(yaml.YAMLError):
        return yaml.load(text, _QUICK_LOADER)
    return yaml.safe_load(text)


def compose_yaml(text: str, name: str) -> yaml.Node | None:
    """The nodes of a text; None where it holds nothing.

    Args:
        text: YAML.
        name: The file's name, for sentences.

    Raises:
        SettingsWrong: The text is not YAML; the sentence begins with the file and the line.
    """
    root: yaml.Node | None
    with contextlib.suppress(yaml.YAMLError):
        root = yaml.compose(text, Loader=_QUICK_LOADER)
        return root
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = "a tab stands where YAML wants blanks" if "'\\t'" in str(error.problem) else error.problem
        raise SettingsWrong(f"{name}:{mark.line + 1 if mark else 1}: this is not YAML: {problem}") from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise SettingsWrong(f"{name}:{line}: a character that YAML does not allow (U+{error.character:04X})") from None
    except RecursionError:
        raise SettingsWrong(f"{name}:1: this nests too deeply") from None
    return root
