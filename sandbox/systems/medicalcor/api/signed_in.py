"""People who are signed in on the pages: their tokens are renewed as long as their session lasts, or they are out.

Tokens are signed with the version of the secret that the API reads, and held against that which the pages read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from journal import clock
from journal.clock import Machine
from sandbox.google.run import Run
from sandbox.google.run_kept import Revision, Service
from sandbox.google.secrets import Secrets
from sandbox.systems.medicalcor.api.service import DEPLOYER, Api

WEB: Final = "medicalcor-web"
KEPT, VARIABLE = "medicalcor-jwt-secret", "JWT_SECRET"
TOKEN, SESSION = "JWT_EXPIRES_IN", "JWT_REFRESH_EXPIRES_IN"
USUAL: Final = {TOKEN: "15m", SESSION: "8h"}
_TIMES: Final = {
    "15m": timedelta(minutes=15),
    "8h": timedelta(hours=8),
    "10m": timedelta(minutes=10),
    "24h": timedelta(hours=24),
}
COMPONENT: Final = "session"
PEOPLE: Final = 40
BACK: Final = timedelta(minutes=2)
"""After so long somebody who was signed out has signed in again."""
SAID: Final = {"expired": "Token expired", "signature": "invalid signature", "forgotten": "Session not found"}


@dataclass(kw_only=True)
class Person:
    """Since when somebody is signed in, and has the token; or is out until then."""

    began: datetime
    token: datetime
    out_until: datetime | None = None


@dataclass(kw_only=True)
class SignedIn:
    """All of them. `skew` is by how much the pages' clock is ahead; `forgets`: sessions are nowhere to be found."""

    api: Api
    run: Run
    secrets: Secrets
    renews: bool = True
    forgets: bool = False
    skew: timedelta = timedelta(0)
    behind: timedelta = timedelta(0)
    """By how much the clock is behind of whoever signs tokens."""
    component: str = COMPONENT
    """What the part of the pages calls itself that tells of sessions."""
    people: list[Person] = field(default_factory=list[Person])

    @property
    def service(self) -> Service:
        self.run.live()
        return self.run.services[WEB]

    def begin(self) -> None:
        """As it is in good times."""
        now = clock.now()
        self.renews, self.forgets, self.skew = True, False, timedelta(0)
        self.behind, self.component = timedelta(0), COMPONENT
        self.secrets.add(KEPT, "jwt-0practice-only-first", now - timedelta(days=60))
        self.reads(1)
        self.tell(USUAL)
        parts = [number / PEOPLE for number in range(PEOPLE)]
        self.people = [Person(began=now - one * _TIMES["8h"], token=now - one * _TIMES["15m"]) for one in parts]

    def reads(self, version: int, *, only_pages: bool = False) -> None:
        """Let the pages, and the API that signs, read a version."""
        for service in (self.service,) if only_pages else (self.service, self.api.service):
            for one in (service, *service.revisions):
                one.refs[VARIABLE] = (KEPT, str(version))

    def tell(self, env: dict[str, str]) -> None:
        """Tell containers of the pages this, whichever revision they are of."""
        for one in (self.service, *self.service.revisions):
            one.env.update(env)

    def deploy(self, env: dict[str, str]) -> None:
        """A new revision of the pages, which is told this."""
        service = self.service
        service.env.update(env)
        name = f"{WEB}-{len(service.revisions) + 1:05d}-new"
        told, refs = dict(service.env), dict(service.refs)
        service.revisions.append(Revision(name=name, at=clock.now(), by=DEPLOYER, env=told, refs=refs))
        service.touch(DEPLOYER)
        service.observed = service.generation

    def turn(self) -> None:
        """Whose token is over gets another one, or is out."""
        now, answers = clock.now(), self._answers()
        for one in self.people:
            if one.out_until is not None:
                if now < one.out_until:
                    continue
                one.began, one.token = now, now - self.behind
                one.out_until = None
            why, age = self._out(one, now, answers)
            if why:
                one.out_until = now + BACK
                self._log("warn", SAID[why], {"tokenAge": round(age.total_seconds())} if age is not None else {})
            elif now - one.token >= _TIMES[answers.env[TOKEN]]:
                one.token = now - self.behind
                self._log("info", "Token refreshed", {})

    def complaints(self) -> list[str]:
        """What people say who were signed out before their time."""
        answers, now = self._answers(), clock.now()
        short = _TIMES[answers.env[SESSION]] < _TIMES["8h"]
        fresh = Person(began=now, token=now - self.behind)
        out = short or not self.renews or self._out(fresh, now, answers)[0]
        return ["people are signed out all the time"] if out else []

    def _answers(self) -> Revision:
        name = self.service.ready()
        return next(one for one in self.service.revisions if one.name == name)

    def _out(self, one: Person, now: datetime, answers: Revision) -> tuple[str, timedelta | None]:
        """Why somebody is signed out, and how old what was over is."""
        token, session = (_TIMES[answers.env[name]] for name in (TOKEN, SESSION))
        if answers.refs[VARIABLE] != self.api.service.refs[VARIABLE]:
            return "signature", None
        if self.forgets:
            return "forgotten", None
        if self.skew + self.behind >= token:
            return "expired", now - one.token + self.skew
        if now - one.began >= session:
            return "expired", now - one.began
        if now - one.token >= token and not self.renews:
            return "expired", now - one.token
        return "", None

    def _log(self, level: str, said: str, more: dict[str, Any]) -> None:
        entry = {"level": level, "msg": said, "component": self.component, **more}
        self.api.says(self._answers().name, clock.now(), entry, service=WEB)


def pages(signed_in: SignedIn) -> Starlette:
    """The pages, as far as they say what time it is."""

    async def health(_: Request) -> JSONResponse:
        now = Machine().now() + signed_in.skew
        return JSONResponse({"status": "ok"}, headers={"Date": format_datetime(now, usegmt=True)})

    return Starlette(routes=[Route("/health", health)])
