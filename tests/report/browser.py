"""A headless Chromium over plain HTTP, as chromedriver speaks it: no library between a test and the page."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
DRAWN = "return document.documentElement.dataset.drawn || null"


def missing() -> str:
    """Return why there is no browser here, or nothing."""
    absent = [name for name in ("chromedriver", "chromium") if shutil.which(name) is None]
    return f"no {' and no '.join(absent)} here (Debian: apt-get install chromium chromium-driver)" if absent else ""


class Browser:
    """One window, driven by its session's address."""

    def __init__(self, session: str) -> None:
        self.session = session

    def __call__(self, what: str, value: dict[str, Any] | None = None) -> Any:
        return _ask(f"{self.session}/{what}", value)

    def open(self, page: Path | str, width: int = 1440, height: int = 1000, dark: bool = False) -> None:
        """Open a file or an address at a width of CSS pixels and wait until its charts are drawn."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        self.dark(dark)
        self("url", {"url": page if isinstance(page, str) else page.resolve().as_uri()})
        self.until_drawn()

    def until_drawn(self) -> None:
        """Return when the page says that its charts are drawn; the browser does the waiting."""
        script = """
            const done = arguments[0], page = document.documentElement;
            const look = () => page.dataset.drawn ? done(page.dataset.drawn) : requestAnimationFrame(look);
            look();
        """
        self("execute/async", {"script": script, "args": []})

    def dark(self, wanted: bool) -> None:
        """Prefer dark colours, or light ones."""
        value = "dark" if wanted else "light"
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": value}])

    def run(self, script: str) -> Any:
        """Return what a script returns."""
        return self("execute/sync", {"script": script, "args": []})

    def devtools(self, command: str, **parameters: Any) -> Any:
        return self("goog/cdp/execute", {"cmd": command, "params": parameters})

    def log(self, kind: str) -> list[dict[str, Any]]:
        """Return and empty the log: "browser" is the console, "performance" has every request."""
        return list(self("se/log", {"type": kind}))

    def complaints(self) -> list[str]:
        """Return what stands on the console, but for a hint at the tests themselves, which read canvases back."""
        return [one["message"] for one in self.log("browser") if "getImageData" not in one["message"]]

    def requests(self) -> list[str]:
        """Return the addresses that were asked for since the log was last read."""
        messages = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        return [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]

    def picture(self, path: Path, whole: bool = True) -> None:
        """Save a picture of the whole page, or of the window."""
        found = self.devtools("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser with a profile of its own, and end both afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert driver.stdout is not None
        try:
            port = next(found[1] for line in driver.stdout if (found := re.search(r"successfully on port (\d+)", line)))
            options = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
            made = _ask(f"http://127.0.0.1:{port}/session", {"capabilities": {"alwaysMatch": wanted}})
            browser = Browser(f"http://127.0.0.1:{port}/session/{made['sessionId']}")
            try:
                yield browser
            finally:
                _ask(browser.session, method="DELETE")
        finally:
            driver.terminate()
            driver.wait()
            driver.stdout.close()


def _ask(address: str, value: dict[str, Any] | None = None, method: str = "POST") -> Any:
    body = None if method == "DELETE" else json.dumps(value or {}).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is this machine, whatever the proxy
    try:
        with opener.open(request, timeout=120) as reply:
            return json.load(reply)["value"]
    except urllib.error.HTTPError as error:
        with error:
            raise AssertionError(json.load(error)["value"]["message"]) from None
