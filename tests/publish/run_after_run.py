"""The child of the crash tests: `python -m tests.publish.run_after_run HOME RUN [how]` publishes a run.

`how`: `once` (default) · `forever` (run after run, until killed) · `late` (begin, wait for a line, then publish).
It ends with the exit code that the command line would give.
"""

import itertools
import sys
from pathlib import Path

from regulars.pipelines.errors import RegularsError
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.generation import publish_generation
from tests.publish.builders import AS_OF, NOW, build, contents, publish_run


def publish_late(home, run):
    with home.lock("regulars run"):
        number, parent = home.next_number(), home.current()
        with build(run, generation=number) as con:
            say("ready")
            sys.stdin.readline()
            publish_generation(
                con,
                home,
                contents(fingerprint=f"run {run}"),
                number=number,
                parent=parent,
                as_of=AS_OF,
                clock=lambda: NOW,
            )


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(folder, run, how="once"):
    home = Home(Path(folder))
    try:
        if how == "late":
            publish_late(home, int(run))
        elif how == "forever":
            say("ready")
            for each in itertools.count(int(run)):
                publish_run(home, each)
                say("published")
        else:
            publish_run(home, int(run))
    except RegularsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
