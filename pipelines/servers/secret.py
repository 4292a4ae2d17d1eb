"""Reads a secret from the environment variable that the settings name.

Put here: the one place that reads them, and its sentence. Keep out: `${NAME}` within a text of the settings
(`settings/settings_file.py`), and what a secret opens.
"""

import os

from regulars.pipelines.errors import SettingsWrong


def read_secret(variable: str | None, what: str) -> str | None:
    """The secret; None where the settings name no variable.

    Args:
        variable: The environment variable.
        what: What it holds, to stand behind `with`, such as `the password of shop at db.example.com`.

    Raises:
        SettingsWrong: The variable is not set, or is empty.
    """
    if variable is None:
        return None
    secret = os.environ.get(variable)
    if secret is None or not secret.strip():
        state = "not set" if secret is None else "empty"
        raise SettingsWrong(f"the environment variable {variable} with {what} is {state}: set it where Regulars runs")
    return secret
