"""A project of Google Cloud in one region, entered as a reader or, with a warrant, as a changer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from blocks.base import CodeBlueBlock, require
from blocks.google_held import amiss, tested
from blocks.google_identity import described, line
from blocks.google_line import LOGGING, Asking, Line, library
from blocks.google_roles import LEVELS, document, spoken
from blocks.permissions import IDENTITIES, Difference, Grants, Held, Identity, Names, Needs, Users
from blocks.switchboard import is_here
from journal.facts.seen import Check
from journal.facts.words import Answer
from journal.wording import brief
from runbook import Permanent, Temporary, Warrant

Api = Literal["run", "monitoring", "redis", "sqladmin", "secretmanager", "cloudresourcemanager", "iam"]
VERSIONS: Final[dict[Api, str]] = {
    "run": "v2",
    "monitoring": "v3",
    "redis": "v1",
    "sqladmin": "v1",
    "secretmanager": "v1",
    "cloudresourcemanager": "v3",
    "iam": "v1",
}
"""The APIs that are asked by googleapiclient, in the versions whose documents come with it."""

_SERVICE: Final = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""Names of services, and of their revisions."""

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")

ACCOUNT = r"^[a-z0-9][a-z0-9-]*@[a-z0-9.-]+\.gserviceaccount\.com$"


class Google(CodeBlueBlock):
    """One project in one region. Each act of a change asks for a token of its own.

    Example:
        Load a saved project:
        ```python
        from blocks.google import Google

        google = Google.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Code Blue Google Cloud"
    _block_type_slug = "codeblue-google"

    project: str = Field(pattern=r"^[a-z][a-z0-9.:-]{2,62}$", description="Id of the project that all calls are about.")
    region: str = Field(pattern=r"^[a-z]+-[a-z]+[0-9]+$", description="Region of its services, e.g. europe-west3.")
    reading_account: str = Field(pattern=ACCOUNT, description="Service account for looking.")
    changing_account: str = Field(pattern=ACCOUNT, description="Service account for approved changes.")
    reading_key: SecretStr | None = Field(
        default=None, description="JSON key of the reading account; the machine's own identity acts as it when empty."
    )
    changing_key: SecretStr | None = Field(default=None, description="JSON key of the changing account; likewise.")
    endpoint_url: str | None = Field(default=None, description="Endpoint to use in place of Google, for practice.")
    patience: timedelta = Field(default=timedelta(seconds=10), description="How long to wait for an answer.")

    model_config = ConfigDict(hide_input_in_errors=True)

    @field_validator("reading_key", "changing_key")
    @classmethod
    def _its_own(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if key is None or not key.get_secret_value():
            return None
        try:
            found = json.loads(key.get_secret_value())
        except ValueError:
            found = None
        account = info.data.get(str(info.field_name).replace("_key", "_account"))
        if not isinstance(found, dict) or found.get("client_email") != account:  # pyright: ignore[reportUnknownMemberType] # of JSON
            raise ValueError(f"The key is no JSON key of {account}; save the file that Google gave for that account.")
        return key

    @field_validator("endpoint_url")
    @classmethod
    def _protected(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("The endpoint holds more than host and path; keys have fields of their own.")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_here(parts.hostname or "")):
            raise ValueError(f"{url} is not protected on the way, and a token is shown there; give an https address.")
        return url.rstrip("/")

    def reading(self, api: Api) -> Asking:
        """One API for one look, by the reading account. Raises `Permanent` where Google's libraries are missing."""
        return self._asking(api, self.reading_line())

    def changing(self, api: Api, warrant: Warrant) -> Asking:
        """One API for one approved act, by the changing account."""
        require(warrant)
        return self._asking(api, self._line("changing", fresh=True))

    def reading_line(self) -> Line:
        """A connection of the reading account, for a library of Google that brings its own words."""
        return self._line("reading")

    def service(self, name: str) -> str:
        """The full name of one of its services. Raises `Permanent` for what is none: it might ask for another one."""
        if not _SERVICE.fullmatch(name):
            raise Permanent(f"{brief(name, 60)!r} is no name of a service of Cloud Run; correct the environment.")
        return f"projects/{self.project}/locations/{self.region}/services/{name}"

    def secret(self, name: str) -> str:
        """The full name of one of its secrets. Raises `Permanent` for what is none."""
        if not _SECRET.fullmatch(name):
            raise Permanent(f"{brief(name, 60)!r} is no name of a secret of Secret Manager; correct the environment.")
        return f"projects/{self.project}/secrets/{name}"

    def account(self, identity: Identity) -> str:
        return self.reading_account if identity == "reading" else self.changing_account

    def asking(self, api: Api, identity: Identity) -> Asking:
        """One API by either account, for nothing but asking what that may do: `held` has no warrant."""
        return self._asking(api, self._line(identity))

    def _line(self, identity: Identity, *, fresh: bool = False) -> Line:
        key = self.reading_key if identity == "reading" else self.changing_key
        secret = None if key is None else key.get_secret_value()
        return line(self.account(identity), secret, endpoint=self.endpoint_url, patience=self.patience, fresh=fresh)

    def _asking(self, api: Api, on: Line) -> Asking:
        return Asking(api=described(api, VERSIONS[api], self.endpoint_url), line=on)

    @classmethod
    def speaks(cls, need: str) -> bool:
        return spoken(need) is not None

    @classmethod
    def placeholder(cls) -> Self:
        return cls.model_construct(
            project="PROJECT", region="REGION", reading_account="READING", changing_account="CHANGING"
        )

    def grants(self, needs: Needs, names: Names) -> Iterator[Grants]:
        for identity in IDENTITIES:
            if wanted := needs.of(identity):
                made = document(
                    identity, self.account(identity), wanted, project=self.project, region=self.region, names=names
                )
                title = f"Roles and bindings of the {identity} account"
                yield Grants(identity=identity, title=title, language="json", document=made)

    def held(self, needs: Needs, names: Names, users: Users) -> Iterator[Held]:
        for identity in IDENTITIES:
            if not needs.of(identity):
                continue

            def look(identity: Identity = identity) -> Difference:
                return Difference(said=tuple(amiss(self, identity, needs.of(identity), names, users)))

            yield Held(asks=f"What is the {identity} account allowed?", look=look)

    def checks(self) -> Iterator[Check]:
        """Whether the reading account is let in, and may look at anything in the project."""
        name = f"google {self.project}"
        every = sorted(one for one, level in LEVELS.items() if level == "project")
        try:
            library(LOGGING)  # half a second, for which the first look at a log would wait, and who looks beside it
            found = tested(self, "reading", f"projects/{self.project}", every)
        except (Temporary, Permanent) as blind:
            yield Check(name=name, answer=Answer.UNKNOWN, text=str(blind))
            return
        if found:
            text = f"The reading account looks at project {self.project}."
            yield Check(name=name, answer=Answer.YES, text=text)
        else:
            text = f"The reading account may look at nothing in project {self.project}; grant it the generated roles."
            yield Check(name=name, answer=Answer.UNKNOWN, text=text)
