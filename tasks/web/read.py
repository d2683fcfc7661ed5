"""Looks at web services: whether one answers, how fast, with what status, and how long its certificate is good.

A service that does not answer is an answer too, but not every silence is: `Page.kind` says which it was. *Refused*
(nobody listens), *silent* (somebody accepts and says nothing), *broken* (hung up in the middle) and *untrusted* (its
certificate is not good) are the service's own; *unresolved* (no such name here) and *unreachable* (no way to its host)
say as much about the place we look from, so `Page.answers` raises `LookupError` for them: unknown, never "down".
"""

from __future__ import annotations

import codecs
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import httpx

from blocks.in_time import in_time
from journal import clock
from runbook import Facts, Permanent, look

BODY = 64 * 1024
"""Bytes of a page that are looked at; the rest is never fetched."""

PATIENCE = timedelta(seconds=5)
OUR_PLACE = frozenset({"unresolved", "unreachable"})

Kind = Literal["answered", "refused", "silent", "broken", "untrusted", "unresolved", "unreachable"]


class Page(Facts):
    """What came of one request. The body stays in the reader: `as_expected` tells whether it holds the text asked for.

    `latency` is milliseconds until the headers were there. `certificate_days` is how many days the certificate is
    still good for; nothing where the page is not HTTPS or its certificate was refused. Redirects are not followed.
    """

    host: str
    kind: Kind
    why: str = ""
    status: int | None = None
    latency: float | None = None
    size: int = 0
    complete: bool = True
    as_expected: bool = True
    certificate_days: float | None = None

    @property
    def answers(self) -> bool:
        """Whether it answers with a success and what was expected. Raises `LookupError` when that cannot be told."""
        if self.kind in OUR_PLACE:
            raise LookupError(f"{self.host} is {self.kind} from here ({self.why}), which may be this place's own fault")
        return self.kind == "answered" and self.status is not None and self.status < 300 and self.as_expected  # noqa: PLR2004 # HTTP's own

    def __str__(self) -> str:
        if self.kind != "answered":
            return f"{self.host}: {_SAID[self.kind]}" + (f" ({self.why})" if self.why else "")
        odd = "" if self.as_expected else ", but not with what was expected"
        good = "" if self.certificate_days is None else f", certificate good for {self.certificate_days:.0f} days"
        return f"{self.host} answered {self.status} in {self.latency:.0f} ms{odd}{good}"


_SAID: Mapping[Kind, str] = {
    "refused": "nobody listens",
    "silent": "somebody listens and does not answer",
    "broken": "it hung up in the middle",
    "untrusted": "its certificate is not trusted",
    "unresolved": "the name is not known here",
    "unreachable": "the host cannot be reached from here",
}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A page with what a reader needs to make its own facts of: headers, and the text within the bound."""

    page: Page
    headers: Mapping[str, str]
    text: str


@look("http:GET", bound=f"one page, {BODY // 1024} KiB, redirects not followed")
def read_page(url: str, *, expect: str = "", patience: timedelta = PATIENCE) -> Page:
    """Ask for one page. `expect` is a text that the body of a healthy answer holds.

    Raises `Permanent` only for an address that is none; whatever the service does is in `Page.kind`.
    """
    reply = ask(url, patience=patience)
    return reply.page.model_copy(update={"as_expected": expect in reply.text})


def ask(
    url: str,
    *,
    patience: timedelta,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    at_most: int = BODY,
) -> Reply:
    """One request of any reader or change; `at_most` bounds the body in bytes, `patience` each wait (see `in_time`)."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Permanent(f"{url} is not an address ({error}); correct the environment.") from error
    if address.scheme not in {"http", "https"} or not address.host:
        raise Permanent(f"{url} is not the address of a web service; correct the environment.")
    # The system's certificates, so that an authority of one's own counts once the machine trusts it; no proxy, since
    # these services are inside. They are read only where they count: that takes longer than most answers.
    context = ssl.create_default_context() if address.scheme == "https" else False
    seconds = patience.total_seconds()
    with (
        in_time(seconds) as limit,
        httpx.Client(verify=context, timeout=seconds, trust_env=False) as client,
    ):
        began = clock.monotonic()
        try:
            with client.stream(method, address, headers=headers, extensions=dict(limit.extensions)) as response:
                latency = (clock.monotonic() - began) * 1000
                days = _days_left(response)  # before the connection is closed, which forgets the certificate
                text, size, complete = _body(response, at_most, seconds)
        except (httpx.TransportError, httpx.DecodingError) as error:
            kind, why = ("silent", "it answers in drops") if limit.over else kind_of(error)
            return Reply(page=Page(host=address.host, kind=kind, why=why), headers={}, text="")
    page = Page(
        host=address.host,
        kind="answered",
        status=response.status_code,
        latency=latency,
        size=size,
        complete=complete and not limit.over,
        certificate_days=days,
    )
    return Reply(page=page, headers=response.headers, text=text)


def kind_of(error: httpx.RequestError) -> tuple[Kind, str]:
    """What kind of failure this was, told from the error at its root, and a few words about it."""
    root: BaseException | None = error
    while root is not None:
        if isinstance(root, ssl.SSLCertVerificationError):
            return "untrusted", root.verify_message
        for kind, cause, words in _ROOTS:
            if isinstance(root, cause):
                return kind, words
        root = root.__cause__ or root.__context__
    for kind, cause, words in _SHAPES:
        if isinstance(error, cause):
            return kind, words
    return "broken", type(error).__name__


_ROOTS: tuple[tuple[Kind, type[BaseException], str], ...] = (
    ("broken", ssl.SSLError, "it does not speak TLS"),
    ("unresolved", socket.gaierror, "DNS knows no address"),
    ("refused", ConnectionRefusedError, ""),
)

_SHAPES: tuple[tuple[Kind, type[httpx.TransportError], str], ...] = (
    ("unreachable", httpx.ConnectTimeout, "no connection in time"),
    ("unreachable", httpx.ConnectError, "no way to the host"),
    ("silent", httpx.TimeoutException, "no answer in time"),
)


def _body(response: httpx.Response, at_most: int, seconds: float) -> tuple[str, int, bool]:
    """Text, size, and whether that was all, within the bounds on size and on time: a body may come in drops."""
    read, deadline = bytearray(), clock.monotonic() + seconds
    for part in response.iter_bytes():  # as it comes: pieces of one size would be waited for
        read += part
        if len(read) > at_most or clock.monotonic() > deadline:
            return _text(read[:at_most], response), min(len(read), at_most), False
    return _text(read, response), len(read), True


def _text(read: bytearray, response: httpx.Response) -> str:
    """By the mark at its beginning, else by what the answer says of itself, else as UTF-8; a mark is no text."""
    marked = next((name for mark, name in _MARKS if read.startswith(mark)), None)
    try:
        return read.decode(marked or response.charset_encoding or "utf-8", errors="replace")
    except LookupError:  # an encoding that nobody knows
        return read.decode(errors="replace")


_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def _days_left(response: httpx.Response) -> float | None:
    stream = response.extensions.get("network_stream")
    tls: ssl.SSLObject | None = stream.get_extra_info("ssl_object") if stream is not None else None
    certificate = tls.getpeercert() if tls is not None else None
    if not certificate:
        return None
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    return (ends - clock.now()) / timedelta(days=1)
