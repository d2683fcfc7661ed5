"""Those who call the API with a key, and how its processes tell a key that is good from one that is not.

A process compares what is shown with the version of the secret that its revision reads, as it was when that began.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from journal import clock
from sandbox.google.secrets import Secrets
from sandbox.systems.medicalcor.api.process import Answered
from sandbox.systems.medicalcor.api.process import Route as RoutedTo
from sandbox.systems.medicalcor.api.service import Api

KEPT, VARIABLE, HEADER, PATH = "medicalcor-api-key", "API_SECRET_KEY", "x-api-key", "/api/v1/leads"
BEFORE: Final = "mck_live_0practice0before0nly4f6b7c"
ISSUED: Final = "mck_live_0practice0issued0nly9a1d2e"
NEVER: Final = "mck_live_0practice0never0issued0c3b"
"""The key before, the one that was issued and that ought to be good, and one that never was."""
ISSUED_AS: Final = 2
"""Which version the issued one is."""
A_SECOND: Final = 0.5
"""Requests with a key."""
COMPONENT: Final = "api-key"
WHY: Final = {
    "unknown": "Invalid API key",
    "expired": "API key expired",
    "withdrawn": "API key revoked",
    "": "API key required",
}
"""What is answered and logged of a key."""
CALLED: Final = Answered(route=RoutedTo(method="GET", path=PATH), status=401, seconds=0.004)


@dataclass(kw_only=True)
class Callers:
    """They show one key. `over` are keys that are not good any more, and why; `misread_by` revisions know none."""

    api: Api
    secrets: Secrets
    shows: str = ISSUED
    over: dict[str, str] = field(default_factory=dict[str, str])
    misread_by: set[str] = field(default_factory=set[str])
    guesses: float = 0.0
    """Requests a second of somebody who shows a key that he has made up, or a new one each time (`tries`)."""
    tries: bool = False
    component: str = COMPONENT
    """What the part of the API calls itself that refuses them."""
    upto: datetime = field(default_factory=clock.now)
    _owed: float = 0.0
    _guessed: float = 0.0
    _made: int = 0

    def begin(self) -> None:
        """As it is in good times: the key that was issued is the newest version, and is read."""
        now = clock.now()
        self.shows, self.over, self.misread_by, self.guesses = ISSUED, {}, set(), 0.0
        self.tries, self.component = False, COMPONENT
        self.upto, self._owed, self._guessed = now, 0.0, 0.0
        self.secrets.add(KEPT, BEFORE, now - timedelta(days=90))
        self.secrets.add(KEPT, ISSUED, now - timedelta(days=4))
        self.reads(ISSUED_AS)

    def reads(self, version: int) -> None:
        """Let the service, and whatever answers for it, read a version."""
        service = self.api.service
        for one in (service, *service.revisions):
            one.refs[VARIABLE] = (KEPT, str(version))

    def why_not(self, revision: str, shown: str) -> str | None:
        """Why a key is refused by a revision; nothing where it is good."""
        if shown in self.over:
            return self.over[shown]
        (_, version), *_ = (one.refs[VARIABLE] for one in self.api.service.revisions if one.name == revision)
        good = self.secrets.kept[KEPT][int(version) - 1].holds
        return None if shown == good and revision not in self.misread_by else "unknown" if shown else ""

    def turn(self) -> None:
        """They have called since the last turn; whom a process refuses, it logs."""
        now = clock.now()
        since, self.upto = (now - self.upto).total_seconds(), now
        self._owed += since * A_SECOND
        self._guessed += since * self.guesses
        many, guessed = int(self._owed), int(self._guessed)
        self._owed, self._guessed = self._owed - many, self._guessed - guessed
        process = self.api.process() if many or guessed else None
        if process is None:
            return
        shown = [self.shows] * many + [f"{NEVER}{number if self.tries else ''}" for number in self._numbers(guessed)]
        for number, one in enumerate(shown):
            at = now - timedelta(seconds=since * (number + 1) / (len(shown) + 1))
            if (why := self.why_not(process.revision, one)) is not None:
                said = {"level": "warn", "msg": WHY[why], "component": self.component, "keyFingerprint": _print(one)}
                self.api.says(process.revision, at, said)
                self.api.served(process.revision, at, CALLED)

    def _numbers(self, many: int) -> range:
        """Of so many guesses more."""
        self._made += many
        return range(self._made - many, self._made)

    def complaints(self) -> Iterator[str]:
        """What those say who call with a key, if there is anybody to answer them."""
        process = self.api.process()
        if process is not None and self.why_not(process.revision, self.shows) is not None:
            yield "those who call the API are refused"


def keyed(callers: Callers) -> tuple[Route, ...]:
    """The page that needs a key."""

    async def answer(request: Request) -> JSONResponse:
        process = callers.api.process()
        if process is None:
            return JSONResponse({"error": "Service Unavailable"}, 503)
        why = callers.why_not(process.revision, request.headers.get(HEADER, ""))
        return JSONResponse({"leads": []}) if why is None else JSONResponse({"error": WHY[why]}, 401)

    return (Route(PATH, answer),)


def _print(shown: str) -> str:
    return hashlib.sha256(shown.encode()).hexdigest()[:8]
