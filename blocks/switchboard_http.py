"""How a switchboard is asked: one bounded request, and each way of not answering as one of our two words.

No redirect is followed, because the token would follow it. What is no JSON is no answer, whatever its status says.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, cast

import httpx

from blocks.in_time import in_time
from journal import clock
from journal.facts.seen import Check
from journal.facts.words import Answer
from journal.wording import brief
from runbook import Drifted, NotSafe, Permanent, SlowDown, Temporary

if TYPE_CHECKING:
    from blocks.switchboard import Switchboard

CONTRACT = "codeblue.switchboard/1"
BOUND = 64 * 1024
"""Bytes of an answer."""

SAID, NAMED = 200, 100
"""Letters of a sentence and of a name that its server has written."""

DONE, OWN_ERROR = frozenset({200, 201, 202}), 500
"""HTTP statuses of what was done, and from which on an error is the server's own: the same request may succeed."""

Method = Literal["GET", "PUT", "POST", "DELETE"]


class NotThere(Permanent):
    """The switchboard knows no such switch, task or plan; never the same as one that is off."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What came back: `body` where it was a JSON object; `odd` says in a few words why it was none."""

    status: int
    body: Mapping[str, Any]
    odd: str = ""

    @property
    def says(self) -> str:
        """The server's own sentence about a refusal, on one line and not too long."""
        return brief(str(self.body.get("says", "")), SAID) or f"status {self.status}"


def request(
    url: str,
    *,
    patience: timedelta,
    headers: Mapping[str, str],
    method: Method = "GET",
    body: Mapping[str, Any] | None = None,
    who: str = "The switchboard",
    at_most: int = BOUND,
) -> Heard:
    """One request, of `who` is asked. At most so many bytes are read.

    Raises `Temporary` when nothing answers in time, `Permanent` for a certificate that is not good.
    """
    seconds = patience.total_seconds()
    context = ssl.create_default_context() if url.startswith("https:") else False  # reading them takes time
    try:
        host = httpx.URL(url).host
    except httpx.InvalidURL as error:
        raise Permanent(f"{who} has no address that can be used ({error}); correct its block.") from error
    deadline, read, status = clock.monotonic() + seconds, bytearray(), 0
    try:
        with (
            in_time(seconds) as limit,
            httpx.Client(verify=context, timeout=seconds, trust_env=False) as client,
            client.stream(
                method,
                url,
                headers=dict(headers),
                json=None if body is None else dict(body),
                extensions=dict(limit.extensions),
            ) as answer,
        ):
            status = answer.status_code
            for part in answer.iter_bytes():  # as it comes: pieces of one size would be waited for
                read += part
                if len(read) > at_most or clock.monotonic() > deadline or limit.over:
                    return Heard(status=status, body={}, odd="more than is read, or too slowly")
    except httpx.DecodingError:
        return Heard(status=status, body={}, odd="what calls itself compressed and is not")
    except httpx.TransportError as error:
        raise _unanswered(error, f"{who} {host}") from error
    return _heard(answer, bytes(read))


def _unanswered(error: httpx.TransportError, who: str) -> Temporary | Permanent:
    """Why nothing was answered; a certificate that is not good does not become so by trying again."""
    root: BaseException | None = error
    while root is not None:
        if isinstance(root, ssl.SSLCertVerificationError):
            return Permanent(
                f"{who} has a certificate that is not trusted here ({root.verify_message}); renew it, or have this"
                " machine trust its authority."
            )
        root = root.__cause__ or root.__context__
    return Temporary(f"{who} does not answer ({type(error).__name__}); check address and network.")


def _heard(answer: httpx.Response, read: bytes) -> Heard:
    status, kind = answer.status_code, answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if answer.is_redirect:
        return Heard(status=status, body={}, odd="a redirect, which is not followed because the token would follow it")
    if kind != "application/json":
        return Heard(status=status, body={}, odd=f"{brief(kind, NAMED) or 'nothing that says what it is'} and not JSON")
    try:
        found = json.loads(read)
    except (ValueError, RecursionError):  # brackets within brackets
        return Heard(status=status, body={}, odd="what calls itself JSON and is none")
    if not isinstance(found, dict):
        return Heard(status=status, body={}, odd="JSON that is no object")
    return Heard(status=status, body=cast("dict[str, Any]", found))


def told(
    board: Switchboard,
    path: str,
    headers: Mapping[str, str],
    *,
    method: Method = "GET",
    body: Mapping[str, Any] | None = None,
) -> Mapping[str, Any]:
    """What the switchboard answers to one request that it does. Raises one of our errors for all others."""
    heard = request(board.at(path), patience=board.patience, headers=headers, method=method, body=body)
    asked = f"{method} {path.partition('?')[0]}"
    if heard.odd:
        if heard.status >= OWN_ERROR:
            raise Temporary(f"The switchboard answered {asked} with status {heard.status} and may do better soon.")
        raise Permanent(
            f"The switchboard answered {asked} with {heard.odd} (status {heard.status}); correct its address, or what"
            " stands before it."
        )
    if heard.status in DONE:
        return heard.body
    raise _refusal(heard, asked, path.partition("?")[0].strip("/"))


def _refusal(heard: Heard, asked: str, what: str) -> Temporary | Permanent:  # noqa: PLR0911 # one for each status
    """What a status other than a success means to us."""
    match heard.status:
        case 401:
            return Permanent("The switchboard does not know our token; save one that it knows in its block.")
        case 403:
            return Permanent(f"The switchboard does not let this token {asked}; have its owner allow that.")
        case 404:
            return NotThere(f"The switchboard knows no {what}; correct the environment.")
        case 412:
            return Drifted(f"It was changed since this was planned, and nothing was done: {heard.says} Plan again.")
        case 422:
            return NotSafe(f"The switchboard refuses this: {heard.says}")
        case 429:
            return SlowDown("The switchboard asks to slow down (status 429).")
        case status if status >= OWN_ERROR:
            return Temporary(f"The switchboard answered {asked} with status {status} and may do better soon.")
        case status:
            return Permanent(f"The switchboard refused {asked} (status {status}): {heard.says}")


def identity_of(board: Switchboard, headers: Mapping[str, str]) -> str:
    """Whose token this is, as the switchboard has it. Raises `Permanent` where another contract is kept there."""
    found = told(board, "/", headers)
    if found.get("contract") != CONTRACT:
        raise Permanent(f"What answers at {board.url} keeps another contract than {CONTRACT}; correct the address.")
    return brief(str(found.get("identity")), NAMED)


def first_look(board: Switchboard) -> Check:
    """Whether the reading token can look, and cannot do more."""
    name = f"switchboard {httpx.URL(board.url).host}"
    try:
        found = identity_of(board, board.reading())
    except (Temporary, Permanent) as blind:
        return Check(name=name, answer=Answer.UNKNOWN, text=str(blind))
    if found != "reading":
        text = "The reading token may change things, too: have its owner give one that may only look."
        return Check(name=name, answer=Answer.NO, text=text)
    return Check(name=name, answer=Answer.YES, text="The reading token can look.")
