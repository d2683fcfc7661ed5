"""What the API keeps open to its database and to Redis, as its processes do: why either does not let it work."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
import redis
from redis.exceptions import OutOfMemoryError, RedisError

from journal import clock
from sandbox.database import Address
from sandbox.systems.medicalcor.api.refusals import LEAD, PHONE
from sandbox.systems.medicalcor.valkey import Valkey

NAME = "medicalcor-api"
SECONDS = 2
DEAD = "medicalcor:dlq"
TALK = "x" * 40_000
"""What is kept of a conversation while somebody writes."""


@dataclass(kw_only=True)
class Backing:
    """One session of each, opened when it is needed, and anew when it was ended."""

    database: Address
    valkey: Valkey
    _session: psycopg.Connection[tuple[Any, ...]] | None = field(default=None, repr=False)
    _client: redis.Redis | None = field(default=None, repr=False)
    _kept: int = 0

    def database_why_not(self) -> str:
        """Why a query does not succeed; nothing where it does. A session that was ended is opened anew, once."""
        return self._query() and self._query()

    def _query(self) -> str:
        try:
            if self._session is None:
                dsn = self.database.dsn(self.database.roles.application, application_name=NAME)
                self._session = psycopg.connect(dsn, autocommit=True, connect_timeout=SECONDS)
            self._session.execute("select 1")
        except psycopg.Error as error:
            self.close_session()
            return str(error).partition("\n")[0] or type(error).__name__
        return ""

    def redis_why_not(self) -> str:
        """Why a limit cannot be counted and a conversation not kept; nothing where they can."""
        try:
            if self._client is None:
                self._client = self.valkey.client(name=NAME)
            self._client.set("rate_limit:api", "1", ex=60)
            self._client.set("talk:api", TALK, ex=60)
        except OutOfMemoryError as error:
            return f"OOM {error}"  # this library leaves the word out, by which everybody knows it
        except RedisError as error:
            self.close_client()
            return str(error)
        return ""

    def keep_dead(self, many: int) -> None:
        """Keep so many messages that could not be sent: among the dead letters, with all that was to be said."""
        if not many:
            return
        said = {"type": "whatsapp.message", "failed_at": clock.now().timestamp(), "body": f"{PHONE}: {LEAD}"}
        first, self._kept = self._kept, self._kept + many
        with suppress(RedisError), self.valkey.client(name=NAME) as client:
            client.rpush(DEAD, *(json.dumps({"id": f"out-{one}", **said}) for one in range(first, self._kept)))

    def close_session(self) -> None:
        if self._session is not None:
            with suppress(psycopg.Error):
                self._session.close()
            self._session = None

    def close_client(self) -> None:
        if self._client is not None:
            with suppress(RedisError):
                self._client.close()
            self._client = None

    def close(self) -> None:
        """As it is before anybody has asked."""
        self.close_session()
        self.close_client()
