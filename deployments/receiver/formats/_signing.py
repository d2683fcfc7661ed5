"""Signatures and times that several formats check: HMAC-SHA256 in hexadecimal, Standard Webhooks, the time window."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from deployments.receiver.formats import Call
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import not_authentic

EARLY = timedelta(minutes=5)
"""How far a vendor's clock may be ahead of ours."""

AT_MOST = 8
"""Signatures that are looked at in one delivery; more is no rotation any more."""

_STANDARD = "Sign `<webhook-id>.<webhook-timestamp>.<body>` with the receiver's secret, as Standard Webhooks says."
_PUBLIC_KEY = 32


def hex_signed(keys: Keys, content: bytes, given: Sequence[str]) -> bool:
    """Whether one of the signatures is the HMAC-SHA256 of the content, in hexadecimal, by a valid secret."""
    return _among((hmac.new(key, content, hashlib.sha256).hexdigest() for key in keys.current()), given)


def in_time(at: datetime, call: Call, window: timedelta, remedy: str) -> None:
    """Refuse, with 401, a delivery that was sent longer ago than the window, or that comes from the future."""
    ago = call.now - at
    if ago < -min(EARLY, window):
        raise not_authentic(
            f"The delivery says that it was sent {_words(-ago)} from now.", "Check both clocks, this machine's first."
        )
    if ago > window:
        raise not_authentic(f"The delivery was sent {_words(ago)} ago; {_words(window)} are allowed.", remedy)


def seconds(stamp: str, header: str) -> datetime:
    """A header's Unix seconds as a time. Raises Refused."""
    if not re.fullmatch(r"[0-9]{1,11}", stamp):
        raise not_authentic(f"The delivery's {header} is not a number of seconds.", "Send Unix seconds.")
    return datetime.fromtimestamp(int(stamp), tz=UTC)


def standard_webhook(call: Call, keys: Keys, tolerance: timedelta) -> None:
    """Refuse a sending that is not signed by the rules of Standard Webhooks, wrongly signed, too old or too early.

    `v1` is HMAC-SHA256; a secret that begins with `whpk_` is an Ed25519 public key and checks `v1a`.
    """
    given = call.headers.get("webhook-signature", "").split()[:AT_MOST]
    message, stamp = call.headers.get("webhook-id", ""), call.headers.get("webhook-timestamp", "")
    if not (given and message and stamp):
        raise not_authentic("The delivery is not signed.", _STANDARD)
    content = f"{message}.{stamp}.".encode("latin-1") + call.body  # the header's bytes, whatever they mean
    if not any([_proves(key, content, given) for key in keys.current()]):  # noqa: C419  (no early end)
        raise not_authentic("The delivery's signature is wrong.", _STANDARD)
    in_time(standard_time(call), call, tolerance, "Sign it again with a fresh timestamp; check both clocks.")


def standard_time(call: Call) -> datetime:
    """When this sending was signed, by its own word. Raises Refused."""
    return seconds(call.headers["webhook-timestamp"], "webhook-timestamp")


def _proves(key: bytes, content: bytes, given: Sequence[str]) -> bool:
    if (public := _decoded(key, b"whpk_")) is not None:
        return len(public) == _PUBLIC_KEY and any([_ed25519(public, content, one) for one in given])  # noqa: C419 # always all
    secret = _decoded(key, b"whsec_") or key  # an empty key would sign for anybody
    return _among(["v1," + base64.b64encode(hmac.digest(secret, content, hashlib.sha256)).decode()], given)


def _ed25519(public: bytes, content: bytes, given: str) -> bool:
    version, _, signature = given.partition(",")
    if version != "v1a":
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signature, validate=True), content)
    except (InvalidSignature, ValueError):  # base64's error is a ValueError
        return False
    return True


def _decoded(key: bytes, prefix: bytes) -> bytes | None:
    if not key.startswith(prefix):
        return None
    try:
        return base64.b64decode(key.removeprefix(prefix), validate=True)
    except binascii.Error:
        return None


def _among(mine: Iterable[str], given: Sequence[str]) -> bool:
    # As bytes: a header may hold any Latin-1 letter, which `compare_digest` refuses in text.
    return any([hmac.compare_digest(a.encode(), b.encode()) for a in mine for b in given])  # noqa: C419 # always all


def _words(span: timedelta) -> str:
    return (
        f"{span.total_seconds():.0f} s"
        if span < timedelta(minutes=2)
        else str(timedelta(seconds=int(span.total_seconds())))
    )
