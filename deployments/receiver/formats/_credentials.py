"""A shared secret in a header, for vendors that sign nothing: bearer token, basic auth, or a header of its own.

Such a secret proves who may send and nothing about the body, so it is for TLS only. Formats of vendors that sign do
not use this.
"""

from __future__ import annotations

import base64
import binascii

from pydantic import Field

from deployments.receiver.formats import Call, FormatOptions
from deployments.receiver.keys import Keys
from deployments.receiver.refusals import Refused, not_authentic


class CredentialOptions(FormatOptions):
    """Options of a format whose sender shows a secret. By default it is a bearer token."""

    secrets: list[str] = Field(min_length=1)
    user: str | None = None
    """With a user, the secrets are passwords of basic auth."""
    header: str | None = Field(None, pattern=r"^[A-Za-z0-9-]{1,64}$")
    """With a header, it holds the secret as it is, as API keys do."""


def check_credentials(call: Call, options: CredentialOptions, keys: Keys, remedy: str) -> None:
    """Compare what the call shows, in constant time, with the valid secrets. Raises Refused, 401, with that remedy."""
    if options.header is not None:
        presented = call.headers.get(options.header.lower(), "").strip().encode("latin-1")
        if not presented:
            raise not_authentic(f"The delivery has no {options.header} header.", remedy)
    else:
        presented = _authorization(call, options.user, remedy)
    if not matches(keys, presented):
        raise not_authentic("The delivery's credentials are wrong.", remedy)


def matches(keys: Keys, presented: bytes) -> bool:
    """Whether these bytes are a valid secret: in UTF-8 as senders write today, or in Latin-1 as HTTP once said."""
    return any([keys.match(presented), keys.match(presented.decode("latin-1").encode())])


def _authorization(call: Call, user: str | None, remedy: str) -> bytes:
    scheme, _, credentials = call.headers.get("authorization", "").partition(" ")
    if not credentials:
        raise not_authentic("The delivery carries no credentials.", remedy)
    presented = credentials.strip().encode("latin-1")  # the header's own bytes
    if user is not None:
        return _password(scheme, presented, user, remedy)
    if scheme.lower() != "bearer":
        raise not_authentic("The delivery's credentials are not a bearer token.", remedy)
    return presented


def _password(scheme: str, credentials: bytes, user: str, remedy: str) -> bytes:
    if scheme.lower() != "basic":
        raise not_authentic("The delivery's credentials are not basic auth.", remedy)
    try:
        name, _, password = base64.b64decode(credentials, validate=True).partition(b":")
    except binascii.Error:
        raise _no_base64(remedy) from None
    # A wrong name makes a password that matches nothing, in the same time as a wrong password.
    return password if name in {user.encode(), user.encode("latin-1", "replace")} else b"\x00" + password


def _no_base64(remedy: str) -> Refused:
    return not_authentic("The delivery's basic auth is not base64.", remedy)
