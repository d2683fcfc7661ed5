"""A connection of our own: Valkey (or Redis) with a reading and a changing user."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Self, cast

import redis
from pydantic import Field, SecretStr
from redis import exceptions

from blocks.base import CodeBlueBlock, require
from blocks.permissions import IDENTITIES, Difference, Grants, Held, Identity, Names, Needs, Users
from journal.facts.seen import Check
from journal.facts.words import Answer
from runbook import Permanent, Temporary, Warrant
from shop import acl

Client = redis.Redis
PATIENCE_SECONDS = 5.0


class Valkey(CodeBlueBlock):
    """One Valkey server, entered as a reader or, with a warrant, as a changer.

    Example:
        Load a saved server:
        ```python
        from shop.valkey import Valkey

        valkey = Valkey.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Shop Valkey"
    _block_type_slug = "shop-valkey"

    host: str = Field(description="Host name or address of the server.")
    port: int = Field(default=6379, ge=1, le=65535, description="TCP port of the server.")
    reader: str = Field(description="User for looking.")
    reader_password: SecretStr = Field(description="Password of the reading user.")
    changer: str = Field(description="User for approved changes.")
    changer_password: SecretStr = Field(description="Password of the changing user.")
    tls: bool = Field(default=True, description="Whether the connection is protected; off only for practice.")

    @contextmanager
    def reading(self) -> Generator[Client]:
        """A connection that may look. Raises `Temporary` or `Permanent`, each with a remedy."""
        with self._connect(self.reader, self.reader_password) as client:
            yield client

    @contextmanager
    def changing(self, warrant: Warrant) -> Generator[Client]:
        """A connection that may change things, for an approved plan."""
        require(warrant)
        with self._connect(self.changer, self.changer_password) as client:
            yield client

    @contextmanager
    def _connect(self, user: str, password: SecretStr) -> Generator[Client]:
        where = f"{self.host}:{self.port}"
        client = Client(
            host=self.host,
            port=self.port,
            username=user,
            password=password.get_secret_value(),
            ssl=self.tls,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            decode_responses=True,
        )
        try:
            yield client
        except exceptions.AuthenticationError:
            raise Permanent(
                f"Valkey on {where} refuses the password of {user}; correct it in the saved block."
            ) from None
        except exceptions.NoPermissionError as error:
            raise Permanent(f"{user} may not do this on {where} ({error}); grant what it lacks.") from error
        except (exceptions.ConnectionError, exceptions.TimeoutError) as error:
            raise Temporary(f"Valkey on {where} cannot be reached ({error}); check host, port and network.") from error
        except exceptions.ResponseError as error:
            raise Permanent(f"Valkey on {where} answered with an error: {error}.") from error
        finally:
            client.close()

    @classmethod
    def speaks(cls, need: str) -> bool:
        return need.startswith(acl.PREFIX)

    @classmethod
    def own_needs(cls) -> frozenset[str]:
        return frozenset({"valkey:acl|getuser"})

    @classmethod
    def placeholder(cls) -> Self:
        return cls.model_construct(reader="READER", changer="CHANGER")

    def grants(self, needs: Needs, names: Names) -> Iterator[Grants]:
        for identity, user in zip(IDENTITIES, (self.reader, self.changer), strict=True):
            if needs.of(identity):
                lines = (acl.line(identity, user, needs.of(identity), names),)
                yield Grants(
                    identity=identity, title=f"{identity.capitalize()} Valkey user", language="acl", document=lines
                )

    def held(self, needs: Needs, names: Names, users: Users) -> Iterator[Held]:
        for identity, user in zip(IDENTITIES, (self.reader, self.changer), strict=True):

            def look(identity: Identity = identity, user: str = user) -> Difference:
                with self.reading() as client:
                    found = cast("Any", client).execute_command("ACL GETUSER", user)
                if found is None:
                    raise Permanent(f"There is no user {user} on {self.host}:{self.port}; correct the saved block.")
                pairs = cast("dict[str, Any] | list[Any]", found)
                told: dict[str, Any] = (
                    pairs if isinstance(pairs, dict) else dict(zip(pairs[::2], pairs[1::2], strict=True))
                )
                commands, keys = (_text(told[one]) for one in ("commands", "keys"))
                return acl.compare(identity, needs.of(identity), names, (commands, keys), users)

            yield Held(asks=f"What may the {identity} Valkey user do?", look=look)

    def checks(self) -> Iterator[Check]:
        name = f"valkey {self.host}"
        try:
            with self.reading() as client:
                client.info("server")
        except (Temporary, Permanent) as blind:
            yield Check(name=name, answer=Answer.UNKNOWN, text=str(blind))
        else:
            yield Check(name=name, answer=Answer.YES, text=f"{self.reader} can look.")


def _text(told: Any) -> str:
    """Older clients tell lists where the server says words."""
    return " ".join(cast("list[str]", told)) if isinstance(told, list) else str(told)
