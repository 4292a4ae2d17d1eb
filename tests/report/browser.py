"""A real browser for the tests: Debian's Chromium, driven over a pipe in its DevTools protocol.

The pipe needs no package and no port: messages are JSON, each ended by a zero byte, to file 3 and from file 4.
"""

import base64
import contextlib
import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --disable-dev-shm-usage --remote-debugging-pipe"
)


class Browser:
    """One page of a browser that is already running."""

    def __init__(self, commands: Any, answers: Any):
        self._commands, self._answers, self._numbers = commands, answers, itertools.count(1)
        self._events: list[dict[str, Any]] = []
        self._session: dict[str, str] = {}
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        self._send("Page.enable")

    def open(self, page: Path | str, *, width: int, scheme: str = "light", height: int = 800) -> None:
        """Load a file or address at a width in CSS pixels, on a bright or a dark screen, and wait until it stands."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 640}
        self._send("Emulation.setDeviceMetricsOverride", **size)
        self._send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self._send("Page.navigate", url=page if isinstance(page, str) else page.as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self._events):
            self._events.append(self._read())
        self._events.clear()

    def value_of(self, expression: str) -> Any:
        """What a JavaScript expression gives on the page."""
        result = self._send("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def take_picture(self, path: Path) -> None:
        """Write what the page shows as a PNG."""
        path.write_bytes(base64.b64decode(self._send("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        """Ask the browser to end."""
        self._session = {}
        self._send("Browser.close")

    def _send(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._commands.write(json.dumps({"id": number, "method": method, "params": params} | self._session).encode())
        self._commands.write(b"\0")
        while (answer := self._read()).get("id") != number:
            self._events.append(answer)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return dict(answer["result"])

    def _read(self) -> dict[str, Any]:
        message = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            assert byte, "Chromium ended before it answered; run it by hand with the same options to see why"
            message += byte
        return dict(json.loads(message))


@contextlib.contextmanager
def start_browser(profile: Path) -> Iterator[Browser]:
    """Chromium with an empty profile of its own; ended when the block is left."""
    assert CHROMIUM is not None
    their_in, our_out = os.pipe()
    our_in, their_out = os.pipe()
    wired = f'exec "$@" 3<&{their_in} 4>&{their_out}'
    command = ["bash", "-c", wired, "bash", CHROMIUM, *QUIET.split(), f"--user-data-dir={profile}"]
    with (
        subprocess.Popen(
            command, pass_fds=(their_in, their_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process,
        os.fdopen(our_out, "wb", buffering=0) as commands,
        os.fdopen(our_in, "rb") as answers,
    ):
        os.close(their_in)
        os.close(their_out)
        try:
            browser = Browser(commands, answers)
            yield browser
            browser.close()
            process.wait(timeout=30)
        finally:
            process.kill()
