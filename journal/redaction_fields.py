"""Which names of fields say that their value is secret or personal, whatever it looks like. Used by `redaction`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_SECRET: Final = {
    **dict.fromkeys(("password", "passwords", "passwd", "pwd", "passphrase", "passcode"), "password"),
    **dict.fromkeys(("requirepass", "masterauth", "pgpassword"), "password"),
    **dict.fromkeys(("secret", "secrets", "credential", "credentials", "apikey", "otp", "totp"), "secret"),
    **dict.fromkeys(("token", "tokens", "jwt", "authtoken", "accesstoken"), "token"),
    **dict.fromkeys(("authorization", "cookie", "cookies"), "credential"),
}
_KEYS: Final = frozenset({"api", "access", "private", "secret", "signing", "encryption", "auth", "account", "shared"})
"""`<one of these> key` is secret; a plain `key` is not."""
_LONGEST: Final = 200
"""Names beyond this are no names."""
_CARRIERS: Final = frozenset({"value", "string", "binary", "text", "hash", "base64", "plaintext", "header"})
"""`secret string`, `password hash`: still the secret. `secret name`, `secret arn`, `token count` are not."""
_NOT_SECRET: Final = frozenset({"next", "page", "continuation", "max", "min", "num", "pagination", "start", "starting"})
"""`next token` is a page mark of an API."""
_PERSONAL: Final = {
    **dict.fromkeys(("phone", "telephone", "mobile", "msisdn"), "phone"),
    **dict.fromkeys(("email", "mail"), "e-mail"),
    **dict.fromkeys(("ssn", "cpf", "cnp", "pesel", "bsn", "nino"), "national id"),
    **dict.fromkeys(("patient", "surname", "diagnosis", "mrn", "dob", "birthdate", "birthday", "passport"), "personal"),
}
_PERSONAL_PAIRS: Final = {
    ("phone", "number"): "phone",
    ("mobile", "number"): "phone",
    ("email", "address"): "e-mail",
    ("card", "number"): "payment card",
    ("nhs", "number"): "national id",
    ("tax", "id"): "national id",
    ("national", "id"): "national id",
    ("passport", "number"): "national id",
    **dict.fromkeys(
        (
            *((who, "name") for who in ("first", "last", "full", "given", "family", "middle", "patient", "maiden")),
            ("patient", "id"),
            ("of", "birth"),
            ("birth", "date"),
            ("street", "address"),
            ("home", "address"),
            ("record", "number"),
        ),
        "personal",
    ),
}


def secret_in(field: str, value: Any) -> str | None:
    """What kind of secret the value of this field is, for its mark; `None` if the name says nothing.

    A boolean or an empty value gives nothing away, and a number under a plural (`tokens: 1500`) is a count.
    """
    if value is None or isinstance(value, bool) or value in ("", [], {}, ()):
        return None
    what = _kind(field)
    if what is not None and isinstance(value, int | float) and field.rstrip("_").endswith("s"):
        return None
    return what


@lru_cache(maxsize=4096)
def _kind(field: str) -> str | None:
    words = [word.lower() for word in _WORD.findall(field)] if len(field) <= _LONGEST else []
    if not words:
        return None
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _CARRIERS and before:
        kind_of_key = "secret" if before == "key" and not _KEYS.isdisjoint(words[-3:-2]) else None
        return _SECRET.get(before) or kind_of_key
    if last in _SECRET:
        return None if before in _NOT_SECRET else _SECRET[last]
    if last == "key" and before in _KEYS:
        return "secret"
    return _PERSONAL.get(last) or _PERSONAL_PAIRS.get((before, last))
