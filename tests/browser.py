"""A headless Chromium that loads a page, tells what happens, and measures: by its own protocol."""

import base64
import json
import os
import select
import subprocess
import time
from contextlib import contextmanager

from tests.tools import program

SECONDS = 60
"""How long Chromium may take for anything."""


def chromium():
    """Path of Chromium; without it the test is skipped."""
    return program("chromium", "chromium-browser", "google-chrome", package="chromium")


class Tab:
    """A tab: requests that it makes, and complaints of the page."""

    def __init__(self, reads, writes):
        self._reads, self._writes = reads, writes
        self._left = b""
        self._number = 0
        self._session = None
        self.requests = []
        self.complaints = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        """Call a method of the protocol and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writes, json.dumps(message).encode() + b"\0")
        answer = self._wait(lambda found: found.get("id") == self._number)
        assert "error" not in answer, answer
        return answer["result"]

    def load(self, url, width, height=900):
        """Load a page into a window of that size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.requests.clear()
        self.complaints.clear()
        self.call("Page.navigate", url=url)
        self._wait(lambda found: found.get("method") == "Page.loadEventFired")

    def evaluate(self, expression):
        """The value of a JavaScript expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def screenshot(self, path):
        """Keep the whole page as a picture."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _wait(self, wanted):
        end = time.monotonic() + SECONDS
        while True:
            found = self._read(end)
            method, params = found.get("method"), found.get("params", {})
            if method == "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            elif method in (
                "Runtime.exceptionThrown",
                "Log.entryAdded",
                "Runtime.consoleAPICalled",
            ):
                self.complaints.append(params)
            if wanted(found):
                return found

    def _read(self, end):
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._reads], [], [], max(0, end - time.monotonic()))
            assert ready, f"chromium says nothing for {SECONDS} seconds"
            part = os.read(self._reads, 1 << 20)
            assert part, "chromium has ended"
            self._left += part
        message, self._left = self._left.split(b"\0", 1)
        return json.loads(message)


@contextmanager
def browser(profile):
    """A tab of a new Chromium, which keeps its files in a folder."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    options = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run"
    pipes = f"--remote-debugging-pipe 3<&{theirs_in} 4>&{theirs_out}"
    words = f'exec "$0" {options} --user-data-dir="$1" {pipes}'
    running = subprocess.Popen(
        ["bash", "-c", words, chromium(), str(profile)],
        pass_fds=(theirs_in, theirs_out),
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Tab(ours_in, ours_out)
    finally:
        running.terminate()
        running.wait()
        os.close(ours_in)
        os.close(ours_out)
