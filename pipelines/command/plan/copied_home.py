"""Makes a temporary copy of a home in which a run can be tried: the home itself stays as it is.

Put here: what is copied and what is only linked. Keep out: the run, and comparing its result (`changes.py`).

What a run changes in place is copied: the ledger and the event log. What it only reads is linked: landed files, state
files, finished generations.
"""

import dataclasses
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regulars.pipelines.errors import Busy, StorageFailed
from regulars.pipelines.home.event_log import FILE_NAME as EVENTS
from regulars.pipelines.home.generation import OLD_STATE_FILE
from regulars.pipelines.home.home import Home
from regulars.pipelines.run.request import RunRequest
from regulars.pipelines.settings.operation import Alerts, OpenLineage


@contextmanager
def copy_home(request: RunRequest) -> Iterator[RunRequest]:
    """The same request on a temporary copy of its home, without alerts, events and targets; the copy is removed then.

    Raises:
        Busy: A run is under way.
        StorageFailed: The home is of an older version, or the copy cannot be made.
    """
    home = request.home
    holder = home.holder()
    if holder:
        raise Busy(f"{home.path} is in use by {holder}; plan again when it is done")
    if any((generation.path / OLD_STATE_FILE).exists() for generation in home.generations()):
        raise StorageFailed(f"{home.path} was written by an older version; `regulars run` once, then plan")
    with tempfile.TemporaryDirectory(prefix="regulars-plan-") as folder:
        copy = Home(Path(folder) / "home")
        try:
            _fill(home, copy)
        except OSError as error:
            raise StorageFailed(f"the copy of {home.path} cannot be made: {error.strerror}; free some room") from error
        publish = request.settings.publish.model_copy(update={"targets": {}})
        settings = request.settings.model_copy(
            update={"publish": publish, "alerts": Alerts(), "openlineage": OpenLineage()}
        )
        yield dataclasses.replace(request, settings=settings, home=copy, linked_home=home.path)


def _fill(home: Home, copy: Home) -> None:
    copy.prepare()
    for file in (home.ledger, home.path / EVENTS):
        if file.exists():
            shutil.copyfile(file, copy.path / file.name)
    for there, here in (
        (home.landing, copy.landing),
        (home.state_folder, copy.state_folder),
        (home.generations_folder, copy.generations_folder),
    ):
        for path in there.iterdir() if there.is_dir() else ():
            if not path.name.startswith(".") and path != home.failed_state:
                (here / path.name).symlink_to(path, target_is_directory=path.is_dir())
    if home.current_link.is_symlink():
        copy.current_link.symlink_to(home.current_link.readlink())
