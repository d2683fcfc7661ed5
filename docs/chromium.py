"""A headless Chromium, driven over its DevTools protocol with what Prefect brings along. Used by `screenshots`."""

# ruff: noqa: INP001 # scripts beside the documents, not a package

from __future__ import annotations

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from PIL import Image
from websockets.sync.client import connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
COLOURS = 128
"""A palette of this size keeps a page of text below 300 KB and cannot be told from the original."""


class Page:
    """One page of a browser of its own, which ends with the block."""

    def __init__(self, *, width: int, height: int) -> None:
        program = next((found for name in NAMES if (found := shutil.which(name))), None)
        if program is None:
            raise SystemExit(f"No browser found: install one of {', '.join(NAMES)}.")
        self._profile = tempfile.TemporaryDirectory(prefix="codeblue-chromium-")
        self._process = subprocess.Popen(  # noqa: S603 # a browser of this machine
            [program, *FLAGS, f"--user-data-dir={self._profile.name}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._numbers = itertools.count(1)
        self._socket = connect(self._address(), max_size=None, open_timeout=30)
        self.call("Page.enable")
        self.resize(width, height)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(20)
        shutil.rmtree(self._profile.name, ignore_errors=True)  # helper processes may still be writing to it

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One call of the protocol. Raises `RuntimeError` with what the browser says."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer: dict[str, Any] = json.loads(self._socket.recv(timeout=60))
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def resize(self, width: int, height: int) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, url: str, *, until: str | None = None) -> None:
        """Go there; with `until`, wait for that text."""
        self.call("Page.navigate", url=url)
        if until is not None:
            self.wait(f"document.body && document.body.innerText.includes({json.dumps(until)})", what=until)

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']['text']}")
        return answer["result"].get("value")

    def wait(self, expression: str, *, within: float = 60, what: str = "") -> None:
        """Ask until it is true. Raises `TimeoutError` with the page's text."""
        deadline = time.monotonic() + within
        while not self.ask(f"Boolean({expression})"):
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"Not seen: {what or expression}. The page says: {self.ask('document.body.innerText')}"
                )
            time.sleep(0.1)

    def click(self, selector: str, text: str) -> None:
        """Click the first visible element that matches and whose text is `text`."""
        find = (
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            f".find(e => e.innerText.trim() === {json.dumps(text)} && e.getClientRects().length)"
        )
        self.wait(find, what=f"{selector} {text!r}")
        box = self.ask(
            f"(e => {{ e.scrollIntoView({{block: 'center'}}); const r = e.getBoundingClientRect();"
            f" return [r.x + r.width / 2, r.y + r.height / 2]; }})({find})"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def picture(self, path: Path, *, settle: float = 1.0) -> None:
        """Save what is seen, once the page has settled."""
        time.sleep(settle)
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
        with Image.open(path) as image:
            image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)

    def _address(self) -> str:
        note = Path(self._profile.name) / "DevToolsActivePort"
        deadline = time.monotonic() + 60
        while not (note.exists() and note.read_text().count("\n")):
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise TimeoutError("The browser did not start.")
            time.sleep(0.05)
        port = note.read_text().split("\n", 1)[0]
        pages: list[dict[str, Any]] = httpx.get(f"http://127.0.0.1:{port}/json/list", timeout=10).json()
        return next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
