"""Companies of a handful of rows on which other tools go wrong, each run as anybody would run it.

Put here: finding the files of a case. Keep out: what is right (a test per case).
"""

from collections.abc import Callable

import pytest

from tests.cases.shared_case import find_case
from tests.shop import Shop


@pytest.fixture(scope="module")
def run_case(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Shop]:
    """Run a case with the settings of the test; the files are those of the shared folder."""

    def run(case: str, settings: str, *arguments: str, **files: str) -> Shop:
        """`case`: its folder; `files`: name without `.csv` -> text that takes the place of the shared file."""
        folder = find_case(case)
        shop = Shop(tmp_path_factory.mktemp(folder.name))
        for path in folder.glob("*.csv"):
            (shop.folder / path.name).write_text(
                files.get(path.stem, path.read_text(encoding="utf-8")), encoding="utf-8"
            )
        (shop.folder / "regulars.yaml").write_text(settings, encoding="utf-8")
        assert shop.run(*arguments) == 0, shop.said
        return shop

    return run
