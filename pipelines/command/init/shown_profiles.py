"""Lists the profiles and prints one of them.

Put here: words about profiles. Keep out: reading them (`pipelines/settings/profiles/`).
"""

from pathlib import Path

from regulars.pipelines.errors import UsageWrong
from regulars.pipelines.settings.profiles.profile_files import list_profiles, read_profile
from regulars.pipelines.settings.wording import suggest


def show_profiles(name: str | None, folder: Path) -> str:
    """All profiles, a line each; or the file of one, with its comments.

    Args:
        name: The one to print.
        folder: The folder of the settings, where the company's own lie.

    Raises:
        UsageWrong: There is no such profile.
    """
    known = list_profiles(folder)
    if name is None:
        found = [read_profile(each, path) for each, path in known.items()]
        width = max(len(each.name) for each in found)
        return "\n".join(
            f"{each.name:<{width}}  {each.tool}: {each.export}; feeds {', '.join(each.make_source().mappings)}"
            for each in found
        )
    if name not in known:
        raise UsageWrong(f"{name}: there is no such profile{suggest(name, list(known))}")
    return known[name].read_text(encoding="utf-8").rstrip("\n")
