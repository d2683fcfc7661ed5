"""Trigger.dev: one environment of a project that runs background tasks and schedules (`cloud.trigger.dev`).

What a key may do is its preset: *Observer* looks at runs and queues. Replays and cancels are open to *Operator*; tags
and schedules are open to no key but one with *No restrictions* (their routes know no presets), so whoever changes needs
that, and whoever is to see schedules as well. Such a key is never given to a look at anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from blocks.base import CodeBlueBlock, require
from blocks.parts import Part
from blocks.permissions import IDENTITIES, Difference, Grants, Held, Identity, Names, Needs, NotNamed, Users
from blocks.switchboard import is_here
from blocks.triggerdev_http import told
from journal.facts.seen import Check
from journal.facts.words import Answer
from runbook import NotSafe, Permanent, Temporary, Warrant

PREFIX: Final = "triggerdev:"
RUNS, QUEUES, SCHEDULES = f"{PREFIX}runs", f"{PREFIX}queues", f"{PREFIX}schedules"
"""Needs: to look at runs, at queues and at schedules."""
TAG, REPLAY, CANCEL, SWITCH = f"{PREFIX}tag", f"{PREFIX}replay", f"{PREFIX}cancel", f"{PREFIX}switch"
"""Needs: to tag a run, to replay it, to cancel a replay that has not begun; to resume and pause schedules."""

ROUTES: Final = {
    RUNS: ("GET /api/v1/runs", "GET /api/v3/runs/RUN"),
    QUEUES: ("GET /api/v1/queues",),
    SCHEDULES: ("GET /api/v1/schedules", "GET /api/v1/schedules/SCHEDULE"),
    TAG: ("POST /api/v1/runs/RUN/tags",),
    REPLAY: ("POST /api/v1/runs/RUN/replay",),
    CANCEL: ("POST /api/v2/runs/RUN/cancel",),
    SWITCH: ("POST /api/v1/schedules/SCHEDULE/activate", "POST /api/v1/schedules/SCHEDULE/deactivate"),
}
_KEYS: Final[Mapping[Identity, tuple[tuple[str, str, tuple[str, ...]], ...]]] = {
    "reading": (
        ("Reading key", "Observer", (RUNS, QUEUES)),
        ("Key for looking at schedules", "No restrictions", (SCHEDULES,)),
    ),
    "changing": (("Changing key", "No restrictions", (TAG, REPLAY, CANCEL, SWITCH)),),
}
"""The keys of each identity: what they are called, their preset, and the needs that they are for."""


class Replayable(Part):
    """A task of which a run may be replayed: whatever it has done before, doing it again does no more."""

    task: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$", description="Its identifier.")
    owner: str = Field(min_length=1, max_length=100, description="Who says that it may.")


class Scheduled(Part):
    """A task that is to run by the clock: by which schedule, and after how long it is overdue."""

    task: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$", description="Its identifier.")
    owner: str = Field(min_length=1, max_length=100, description="Who answers for it.")
    cron: str = Field(min_length=9, max_length=100, description="Its schedule, as a cron expression.")
    timezone: str = Field(default="UTC", min_length=1, max_length=60, description="In which zone that is, by IANA.")
    late: timedelta = Field(
        ge=timedelta(minutes=1),
        description="After how long without a success it is overdue: the longest time between two runs, and some more.",
    )


class TriggerDev(CodeBlueBlock):
    """One environment of Trigger.dev, entered as a reader or, with a warrant, as a changer.

    Example:
        Load a saved environment of Trigger.dev:
        ```python
        from blocks.triggerdev import TriggerDev

        trigger = TriggerDev.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Code Blue Trigger.dev"
    _block_type_slug = "codeblue-triggerdev"

    url: str = Field(default="https://api.trigger.dev", description="Where its API is: https, or http on this machine.")
    environment: str = Field(default="prod", min_length=1, description="Name of the environment that the keys are of.")
    reading_key: SecretStr = Field(description="Key for looking: preset Observer.")
    changing_key: SecretStr | None = Field(
        default=None, description="Key for approved changes: No restrictions. A person makes them where it is empty."
    )
    schedules_key: SecretStr | None = Field(
        default=None,
        description="Key for looking at schedules, which are shown to No restrictions alone: it could change things,"
        " and is used for that look only. Where it is empty, nobody sees schedules.",
    )
    replayable: list[Replayable] = Field(
        default_factory=list[Replayable], description="Tasks of which a failed run may be replayed."
    )
    timetable: list[Scheduled] = Field(
        default_factory=list[Scheduled], description="Tasks that are to run by the clock."
    )
    patience: timedelta = Field(default=timedelta(seconds=8), description="How long to wait for an answer.")

    model_config = ConfigDict(hide_input_in_errors=True)

    @field_validator("reading_key", "changing_key", "schedules_key")
    @classmethod
    def _can_be_shown(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        text = "" if key is None else key.get_secret_value()
        if not text and info.field_name != "reading_key":
            return None
        if not re.fullmatch(r"[!-~]+", text):
            raise ValueError("The key is empty or holds what no header may; give it in printable ASCII.")
        return key

    @field_validator("url")
    @classmethod
    def _protected(cls, url: str) -> str:
        parts = urlsplit(url)
        here = parts.scheme == "http" and is_here(parts.hostname or "")
        if not parts.hostname or parts.username or parts.query or parts.path.strip("/"):
            raise ValueError("The address holds more or less than scheme and host; write it as https://HOST.")
        if parts.scheme != "https" and not here:
            raise ValueError(f"{url} is not protected on the way, and a key is shown there; give an https address.")
        return url.rstrip("/")

    def reading(self) -> dict[str, str]:
        """Headers of a look."""
        return _headers(self.reading_key)

    def seeing_schedules(self) -> dict[str, str]:
        """Headers of a look at schedules. Raises `Permanent` where there is no key for that."""
        if self.schedules_key is None:
            raise Permanent("Trigger.dev has no key that sees schedules; save one in its block, of No restrictions.")
        return _headers(self.schedules_key)

    def changing(self, warrant: Warrant) -> dict[str, str]:
        """Headers of an approved act. Raises `Permanent` without a warrant or a key."""
        require(warrant)
        if self.changing_key is None:
            raise Permanent("Trigger.dev has no changing key; save one in its block, or have a person change it.")
        return _headers(self.changing_key)

    def owner_of(self, task: str) -> str:
        """Who lets runs of a task be replayed. Raises `NotSafe` where nobody does."""
        found = next((one.owner for one in self.replayable if one.task == task), None)
        if found is None:
            raise NotSafe(f"The environment does not name {task} among the tasks that may be replayed; ask its owner.")
        return found

    @classmethod
    def speaks(cls, need: str) -> bool:
        return need.startswith(PREFIX)

    @classmethod
    def own_needs(cls) -> frozenset[str]:
        return frozenset({RUNS})

    @classmethod
    def placeholder(cls) -> Self:
        one = Replayable.model_construct(task="TASK", owner="OWNER")
        other = Scheduled.model_construct(task="TASK", owner="OWNER", cron="CRON", timezone="TIMEZONE")
        return cls.model_construct(url="URL", environment="ENVIRONMENT", replayable=[one], timetable=[other])

    def grants(self, needs: Needs, names: Names) -> Iterator[Grants]:  # noqa: ARG002 # its own names are at hand
        """The preset that each key needs, and the routes that it is for; there is no finer language."""
        for identity in IDENTITIES:
            wanted = needs.of(identity)
            if REPLAY in wanted and not self.replayable:
                raise NotNamed(f"{REPLAY} is needed, and the environment names no task that may be replayed; name one.")
            for key, preset, of in _KEYS[identity]:
                if lines := tuple(route for need in of if need in wanted for route in ROUTES[need]):
                    title = f"{key} of {self.environment}, preset {preset}"
                    yield Grants(identity=identity, title=title, language="text", document=lines)

    def held(self, needs: Needs, names: Names, users: Users) -> Iterator[Held]:  # noqa: ARG002 # see `grants`
        """Trigger.dev tells nobody what a key may do, so it stays unclear."""

        def look() -> Difference:
            return Difference(
                unclear=("Trigger.dev tells nobody what a key may do; look at its preset, on the page API keys.",)
            )

        yield Held(asks="What may the keys of Trigger.dev do?", look=look)

    def checks(self) -> Iterator[Check]:
        """Whether the reading key can look, and is of the environment that it should be of."""
        name = f"Trigger.dev {self.environment}"
        try:
            found = told(self, "/api/v1/runs", self.reading(), asked={"page[size]": "10"}).get("data")
        except (Temporary, Permanent) as blind:
            yield Check(name=name, answer=Answer.UNKNOWN, text=str(blind))
            return
        others = {str(run.get("env", {}).get("name")) for run in found} if isinstance(found, list) else {"?"}  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType, reportUnknownArgumentType] # of JSON
        if others - {self.environment}:
            text = f"The reading key is of another environment than {self.environment}; correct its block."
            yield Check(name=name, answer=Answer.NO, text=text)
        else:
            yield Check(name=name, answer=Answer.YES, text="The reading key can look at runs.")


def _headers(key: SecretStr) -> dict[str, str]:
    return {"Authorization": f"Bearer {key.get_secret_value()}", "Accept": "application/json"}
