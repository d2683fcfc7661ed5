"""A switchboard: flags, settings and tasks of one owner, by the contract of `docs/switchboard.md`.

Two tokens are its two identities. Which switches and tasks may be touched stands here, with their bounds and their
owners: whatever else somebody asks for is refused before a request is made.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from blocks.base import CodeBlueBlock, require
from blocks.permissions import IDENTITIES, Difference, Grants, Held, Identity, Names, Needs, NotNamed, Users
from blocks.switchboard_http import first_look, identity_of
from journal.facts.seen import Check
from runbook import NotSafe, Permanent, Warrant

PREFIX = "switchboard:"
READ, SET, START = f"{PREFIX}read", f"{PREFIX}set", f"{PREFIX}start"
"""Needs: to look (dry runs too), to set and lift switches, to start and stop tasks."""

Value = StrictBool | StrictInt | StrictStr


class Allowed(BaseModel):
    """One switch that may be set, with what its owner calls safe. A flag needs no bounds; everything else does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", description="Its key at the switchboard.")
    owner: str = Field(min_length=1, max_length=100, description="Who answers for it.")
    least: int | None = Field(default=None, description="The least that a number may be.")
    most: int | None = Field(default=None, description="The most that a number may be.")
    one_of: tuple[str, ...] = Field(default=(), description="What a text may be.")
    longest: timedelta = Field(
        default=timedelta(hours=24), ge=timedelta(seconds=1), description="For how long it may be set."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.least is None) != (self.most is None) or (self.least is not None and self.one_of):
            raise ValueError(f"{self.key} needs both least and most for a number, one_of for a text, none for a flag.")
        return self

    def refusal(self, value: Value, lasts: timedelta) -> str | None:
        """Why this may not be set, in a sentence; nothing when it may."""
        if self.least is not None and self.most is not None:
            fits, words = type(value) is int and self.least <= value <= self.most, f"{self.least} to {self.most}"
        elif self.one_of:
            fits, words = value in self.one_of, f"one of {', '.join(self.one_of)}"
        else:
            fits, words = type(value) is bool, "true or false"
        if not fits:
            return f"{self.key} may be {words} by what the environment says, and not {json.dumps(value)}."
        if not timedelta(seconds=1) <= lasts <= self.longest:
            return (
                f"{self.key} may be set for 1 s to {self.longest.total_seconds():.0f} s by what the environment says."
            )
        return None


