"""Who may ask this installation's Prefect, and under which address people reach it. Imports no Prefect.

Prefect's API starts runs and hands out blocks with their passwords, so it asks everybody who they are: also on the
loopback, where any web page and any user of the machine gets. The secret is made at the first start and kept in the
home; `environment` gives it to our own processes, `places` to the command line, `Stack.sign_in_url` to people.
An operator's own PREFECT_SERVER_API_AUTH_STRING and PREFECT_UI_URL are used instead of ours.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from deployments.private_files import keep_secret, secret

AUTH_FILE: Final = "prefect.auth"
"""The file in the home with `user:password`, as Prefect's server compares it."""
AUTH: Final = "PREFECT_SERVER_API_AUTH_STRING"
UI: Final = "PREFECT_UI_URL"
SIGN_IN: Final = "/sign-in"
"""The page that lets a browser in: the secret stands after the `#`, which no browser sends anywhere."""
READABLE: Final = "/v2"
"""Where Prefect serves the version of its UI that can be read on a phone; the other overflows."""


_USUAL: Final = {"http": 80, "https": 443}


class PublicUrlError(Exception):
    """The address under which people reach Prefect's UI cannot be one."""

    def __init__(self, given: str, why: str) -> None:
        super().__init__(given, why)
        self.given, self.why = given, why

    def __str__(self) -> str:
        return f"The public address {self.given!r} cannot be used: {self.why}. Write it as https://prefect.example.com"


def settle(home: Path, base: Mapping[str, str] | None = None) -> str:
    """The secret of this installation's Prefect, for its server: the operator's, else that of the home, else a new one.

    Kept in the home, so that commands in another terminal know it. Raises OpenSecretError.
    """
    file = home / AUTH_FILE
    chosen = (os.environ if base is None else base).get(AUTH)
    there = known(home)
    if chosen and chosen != there:
        keep_secret(file, chosen)
    elif there is None:
        keep_secret(file, f"codeblue:{secrets.token_urlsafe(32)}")
    return known(home) or ""


def known(home: Path) -> str | None:
    """The secret that the home keeps; `None` when nothing was ever started in it. Raises OpenSecretError."""
    try:
        return secret(home / AUTH_FILE).strip() or None
    except FileNotFoundError:
        return None


def header(auth: str | None) -> dict[str, str]:
    """What a request to Prefect says about who asks."""
    return {"Authorization": f"Basic {base64.b64encode(auth.encode()).decode()}"} if auth else {}


def sign_in_url(root: str, auth: str) -> str:
    """The address that opens Prefect's UI in a browser that has never been there."""
    return f"{root}{SIGN_IN}#{quote(auth, safe='')}"


def links(root: str) -> str:
    """What links to runs, blocks and artifacts begin with, for a UI that people reach at that address."""
    return root if urlsplit(root).path.rstrip("/") else f"{root.rstrip('/')}{READABLE}"


def public(given: str | None) -> str | None:
    """The address under which people reach the UI: scheme and host, without a path. Raises PublicUrlError."""
    if not given:
        return None
    try:
        parts = urlsplit(given.strip())
        port = parts.port
    except ValueError:
        raise PublicUrlError(given, "it is not an address") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise PublicUrlError(given, "it must begin with http:// or https:// and name a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        without = f"{parts.scheme}://{parts.hostname}"
        raise PublicUrlError(without, "it may hold neither a name nor a password nor a query")
    if parts.path.rstrip("/") not in {"", READABLE}:
        raise PublicUrlError(given, "Prefect's UI is served at the root of a host, not below a path")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    own = port if port != _USUAL[parts.scheme] else None  # browsers leave the usual one out where they say who asks
    return f"{parts.scheme}://{host}" + (f":{own}" if own else "")
