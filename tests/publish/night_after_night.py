"""The child of the crash tests: `python -m tests.publish.night_after_night HOME NIGHT [how]` publishes a night.

`how`: `once` (default) · `forever` (night after night, until killed) · `late` (begin, wait for a line, then publish).
It ends with the exit code that the command line would give.
"""

import itertools
import sys
from pathlib import Path

from pipelines.errors import RegularsError
from pipelines.home import Home
from pipelines.publish.generation import publish
from tests.publish.builders import AS_OF, NOW, build, contents, publish_night


def publish_late(home, night):
    with home.lock("regulars run"):
        number, parent = home.next_number(), home.current()
        with build(night, generation=number) as con:
            say("ready")
            sys.stdin.readline()
            publish(
                con,
                home,
                contents(fingerprint=f"night {night}"),
                number=number,
                parent=parent,
                as_of=AS_OF,
                clock=lambda: NOW,
            )


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(folder, night, how="once"):
    home = Home(Path(folder))
    try:
        if how == "late":
            publish_late(home, int(night))
        elif how == "forever":
            say("ready")
            for each in itertools.count(int(night)):
                publish_night(home, each)
                say("published")
        else:
            publish_night(home, int(night))
    except RegularsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