class Startable(BaseModel):
    """One task that may be started."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", description="Its name at the switchboard.")
    owner: str = Field(min_length=1, max_length=100, description="Who answers for it.")
    at_most: int = Field(ge=1, description="How much one run of it may be about.")


class Switchboard(CodeBlueBlock):
    """The switches and tasks of one owner, entered as a reader or, with a warrant, as a changer.

    Example:
        Load a saved switchboard:
        ```python
        from blocks.switchboard import Switchboard

        switchboard = Switchboard.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Code Blue Switchboard"
    _block_type_slug = "codeblue-switchboard"

    url: str = Field(description="Where it is, without a path of its routes; https, or http on this machine.")
    reading_token: SecretStr = Field(description="Token for looking and for dry runs.")
    changing_token: SecretStr | None = Field(
        default=None, description="Token for approved changes; a person makes them where it is empty."
    )
    switches: list[Allowed] = Field(default_factory=list[Allowed], description="Switches that may be set.")
    tasks: list[Startable] = Field(default_factory=list[Startable], description="Tasks that may be started.")
    patience: timedelta = Field(default=timedelta(seconds=5), description="How long to wait for an answer.")

    model_config = ConfigDict(hide_input_in_errors=True)

    @field_validator("reading_token", "changing_token")
    @classmethod
    def _can_be_shown(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        text = "" if token is None else token.get_secret_value()
        if not text and info.field_name == "changing_token":
            return None
        if not re.fullmatch(r"[!-~]+", text):
            raise ValueError(
                "The token is empty or holds what no header may, such as a line break; give it in printable ASCII."
            )
        return token

    @field_validator("url")
    @classmethod
    def _protected(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.username or parts.query or parts.fragment:
            raise ValueError("The address holds more than host and path; the tokens have fields of their own.")
        if not parts.hostname:
            raise ValueError("The address names no host; write it as https://HOST.")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_here(parts.hostname or "")):
            raise ValueError(f"{url} is not protected on the way, and a token is shown there; give an https address.")
        return url.rstrip("/")

    def at(self, path: str) -> str:
        """The address of a route."""
        return f"{self.url}/{path.lstrip('/')}"

    def reading(self) -> dict[str, str]:
        """Headers of a look or of a dry run."""
        return _headers(self.reading_token)

    def changing(self, warrant: Warrant, doing: str) -> dict[str, str]:
        """Headers of an approved act, which the server does once, however often it hears of it.

        Raises `Permanent` without a warrant or a token.
        """
        given = require(warrant)
        if self.changing_token is None:
            raise Permanent("The switchboard has no changing token; save one in its block, or have a person change it.")
        request = f"{given.incident}/{given.mitigation}/{given.digest}/{doing}"
        return {**_headers(self.changing_token), "Idempotency-Key": request}

    def allowed(self, key: str) -> Allowed:
        """What the owner of a switch allows. Raises `NotSafe` for one that the environment does not name."""
        found = next((one for one in self.switches if one.key == key), None)
        if found is None:
            raise NotSafe(f"The environment does not name {key} among the switches that may be set; ask its owner.")
        return found

    def startable(self, name: str) -> Startable:
        """What the owner of a task allows. Raises `NotSafe` for one that the environment does not name."""
        found = next((one for one in self.tasks if one.name == name), None)
        if found is None:
            raise NotSafe(f"The environment does not name {name} among the tasks that may be started; ask its owner.")
        return found

    @classmethod
    def speaks(cls, need: str) -> bool:
        return need.startswith(PREFIX)

    @classmethod
    def own_needs(cls) -> frozenset[str]:
        return frozenset({READ})

    @classmethod
    def placeholder(cls) -> Self:
        return cls.model_construct(
            url="URL",
            switches=[Allowed.model_construct(key="SWITCH", owner="OWNER")],
            tasks=[Startable.model_construct(name="TASK", owner="OWNER")],
        )

    def grants(self, needs: Needs, names: Names) -> Iterator[Grants]:  # noqa: ARG002 # its own names are at hand
        """What the server's owner lets each token do, route by route; there is no other language for it."""
        for identity in IDENTITIES:
            if lines := tuple(self._routes(needs.of(identity))):
                title = f"{identity.capitalize()} token"
                yield Grants(identity=identity, title=title, language="text", document=lines)

    def _routes(self, needs: frozenset[str]) -> Iterator[str]:
        keys, names = [one.key for one in self.switches], [one.name for one in self.tasks]
        if SET in needs and not keys:
            raise NotNamed(f"{SET} is needed, and the switchboard names no switch; name those that may be set.")
        if START in needs and not names:
            raise NotNamed(f"{START} is needed, and the switchboard names no task; name those that may be started.")
        if READ in needs:
            yield "GET /"
            yield from (f"GET /switches/{key}" for key in keys)
            yield from (f"PUT /switches/{key}?dry_run=true" for key in keys)
            yield from (f"POST /tasks/{name}?dry_run=true" for name in names)
            yield from (f"GET /tasks/{name}/PLAN" for name in names)
        if SET in needs:
            yield from (f"PUT /switches/{key}" for key in keys)
            yield from (f"POST /switches/{key}/lift" for key in keys)
        if START in needs:
            yield from (f"POST /tasks/{name}" for name in names)
            yield from (f"DELETE /tasks/{name}/PLAN" for name in names)

    def held(self, needs: Needs, names: Names, users: Users) -> Iterator[Held]:  # noqa: ARG002 # a token is one of two
        for identity, token in zip(IDENTITIES, (self.reading_token, self.changing_token), strict=True):
            if token is None or not needs.of(identity):
                continue

            def look(identity: Identity = identity, token: SecretStr = token) -> Difference:
                found = identity_of(self, _headers(token))
                said = () if found == identity else (f"The {identity} token is taken for one of {found}.",)
                return Difference(said=said)

            yield Held(asks=f"Which identity does the switchboard take the {identity} token for?", look=look)

    def checks(self) -> Iterator[Check]:
        yield first_look(self)


def _headers(token: SecretStr) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.get_secret_value()}", "Accept": "application/json"}


def is_here(host: str) -> bool:
    """Whether a host is this machine, so that what goes there takes no network."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
