"""A Redis or Valkey server with a reading and a changing identity: two users of its ACL.

Which prefixes may be unlinked, which lists hold dead letters and how its memory may be set stands here, with bounds and
owners (`blocks.redis_parts`): whatever else somebody asks for is refused before a command is sent.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Self, cast

import redis
from pydantic import ConfigDict, Field, SecretStr, field_validator
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from blocks.acl.compare import compare
from blocks.acl.lines import PREFIX, line, rights_of
from blocks.acl.rights import rights_in
from blocks.base import CodeBlueBlock, require
from blocks.in_time import WAITS
from blocks.parts.hosts import host_only
from blocks.permissions import IDENTITIES, Difference, Grants, Held, Identity, Names, Needs, Users
from blocks.redis_errors import GARBLED, Limit, explain
from blocks.redis_parts import DeadLetters, MemoryBounds, Regenerating, literally, plain
from journal.facts.seen import Check
from journal.facts.words import Answer
from runbook import NotSafe, Permanent, Temporary, Warrant

Client = redis.Redis
"""Names and values come as bytes: what others keep in a server need not be text."""

NAMED = re.compile(r"[^!-~]")
"""What the name of a connection may not hold."""


class Redis(CodeBlueBlock):
    """One server, entered as a reader or, with a warrant, as a changer.

    Example:
        Load a saved server:
        ```python
        from blocks.redis import Redis

        redis = Redis.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Code Blue Redis"
    _block_type_slug = "codeblue-redis"

    host: str = Field(description="Host name or address of the server.")
    port: int = Field(default=6379, ge=1, le=65535, description="TCP port of the server.")
    db: int = Field(default=0, ge=0, description="Number of the database; changes never reach beyond it.")
    reader: str = Field(description="ACL user for looking.")
    reader_password: SecretStr = Field(description="Password of the reading user.")
    changer: str = Field(description="ACL user for approved changes.")
    changer_password: SecretStr = Field(description="Password of the changing user.")
    tls: bool = Field(default=True, description="Whether the connection is protected; off only for practice.")
    authority: str | None = Field(
        default=None,
        description="Certificate (PEM) of the private authority that signed the server's own, if any.",
    )
    patience: timedelta = Field(
        default=timedelta(seconds=5), gt=timedelta(0), description="How long one answer may take."
    )
    keys: list[str] = Field(
        default_factory=lambda: ["*"], description="Patterns of keys whose size may be asked for; never their content."
    )
    prefixes: list[Regenerating] = Field(
        default_factory=list[Regenerating], description="Prefixes of keys that may be unlinked, since they come again."
    )
    dead_letters: list[DeadLetters] = Field(
        default_factory=list[DeadLetters], description="Lists or streams that hold what could not be processed."
    )
    memory: MemoryBounds | None = Field(
        default=None, description="How its memory may be set for a while; a person does it where this is empty."
    )

    model_config = ConfigDict(hide_input_in_errors=True)
    _is_a_host = field_validator("host")(host_only)

    @field_validator("reader", "changer", "keys")
    @classmethod
    def _can_be_said(cls, names: Any) -> Any:
        """Whether a line of the ACL can say them, and nothing else by them."""
        for name in [names] if isinstance(names, str) else names:
            plain(name)
        return names

    @field_validator("reader_password", "changer_password")
    @classmethod
    def _can_be_sent(cls, password: SecretStr) -> SecretStr:
        try:
            password.get_secret_value().encode()
        except UnicodeEncodeError:  # which holds the password
            raise ValueError("The password is no text; save it anew.") from None
        return password

    @property
    def where(self) -> str:
        """The server as errors name it."""
        return f"{self.host}:{self.port}"

    @contextmanager
    def reading(self, *, works: timedelta = timedelta(0)) -> Generator[Client]:
        """A connection that may look. Raises `Temporary` or `Permanent`, each with a remedy.

        It is cut when waiting has taken several times as long as one answer may, besides what a long look `works`.
        """
        limit = Limit((WAITS * self.patience + works).total_seconds())
        with self._connect(self.reader, self.reader_password, "codeblue-reading", limit) as client:
            yield client

    @contextmanager
    def changing(self, warrant: Warrant, *, works: timedelta = timedelta(0)) -> Generator[Client]:
        """A connection that may change things, named after the incident: `CLIENT LIST` shows who acts.

        It is cut as one for looking is, besides what a long act `works`.
        """
        name = acting_name(require(warrant))
        limit = Limit((WAITS * self.patience + works).total_seconds())
        with self._connect(self.changer, self.changer_password, name, limit) as client:
            yield client

    @contextmanager
    def _connect(self, user: str, password: SecretStr, name: str, limit: Limit) -> Generator[Client]:
        seconds = self.patience.total_seconds()

        def begin(connection: Any) -> None:
            limit.watch(connection)
            connection.on_connect()

        client = Client(
            host=self.host,
            port=self.port,
            db=self.db,
            username=user,
            password=password.get_secret_value(),
            client_name=name,
            ssl=self.tls,
            ssl_ca_data=self.authority,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            retry=Retry(NoBackoff(), 0),  # what was sent once may have been done, and must not be sent again
            driver_info=None,  # telling it needs a permission of its own
            redis_connect_func=cast("Any", begin),  # it is given the connection, whatever its type says
            protocol=2,  # servers before 6 know no other, and answers have one shape
        )
        try:
            with limit:
                yield client
        except (RedisError, *GARBLED) as error:
            # Not `from error`: its text may hold what was asked, such as the words of people.
            raise explain(error, self.where, user, seconds, late=limit.over) from None
        finally:
            client.close()

    def regenerating(self, prefix: str) -> Regenerating:
        """What the owner of a prefix allows. Raises `NotSafe` for one that the environment does not name."""
        found = next((one for one in self.prefixes if one.prefix == prefix), None)
        if found is None:
            raise NotSafe(f"The environment does not name {prefix} among the prefixes that come again; ask its owner.")
        return found

    def letters(self, key: str) -> DeadLetters:
        """What the owner of dead letters allows. Raises `NotSafe` for a key that the environment does not name."""
        found = next((one for one in self.dead_letters if one.key == key), None)
        if found is None:
            raise NotSafe(f"The environment does not name {key} among its dead letters; ask its owner.")
        return found

    @classmethod
    def speaks(cls, need: str) -> bool:
        return need.startswith(PREFIX)

    @classmethod
    def own_needs(cls) -> frozenset[str]:
        return frozenset({"redis:acl|getuser", "redis:ping"})

    @classmethod
    def placeholder(cls) -> Self:
        return cls.model_construct(
            host="HOST",
            reader="READER",
            changer="CHANGER",
            keys=["*"],
            prefixes=[Regenerating.model_construct(prefix="PREFIX:", owner="OWNER")],
            dead_letters=[DeadLetters.model_construct(key="DEAD_LETTERS", owner="OWNER", queue="QUEUE")],
        )

    def patterns(self) -> Names:
        """The kinds of keys that needs name, as patterns of the ACL."""
        again = [one for one in self.dead_letters if one.queue]
        moving = [name for one in again for name in (one.key, one.queue, one.moved)]
        return {
            "key": tuple(self.keys),
            "prefix": tuple(f"{literally(one.prefix)}*" for one in self.prefixes),
            "letters": tuple(literally(one.key) for one in self.dead_letters),
            "moving": tuple(literally(name) for name in moving),
            "moved": tuple(literally(one.moved) for one in again),
        }

    def always(self) -> frozenset[str]:
        """Commands that every connection of ours begins with."""
        return frozenset({"redis:client|setname", *(["redis:select"] if self.db else [])})

    def grants(self, needs: Needs, names: Names) -> Iterator[Grants]:  # noqa: ARG002 # its own names are at hand
        for identity, user in zip(IDENTITIES, (self.reader, self.changer), strict=True):
            if needs.of(identity):
                text = line(user, rights_of(needs.of(identity) | self.always(), self.patterns(), identity))
                title = f"{identity.capitalize()} Redis user"
                yield Grants(identity=identity, title=title, language="text", document=(text,))

    def held(self, needs: Needs, names: Names, users: Users) -> Iterator[Held]:  # noqa: ARG002 # see `grants`
        for identity, user in zip(IDENTITIES, (self.reader, self.changer), strict=True):
            if not needs.of(identity):
                continue

            def look(identity: Identity = identity, user: str = user) -> Difference:
                with self.reading() as client:
                    told = ask(client, "ACL", "GETUSER", user)
                if told is None:
                    raise Permanent(f"There is no user {user} on {self.where}; correct the saved block.")
                wanted = rights_of(needs.of(identity) | self.always(), self.patterns(), identity)
                return compare(identity, rights_in(told), wanted, users)

            yield Held(asks=f"What may the {identity} Redis user do?", look=look)

    def checks(self) -> Iterator[Check]:
        name = f"redis {self.host}"
        try:
            with self.reading() as client:
                client.ping()
        except (Temporary, Permanent) as blind:
            yield Check(name=name, answer=Answer.UNKNOWN, text=str(blind))
        else:
            yield Check(name=name, answer=Answer.YES, text=f"{self.reader} can look.")


def ask(client: Client, *words: str | bytes | int) -> Any:
    """The raw answer to a command that the library would put into a form of its own, or does not know."""
    return cast("Any", client).execute_command(*words)


def ask_all(client: Client, commands: Iterable[tuple[str | bytes | int, ...]]) -> list[Any]:
    """The answers to several commands, sent together. Raises the first error as the server worded it.

    The library would add the command to its text, with names of keys and what people wrote in them.
    """
    with client.pipeline(transaction=False) as many:
        for words in commands:
            ask(many, *words)
        told: list[Any] = many.execute(raise_on_error=False)
    for one in told:
        if isinstance(one, RedisError):
            raise one
    return told


def acting_name(warrant: Warrant) -> str:
    """The name under which a warrant's connection appears among the clients."""
    return NAMED.sub("-", f"codeblue-{warrant.incident}")
