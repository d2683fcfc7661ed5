"""The operator's settings: `receiver.toml` in the home folder.

    [formats.alertmanager]
    secrets = ["file:alertmanager.token"]      # one secret a line; two may be valid at a time

    [formats.sns]
    topics = ["arn:aws:sns:eu-west-1:123456789012:alarms"]

    [[routes]]
    name = "PostgresTooManyConnections"
    deployment = "shop-database-connections/default"
    runbook = "shop.database_connections"
    title = "Connection exhaustion"
    system = "shop"
    environment = "shop-prod"

Only the formats that are there are switched on. The file holds references to secrets, never secrets (see `keys`).
"""

from __future__ import annotations

import importlib
import os
import secrets
import tomllib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from deployments.private_files import keep_secret
from deployments.receiver.routing import Rule
from deployments.stack_home import Home

FILE = "receiver.toml"
REMEMBER = timedelta(days=30)
"""Longer than any format's window, so that what the inbox forgot is refused as too old."""
_RULES = TypeAdapter(list[Rule])


class SettingsError(Exception):
    """The settings cannot be used. Names the file and the place in it."""

    def __init__(self, where: str, why: str, remedy: str = "Correct it and start the receiver again.") -> None:
        super().__init__(where, why, remedy)
        self.where, self.why, self.remedy = where, why, remedy

    def __str__(self) -> str:
        return f"{self.where}: {self.why}. {self.remedy}"


class ReceiverSettings(BaseModel):
    """All settings of a receiver. Times are in seconds, sizes in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(4290, ge=0, le=65535)
    journal: str | None = Field(None, description="The journal's address; `journal.db` in the home if left out.")
    body_limit: int = Field(1 << 20, ge=1024)
    body_within: float = Field(10.0, gt=0)
    keep_within: float = Field(5.0, gt=0, description="How long a sender waits for the commit before it gets a 503.")
    remember: timedelta = Field(
        REMEMBER, ge=timedelta(days=2), description="How long handled alerts stay in the inbox."
    )
    related_within: timedelta = Field(
        timedelta(0),
        ge=timedelta(0),
        description="Alerts of one system so near to an incident's opening join it; 0: none.",
    )
    formats: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    routes: list[Rule] = Field(default_factory=list[Rule])
    routes_from: list[str] = Field(
        default_factory=list, description="`module:NAME` of further rules, kept with the runbooks."
    )

    def rules(self) -> list[Rule]:
        """The file's rules and those of `routes_from` that the file does not replace. Raises SettingsError."""
        return [*self.routes, *self.of_systems()]

    def of_systems(self) -> list[Rule]:
        """The rules of `routes_from` that the file does not replace. Raises SettingsError."""
        own = [rule.selects for rule in self.routes]
        further = [rule for path in self.routes_from for rule in _imported(path)]
        return [rule for rule in further if rule.selects not in own]


def load(home: Home) -> ReceiverSettings:
    """The settings of a home. Raises SettingsError."""
    file = home.path / FILE
    try:
        given = tomllib.loads(file.read_text("utf-8-sig"))  # editors write a byte order mark
    except FileNotFoundError:
        why = f"there is no such file in {home.path}, so no sender is known"
        raise SettingsError(FILE, why, "codeblue up makes one.") from None
    except (OSError, ValueError) as exc:  # a TOML error is a ValueError
        raise SettingsError(FILE, f"it cannot be read ({exc})") from None
    return checked(given, FILE)


def checked(given: dict[str, Any], where: str) -> ReceiverSettings:
    """Those settings, or a SettingsError that names the first wrong one (never its value)."""
    try:
        return ReceiverSettings.model_validate(given)
    except ValidationError as exc:
        raise SettingsError(where, first_wrong(exc)) from None


def first_wrong(exc: ValidationError) -> str:
    """The first mistake of a model, without the value."""
    first = exc.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"


def journal_url(settings: ReceiverSettings, home: Home) -> str:
    """Where the journal is: the settings, else `$CODEBLUE_JOURNAL`, else a file in the home."""
    return settings.journal or os.environ.get("CODEBLUE_JOURNAL") or f"sqlite:///{home.path / 'journal.db'}"


def begin(home: Home, *, routes_from: Sequence[str] = ()) -> Path:
    """Give a new home settings for Alertmanager with a fresh secret; keeps what is there. Returns the settings' path.

    For `codeblue up`, which needs a receiver that works without a first letter from anybody.
    """
    token, file = home.path / "alertmanager.token", home.path / FILE
    if not token.exists():
        keep_secret(token, secrets.token_urlsafe(32) + "\n")
    if not file.exists():
        listed = ", ".join(f'"{path}"' for path in routes_from)
        file.write_text(f'routes_from = [{listed}]\n\n[formats.alertmanager]\nsecrets = ["file:{token.name}"]\n')
    return file


def _imported(path: str) -> list[Rule]:
    module, _, name = path.partition(":")
    try:
        return _RULES.validate_python(getattr(importlib.import_module(module), name))
    except (ImportError, AttributeError) as exc:
        raise SettingsError(f"routes_from {path!r}", f"there is no such thing ({exc})") from exc
    except ValidationError as exc:
        raise SettingsError(f"routes_from {path!r}", first_wrong(exc)) from None
