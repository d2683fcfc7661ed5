"""Who is let through to Prefect's server at all: by the host it asked for, and by the page it comes from.

A page that somebody has open in a browser can send requests to this machine: directly, which the browser marks with the
page's `Origin`, or by a name of its own that it points to the loopback, which shows as a foreign `Host`. Prefect takes
both. Here only our own hosts and pages pass, over HTTP and over websockets; everybody still needs the secret. It can
also show our UI in a frame, where somebody who is signed in clicks what they do not see: no page of ours is shown so.

The page `/sign-in` is answered here too: it puts the secret behind its `#` where both versions of the UI look for it.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.server_access import READABLE, SIGN_IN

PUBLIC: Final = "CODEBLUE_PUBLIC_URL"
"""The environment variable that tells the server where people reach it; `server.command` sets it."""
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

_MORE: Final = re.compile(r"[@/?#\\\s]")
"""What stands beside a name in an address, and in no `Host` header."""

_PAGE: Final = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Code Blue</title>
<p id="said">Signing in …</p>
<noscript><p>This page needs JavaScript, as Prefect's UI does.</p></noscript>
<script>
const secret = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
if (secret) {{
  localStorage.setItem("prefect-password", btoa(secret));
  location.replace("{READABLE}/dashboard");
}} else document.getElementById("said").textContent = "Open the whole address that `codeblue up` printed.";
</script></html>"""
_SAFE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"}


class OwnHosts:
    """Lets pass what asks for one of our hosts and comes from one of our pages, or from no page."""

    def __init__(self, app: ASGIApp, *, public: str | None = None) -> None:
        self._app, self._public = app, public
        ours = urlsplit(public).hostname if public else None
        self._hosts = LOOPBACK | ({ours} if ours else set[str]())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or say in a sentence why not."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        refused = self._refused(Headers(scope=scope))
        if refused is not None and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": refused})
        elif refused is not None:
            await JSONResponse({"detail": refused}, status_code=403)(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == SIGN_IN:
            await _sign_in(scope["method"])(scope, receive, send)
        else:
            await self._app(scope, receive, _in_no_frame(send))

    def _refused(self, headers: Headers) -> str | None:
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or _host(hosts[0]) not in self._hosts:
            return "This host is not ours. Tell it by `codeblue up --public-url` or PREFECT_UI_URL."
        if origins and (len(origins) > 1 or not self._is_ours(origins[0], hosts[0])):
            return "This page is not ours. Tell its address by `codeblue up --public-url` or PREFECT_UI_URL."
        return None

    def _is_ours(self, origin: str, host: str) -> bool:
        """Whether a page of that origin is our UI: it has the address that was asked for, or the public one."""
        if self._public is not None and origin.lower() == self._public.lower():
            return True
        if _host(host) not in LOOPBACK:
            return False  # our public name, but in the clear or another port: whoever is on the way may be that page
        scheme, _, netloc = origin.partition("://")
        return scheme in {"http", "https"} and netloc.lower() == host.lower()


def _host(named: str) -> str | None:
    """The name in a `Host` header, without its port; nothing where it holds more than a name and a port."""
    if _MORE.search(named):
        return None
    try:
        return urlsplit(f"//{named}").hostname
    except ValueError:
        return None


def _in_no_frame(send: Send) -> Send:
    """Sends on, and has browsers show no page of ours within another's, where somebody clicks what they do not see.

    To a browser all programs of this machine are one site, so a page of another would be shown signed in.
    """

    async def to_browser(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["X-Frame-Options"] = "DENY"
            headers.append("Content-Security-Policy", "frame-ancestors 'none'")
        await send(message)

    return to_browser


def _sign_in(method: str) -> Response:
    if method not in {"GET", "HEAD"}:
        return JSONResponse({"detail": "This page is only looked at."}, status_code=405)
    return HTMLResponse(_PAGE, headers=_SAFE)
