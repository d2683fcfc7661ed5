"""The server that is checked: requests as they are, and what was to be answered as a sentence where it was not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, cast
from uuid import uuid4

from blocks.switchboard_http import Heard, Method, request
from journal import clock
from tasks.switchboard.read import NotKept, Switch, TaskRun, to_run, to_switch

RESERVED = "codeblue.test."
SWITCH, TASK, NOWHERE = f"{RESERVED}number", f"{RESERVED}task", f"{RESERVED}nowhere"
SAID = {"incident": "INC-CHECK", "reason": "codeblue switchboard check"}
WHILE = 600
"""Seconds for which the test switch is set where it is not about its end: it must not end while one looks."""

OK = (200, 201, 202)


class Broken(Exception):
    """The contract is not kept, and how: one sentence."""

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where it is and by which tokens. `grace` is how much later than said a set may end, or a task be done."""

    url: str
    reading: str
    changing: str
    patience: timedelta = timedelta(seconds=10)
    grace: timedelta = timedelta(seconds=10)

    def ask(
        self,
        path: str,
        *,
        method: Method = "GET",
        token: str | None = None,
        version: int | None = None,
        key: str | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Heard:
        """One request, by the reading token unless another authorization is given; an empty one shows none."""
        shown = f"Bearer {self.reading}" if token is None else token
        headers = {
            "Accept": "application/json",
            **({"Authorization": shown} if shown else {}),
            **({} if version is None else {"If-Match": f'"{version}"'}),
            **({} if key is None else {"Idempotency-Key": key}),
        }
        return request(f"{self.url}{path}", patience=self.patience, headers=headers, method=method, body=body)

    def put(
        self, body: Mapping[str, Any], version: int | None, *, key: str | None = "", dry: bool = False, to: str = SWITCH
    ) -> Heard:
        """Wish for a value of the test switch, with a key of its own unless one (or none) is given."""
        path, token = f"/switches/{to}{'?dry_run=true' if dry else ''}", None if dry else self.changer
        return self.ask(
            path, method="PUT", token=token, version=version, key=str(uuid4()) if key == "" else key, body=body
        )

    def lift(self, version: int | None, *, token: str | None = None) -> Heard:
        """Wish for the lasting value of the test switch."""
        path, shown = f"/switches/{SWITCH}/lift", token or self.changer
        return self.ask(path, method="POST", token=shown, version=version, key=str(uuid4()), body=SAID)

    def start(self, plan: str, at_most: int, *, token: str | None = None) -> Heard:
        """Start a plan of the test task."""
        body = {"plan": plan, "at_most": at_most, **SAID}
        return self.ask(f"/tasks/{TASK}", method="POST", token=token or self.changer, key=str(uuid4()), body=body)

    @property
    def changer(self) -> str:
        return f"Bearer {self.changing}"

    def switch(self) -> Switch:
        """The test switch as it is now."""
        return switch_in(must(self.ask(f"/switches/{SWITCH}"), OK, "Looking at the test switch"))

    def at_rest(self) -> Switch:
        """The test switch with nothing set."""
        now = self.switch()
        if not now.is_set:
            return now
        must(self.lift(now.version), OK, "Lifting what is set")
        return self.switch()

    @cached_property
    def bounds(self) -> tuple[int, int, int]:
        """The least and the most that the test switch may be, and the longest in seconds."""
        body = self.ask(f"/switches/{SWITCH}").body
        given = cast("dict[str, Any]", found) if isinstance(found := body.get("bounds"), dict) else {}
        least, most, longest = given.get("least"), given.get("most"), body.get("at_most_seconds")
        if type(least) is not int or type(most) is not int or type(longest) is not int:
            raise Broken("The test switch must say `bounds` (`least` and `most`) and `at_most_seconds`.")
        if most < least + 2 or longest < WHILE:
            raise Broken(f"The bounds of the test switch must be two apart, and it must be settable for {WHILE} s.")
        return least, most, longest

    def other(self, now: Switch) -> int:
        """A value that is allowed and that does not hold."""
        least, most, _ = self.bounds
        return next(one for one in (least, most) if one not in (now.value, now.lasting))

    def set(self, now: Switch, *, value: int | None = None, seconds: int = WHILE) -> Switch:
        """Set the test switch; what was answered."""
        wish = {"value": self.other(now) if value is None else value, "expires_after": seconds, **SAID}
        return switch_in(must(self.put(wish, now.version), OK, "Setting the test switch"))

    def plan(self) -> TaskRun:
        """A plan of the test task."""
        heard = self.ask(f"/tasks/{TASK}?dry_run=true", method="POST")
        return run_in(must(heard, OK, "The dry run of the test task"))

    def run(self, plan: str) -> TaskRun:
        """What became of a plan."""
        return run_in(must(self.ask(f"/tasks/{TASK}/{plan}"), OK, "Looking at a run"))

    def eventually(self, holds: Callable[[], bool], within: float) -> bool:
        """Whether it is so in time. It is looked once more after the time is up: a slow machine is no fault."""
        ends, late = clock.monotonic() + within, False
        while not holds():
            if late:
                return False
            late = clock.monotonic() > ends
            clock.sleep(0.05)
        return True


def must(heard: Heard, statuses: tuple[int, ...], doing: str) -> Heard:
    """The answer, if it is one of these; raises `Broken` otherwise."""
    if heard.odd:
        raise Broken(f"{doing} is answered with {heard.odd} (status {heard.status}).")
    if heard.status not in statuses:
        wanted = statuses[0] if len(statuses) == 1 else f"{statuses[0]} or the like"
        raise Broken(f"{doing} is answered {heard.status}, and must be answered {wanted}.")
    return heard


def switch_in(heard: Heard) -> Switch:
    try:
        return to_switch(heard.body, SWITCH)
    except NotKept as odd:
        raise Broken(f"{odd.what}.") from odd


def run_in(heard: Heard) -> TaskRun:
    try:
        return to_run(heard.body, TASK)
    except NotKept as odd:
        raise Broken(f"{odd.what}.") from odd
