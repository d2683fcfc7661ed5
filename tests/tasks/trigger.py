"""An environment of Trigger.dev for tests: tasks that nothing triggers, and runs that are as a test makes them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from blocks.triggerdev import Replayable, TriggerDev
from journal import clock
from sandbox.switchboard.serving import served
from sandbox.triggerdev.kept import Failure, Kept, Run, Task
from sandbox.triggerdev.server import CHANGING, READING, serve

SYNC, REMIND = "contact-sync", "remind"
NEVER, AN_HOUR = timedelta(days=10_000), timedelta(hours=1)
PATIENT = "Anna Example"
OUT = Failure(name="HubSpotError", message=f"Request for {PATIENT} failed with status code 503")


@dataclass(frozen=True, kw_only=True)
class Here:
    """What is kept, and where it is served."""

    kept: Kept
    url: str

    def block(self, **more: Any) -> TriggerDev:
        keys: dict[str, Any] = {"reading_key": SecretStr(READING), "changing_key": SecretStr(CHANGING)}
        tasks = {"replayable": [Replayable(task=SYNC, owner="the CRM team")]}
        return TriggerDev.model_validate({"url": self.url, **keys, **tasks, **more})

    def ask(self, method: str, path: str, *, key: str = READING, **more: Any) -> httpx.Response:
        return httpx.request(method, f"{self.url}{path}", headers={"Authorization": f"Bearer {key}"}, **more)

    def ended(self, task: str, many: int = 1, failure: Failure | None = None, **more: Any) -> list[Run]:
        """So many runs that ended, one a second, the last of them a second ago."""
        now, made = clock.now(), list[Run]()
        for number in range(many, 0, -1):
            run = self.kept.make(task, now - timedelta(seconds=number), **more)
            run.began = run.ended = run.updated = run.created
            run.error, run.status = failure, failure.status if failure else "COMPLETED"
            made.append(run)
        return made


@contextmanager
def practising() -> Generator[Here]:
    kept = Kept()
    kept.begin(*(Task(name=name, every=NEVER, takes=timedelta(0), due=clock.now() + NEVER) for name in (SYNC, REMIND)))
    with served(serve(kept)) as url:
        yield Here(kept=kept, url=url)
