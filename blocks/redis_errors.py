"""Why a Redis server could not be asked: one sentence with its remedy, and one word that a look can judge."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, Self

from redis import exceptions

from journal.redaction import redact
from journal.wording import brief
from runbook import Permanent, Temporary

Reason = Literal[
    "name",
    "refused",
    "silent",
    "tls",
    "password",
    "permission",
    "clients",
    "loading",
    "busy",
    "primary",
    "replica",
    "full",
    "snapshot",
    "replicas",
    "protected",
    "cluster",
    "garbled",
    "not offered",
    "unreached",
    "other",
]
"""The name is not known; nobody listens; no answer in time; ... ; its primary is away; it is itself a replica; ... ; it
writes nothing since a snapshot failed, or since too few replicas hear it; ... ; what answers is no answer of Redis."""


class Refused(Permanent):
    """The server answered, and refuses; `reason` says what."""

    def __init__(self, message: str, reason: Reason = "other") -> None:
        super().__init__(message, reason)
        self.reason: Reason = reason


class Away(Temporary):
    """The server could not answer now; `reason` says why."""

    def __init__(self, message: str, reason: Reason = "other") -> None:
        super().__init__(message)
        self.args = (message, reason)
        self.reason: Reason = reason


class Limit:
    """An end for a connection as a whole: a server that answers in drops has no end of its own."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._connection: Any = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def watch(self, connection: Any) -> None:
        """Take the connection that is cut. Raises `TimeoutError` when that would have been before."""
        self._connection = connection
        if self.over:
            raise exceptions.TimeoutError

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        self.over = True
        found = getattr(self._connection, "_sock", None)
        if isinstance(found, socket.socket):
            with suppress(OSError):  # it is closed already
                socket.socket.shutdown(found, socket.SHUT_RDWR)  # the plain one also under TLS, which would ask first


TEMPORARY: Mapping[Reason, str] = {
    "name": "{redis} cannot be found: its name is not known here; check host and network.",
    "refused": "{redis} refuses connections; check that it runs, host, port and network.",
    "silent": "{redis} did not answer within {seconds:g} s; see whether it is busy, cut off or without TLS.",
    "clients": "{redis} takes no new connections: maxclients is reached.",
    "loading": "{redis} is loading its data (LOADING) and answers nothing yet; wait.",
    "primary": "{redis} is a replica without its primary (MASTERDOWN) and answers nothing; see to the primary.",
    "busy": "{redis} is busy with somebody's script (BUSY); wait for its end.",
    "unreached": "{redis} cannot be reached ({text}); check host, port and network.",
}

PERMANENT: Mapping[Reason, str] = {
    "tls": "{redis} was not reached by TLS ({text}); check tls and authority in the saved block.",
    "password": "{redis} refuses the name or password of {user}; correct the saved block.",
    "permission": "{user} may not do this on {where} ({text}); grant what it lacks.",
    "replica": "{redis} is a replica and takes no writes (READONLY); name the primary instead.",
    "full": "{redis} is full and refuses writes (OOM); let memory be free first.",
    "snapshot": "{redis} refuses writes since its last snapshot failed (MISCONF); see to its disk first.",
    "replicas": "{redis} refuses writes since too few replicas hear it (NOREPLICAS); see to them first.",
    "protected": "{redis} takes nobody from other machines (DENIED: protected mode); have its owner set passwords.",
    "cluster": "{redis} is one node of a cluster ({text}) and holds only a part; have its owner do it.",
    "not offered": "{redis} does not offer this ({text}); its provider may do it by an API.",
    "garbled": "What answers as {redis} is no answer of Redis; check host, port, tls and what stands between.",
    "other": "{redis} answered with an error: {text}.",
}


def explain(error: Exception, where: str, user: str, seconds: float, *, late: bool = False) -> Refused | Away:
    """What the library raised, for people."""
    reason: Reason = "silent" if late else reason_of(error)
    words = {"redis": f"Redis on {where}", "where": where, "user": user, "seconds": seconds, "text": _brief(error)}
    if reason in TEMPORARY:
        return Away(TEMPORARY[reason].format(**words), reason)
    return Refused(PERMANENT[reason].format(**words), reason)


def reason_of(error: BaseException) -> Reason:
    """What kept us out, in one word: by the kind of an error that it comes from, else by how its text begins."""
    under = [error, *_causes(error)]
    for kind, reason in KINDS:
        if any(isinstance(one, kind) for one in under):
            return reason
    for beginning, reason in BEGINNINGS:
        if any(str(one).startswith(beginning) for one in under):
            return reason
    return "unreached" if isinstance(error, exceptions.ConnectionError | OSError) else "other"


GARBLED: tuple[type[Exception], ...] = (
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    RecursionError,
    MemoryError,
)
"""What is raised where an answer has another form: the library takes a server at its word, and so do looks."""

KINDS: Sequence[tuple[type[BaseException], Reason]] = (
    (exceptions.BusyLoadingError, "loading"),
    (exceptions.MasterDownError, "primary"),
    (ssl.SSLError, "tls"),
    (exceptions.ReadOnlyError, "replica"),
    (exceptions.AskError, "cluster"),  # `MOVED` as well
    (exceptions.TryAgainError, "cluster"),
    (exceptions.ClusterDownError, "cluster"),
    (exceptions.ClusterCrossSlotError, "cluster"),
    (exceptions.NoPermissionError, "permission"),
    (exceptions.OutOfMemoryError, "full"),
    (exceptions.AuthenticationError, "password"),
    (exceptions.InvalidResponse, "garbled"),
    (socket.gaierror, "name"),
    (ConnectionRefusedError, "refused"),
    (exceptions.TimeoutError, "silent"),
    (TimeoutError, "silent"),
    *((kind, "garbled") for kind in GARBLED),
)

BEGINNINGS: Sequence[tuple[str, Reason]] = (
    ("max number of clients reached", "clients"),
    ("MASTERDOWN", "primary"),
    ("NOAUTH", "password"),
    ("WRONGPASS", "password"),
    ("MOVED ", "cluster"),
    ("CLUSTERDOWN", "cluster"),
    ("CROSSSLOT", "cluster"),
    ("BUSY ", "busy"),
    ("MISCONF ", "snapshot"),
    ("NOREPLICAS ", "replicas"),
    ("DENIED ", "protected"),
    ("unknown command", "not offered"),
    ("unknown subcommand", "not offered"),
)


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    while (under := error.__cause__ or error.__context__) is not None and len(found) < 10:  # noqa: PLR2004 # no circle
        found.append(under)
        error = under
    return found


def _brief(error: BaseException) -> str:
    """What was said, without what was asked: a server that knows no such command repeats what it was given."""
    said = str(error).partition(", with args beginning with")[0]
    return str(redact(brief(said, 200))).rstrip(".") or type(error).__name__
