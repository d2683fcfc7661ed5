"""Accounts with keys of their own, tokens that end, and which permission each holds on what."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from journal import clock
from sandbox.google.refused import Refused

GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LASTS: Final = timedelta(hours=1)


@dataclass(kw_only=True)
class Account:
    """A service account. `allowed` are permissions by resource, whose name may have a `*`."""

    email: str
    private: rsa.RSAPrivateKey = field(repr=False)
    allowed: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def may(self, permission: str, on: Iterable[str]) -> bool:
        """Whether it holds a permission on one of these: a resource, and what is above it."""
        resources = tuple(on)
        return any(
            permission in held and any(fnmatchcase(one, pattern) for one in resources)
            for pattern, held in self.allowed.items()
        )

    def key(self, token_uri: str) -> dict[str, str]:
        """The JSON key that Google would give for it."""
        pem = self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": self.email.partition("@")[2].partition(".")[0],
            "private_key_id": "practice",
            "private_key": pem.decode(),
            "client_email": self.email,
            "client_id": "1",
            "token_uri": token_uri,
        }


class Accounts:
    """The accounts of a project, and the tokens they were given."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self.skewed = False
        """Whether whoever signs a claim has a clock that differs from Google's."""

    def add(self, email: str, allowed: Mapping[str, Iterable[str]] | None = None) -> Account:
        """An account that holds these permissions, by resource."""
        held = {on: set(names) for on, names in (allowed or {}).items()}
        self._accounts[email] = Account(email=email, private=_private(email), allowed=held)
        return self._accounts[email]

    def of(self, email: str) -> Account:
        return self._accounts[email]

    def let_in(self, form: Mapping[str, str]) -> dict[str, Any]:
        """A token for a claim that an account has signed. Raises `Refused` for any other."""
        if form.get("grant_type") != GRANT:
            raise Refused(400, "unsupported_grant_type")
        return {
            "access_token": self.token(self._signed(form.get("assertion", ""))),
            "expires_in": 3600,
            "token_type": "Bearer",
        }

    def token(self, email: str) -> str:
        made = f"ya29.{secrets.token_urlsafe(32)}"
        self._tokens[made] = (email, clock.now() + LASTS)
        return made

    def who(self, header: str) -> Account:
        """Whose token a request shows. Raises `Refused` for none, for one that is not known, and for one that ended."""
        scheme, _, shown = header.partition(" ")
        if scheme.lower() != "bearer" or not shown:
            raise Refused(401, "The request shows no token.", reason="CREDENTIALS_MISSING")
        email, until = self._tokens.get(shown, ("", clock.now()))
        if email not in self._accounts or until <= clock.now():
            raise Refused(401, "The token of the request is not known, or has ended.", reason="ACCESS_TOKEN_EXPIRED")
        return self._accounts[email]

    def _signed(self, assertion: str) -> str:
        """The account that has signed a claim."""
        try:
            head, body, signature = assertion.split(".")
            claim = json.loads(_decoded(body))
            account = self._accounts[claim["iss"]]
            public = account.private.public_key()
            public.verify(_decoded(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
        except (ValueError, KeyError, TypeError, InvalidSignature) as error:
            raise Refused(400, "invalid_grant") from error
        if self.skewed:
            raise Refused(400, "invalid_grant", reason="Invalid JWT: iat and exp are not in a reasonable timeframe.")
        return account.email


@cache
def _private(_email: str) -> rsa.RSAPrivateKey:
    """The key of an account; making one takes a fifth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
