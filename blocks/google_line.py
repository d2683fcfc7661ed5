"""How Google is asked: one bounded request, and each way of not answering as one of our words.

Google's own libraries ask, unchanged, through a `Line`. It takes whatever is no answer before they do, so that both of
them fail alike. They are the extra `codeblue[google]`, and are imported by the first request.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from http.client import HTTPException
from importlib import import_module
from typing import Any, Self

from blocks.google_answers import DONE, as_object, explain, not_let_in, told
from blocks.in_time import WAITS
from runbook import Permanent, Temporary

SLOW = "it answers too slowly"
LOGGING = "google.cloud.logging_v2"
"""The library that takes longest to load; the others are loaded by the first request."""


def library(name: str) -> Any:
    """A module of Google's libraries, none of which brings types. Raises `Permanent` where they are not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        raise Permanent("Google's libraries are not installed; install `codeblue[google]`.") from error


@dataclass(frozen=True, kw_only=True)
class Line:
    """One connection of one look or act. httplib2 shares none between threads, so nothing else may use it.

    `doing` says what is asked for, `account` who asks. Looks at the same time share what lets them in: whoever has the
    `turn` asks for it, and the others find it there.
    """

    http: Any
    account: str
    patience: timedelta
    turn: AbstractContextManager[Any]
    doing: str = "ask it"

    def to(self, doing: str) -> Line:
        """The same connection for the next request."""
        return replace(self, doing=doing)

    def request(self, uri: str, method: str = "GET", **more: Any) -> tuple[Any, bytes]:
        """What googleapiclient calls: the answer where it was a JSON object, one of our errors in all other cases."""
        httplib2, refused = library("httplib2"), library("google.auth.exceptions")
        asked = {name: more[name] for name in ("body", "headers") if more.get(name) is not None}
        over, ended = threading.Event(), threading.Event()
        timer = threading.Timer(WAITS * self.patience.total_seconds(), self._cut, (over, ended))
        timer.daemon = True
        timer.start()
        try:
            with self.turn:
                if not self.http.credentials.valid:
                    self.http.credentials.refresh(library("google_auth_httplib2").Request(self.http.http))
            response, content = self.http.request(uri, method=method, **asked)
        except (refused.RefreshError, AttributeError, KeyError, TypeError) as error:
            if over.is_set():
                raise self._unreached(SLOW) from None
            # Not `from error`: it may hold a token that the library could not read.
            raise not_let_in(error, doing=self.doing, account=self.account) from None
        except (refused.TransportError, httplib2.HttpLib2Error, HTTPException, OSError, ValueError) as error:
            raise self._unreached(SLOW if over.is_set() else type(error).__name__) from error
        finally:
            ended.set()
            timer.cancel()
        if over.is_set():  # what came is not all, whatever it looks like
            raise self._unreached(SLOW)
        status, body = int(response.status), as_object(content)
        if status in DONE and body is not None:
            return response, content
        raise explain(status, body, doing=self.doing, account=self.account)

    def close(self) -> None:
        """End the connection; httplib2 would leave it open."""
        self.http.close()

    def _unreached(self, why: str) -> Temporary:
        return Temporary(f"Google could not be reached to {self.doing} ({why}); check network and address.")

    def _cut(self, over: threading.Event, ended: threading.Event) -> None:
        """End a request that answers in drops: each wait is bounded, the whole would not be.

        Until it has ended, since httplib2 asks once more where it was cut before the answer began.
        """
        over.set()
        while not ended.is_set():
            for connection in list(self.http.http.connections.values()):
                with suppress(OSError, AttributeError):  # it is closed already, or not yet open
                    connection.sock.shutdown(2)
            ended.wait(0.05)


@dataclass(frozen=True, kw_only=True)
class Asking:
    """One API on one line, which ends with its `with`. `api` is its description, which all threads share."""

    api: Any
    line: Line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    def ask(self, request: Callable[[Any], Any], doing: str) -> dict[str, Any]:
        """The answer to one request of this API, made by `request`. Raises one of our errors where there is none."""
        try:
            asked = request(self.api)
        except (TypeError, ValueError) as error:
            raise Permanent(f"Google cannot be asked to {doing}: {told(error)}; correct the environment.") from error
        return asked.execute(http=self.line.to(doing), num_retries=0)
