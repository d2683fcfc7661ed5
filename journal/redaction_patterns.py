"""What secrets and personal data look like in text. Used by `redaction`, in this order.

Each rule has a gate: lower-case fragments of which one must be present before the pattern is tried, because nearly all
text that passes holds nothing. Numbers are taken for a card or a national id only where a check digit, a telling word
or an unmistakable form says so; ordinary numbers, times and ids must survive.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

Replace = Callable[["re.Match[str]"], str]


def mark(what: str) -> str:
    return f"[redacted: {what}]"


@dataclass(frozen=True)
class Rule:
    """`replace` gets the match and returns what stands instead; by default the mark alone."""

    what: str
    gate: tuple[str, ...]
    """Lower-case fragments. Empty in the tuples that have a gate of their own."""
    pattern: re.Pattern[str]
    replace: Replace | None = None
    personal: bool = False

    def apply(self, text: str) -> str:
        return self.pattern.sub(self.replace or (lambda _: mark(self.what)), text)


_DIGITS: Final = re.compile(r"\d(?:[ .()-]{0,2}\d){8,}")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]?\d\d$")
_LONG: Final = re.compile(r"[A-Za-z0-9/+]{40}")


def has_number(text: str) -> bool:
    """The gate of `NUMBER_RULES`: nine digits come close together, and are no date and hour."""
    return any(not _DATE.match(found[0]) for found in _DIGITS.finditer(text))


def has_long_word(text: str) -> bool:
    """The gate of `LONG_RULES`."""
    return _LONG.search(text) is not None


def _after(what: str) -> Replace:
    """Keep group 1 (the name and the sign after it), mark the rest."""
    return lambda found: found[1] + mark(what)


def _quoted(what: str) -> Replace:
    """Like `_after`, keeping the quotes around the value."""

    def replace(found: re.Match[str]) -> str:
        value = found[2]
        quote = re.match(r"\\?[\"']", value)
        sign = quote[0] if quote else ""
        return f"{found[1]}{sign}{mark(what)}{sign}"

    return replace


def _basic(found: re.Match[str]) -> str:
    try:
        decoded = base64.b64decode(found[2] + "=" * (-len(found[2]) % 4), validate=True)
    except (binascii.Error, ValueError):
        return found[0]
    return found[1] + mark("credential") if b":" in decoded else found[0]


def _aws_secret(found: re.Match[str]) -> str:
    text = found[0]
    mixed = any(c.isupper() for c in text) and any(c.islower() for c in text) and any(c.isdigit() for c in text)
    return mark("secret") if mixed else text


def _digits(text: str) -> list[int]:
    return [int(c) for c in text if c.isdigit()]


def _card(found: re.Match[str]) -> str:
    digits = _digits(found[0])
    doubled = [d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(reversed(digits))]
    return mark("payment card") if sum(doubled) % 10 == 0 else found[0]


def _cpf(found: re.Match[str]) -> str:
    digits = _digits(found[0])
    for length in (9, 10):
        rest = sum(d * w for d, w in zip(digits, range(length + 1, 1, -1), strict=False)) * 10 % 11 % 10
        if rest != digits[length]:
            return found[0]
    return mark("national id")


def _cnp(found: re.Match[str]) -> str:
    digits = _digits(found[0])
    try:
        date(2000 + 10 * digits[1] + digits[2], 10 * digits[3] + digits[4], min(28, 10 * digits[5] + digits[6]))
    except ValueError:
        return found[0]
    day, county = 10 * digits[5] + digits[6], 10 * digits[7] + digits[8]
    rest = sum(d * w for d, w in zip(digits, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9), strict=False)) % 11
    right = rest % 10 + rest // 10 == digits[12]  # a remainder of ten counts as one
    return mark("national id") if right and day in _DAYS and county in _COUNTIES else found[0]


def _iban(found: re.Match[str]) -> str:
    text = found[0].replace(" ", "")
    value = int("".join(str(int(c, 36)) for c in text[4:] + text[:4]))
    return mark("bank account") if value % 97 == 1 else found[0]


def _phone(found: re.Match[str]) -> str:
    digits, text = len(_digits(found[0])), found[0]
    plain = text[1:].isdigit()
    return mark("phone") if digits in (_PLAIN_PHONE if plain else _SPACED_PHONE) else text


def _email(found: re.Match[str]) -> str:
    # Service accounts and template units have the form, but name machines and not people.
    return found[0] if found[0].lower().endswith(_MACHINES) else mark("e-mail")


_DAYS: Final = range(1, 32)
_COUNTIES: Final = range(1, 53)
_SPACED_PHONE: Final = range(9, 16)
_PLAIN_PHONE: Final = range(10, 16)
_MACHINES: Final = (".gserviceaccount.com", ".service", ".socket", ".timer", ".target", ".mount", ".slice", ".scope")
_ALONE: Final = r"(?<![\w.+/=-])"
_END: Final = r"(?![\w-]|\.\d)"
_VALUE: Final = (
    r"(?!\\?[\"']?\[redacted: )(?!(?:true|false|null|none)\b)"
    r"(\\\"[^\"\\]*\\\"|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|(?:[^\s,;&\"'\\<>]|,(?=[^\s\[]))+)"
)
_SIGN: Final = r"(?:\\?[\"'])?\s{0,3}(?:=>|:=|=|:)\s{0,3}"
_NAMED: Final = (
    r"(?:password|passwd|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|secret[_-]?key"
    r"|credentials?|requirepass|masterauth|x-amz-signature|x-amz-security-token)"
)
_SECRET_GATE: Final = (
    "passw",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "key",
    "credential",
    "requirepass",
    "masterauth",
    "x-amz-",
)


def _p(pattern: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(pattern, flags)


_I: Final = re.IGNORECASE

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "private key",
        ("private key",),
        _p(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)", re.DOTALL),
    ),
    # scheme://user:password@host. Not a port followed by a path; the password may hold an unescaped / or @.
    Rule(
        "password",
        ("://",),
        _p(r"(://[^\s:/?#@\[\]]*:)(?!\d{1,5}[/?#])(?!\[redacted: password\]@)[^\s\"'<>]+(?=@)"),
        _after("password"),
    ),
    Rule("token", ("://",), _p(r"(://)[\w-]{20,}(?=@)"), _after("token")),
    Rule(
        "credential",
        ("authorization",),
        _p(
            r"(authorization"
            + _SIGN
            + r"(?:\\?[\"'])?)(?!\[redacted: )(?=(?:bearer|basic|digest|token|apikey|negotiate"
            r"|aws4-hmac-sha256)\s|[^\s\"'\\]{12,})[^\r\n\"'\\]+",
            _I,
        ),
        _after("credential"),
    ),
    Rule("credential", ("basic ",), _p(r"\b(basic\s{1,3})([A-Za-z0-9+/]{6,}={0,2})", _I), _basic),
    Rule(
        "token",
        ("bearer ",),
        _p(r"\b(bearer\s{1,3})(?=[\w.~+/-]*\d|[\w.~+/-]{24})[\w.~+/-]{8,}=*", _I),
        _after("token"),
    ),
    Rule(
        "credential",
        ("cookie",),
        _p(r"(\b(?:set-)?cookie" + _SIGN + r"(?:\\?[\"'])?)(?!\[redacted: )(?=[^\s\"'\\=]+=)[^\r\n\"'\\]+", _I),
        _after("credential"),
    ),
    # After a colon it is part of an ARN (arn:…:secret:name), which names the secret and does not hold it.
    Rule(
        "secret",
        _SECRET_GATE,
        _p(r"((?<!:)" + _NAMED + _SIGN + r")" + _VALUE, _I),
        _quoted("secret"),
    ),
    Rule("secret", ("--",), _p(r"(--[\w-]{0,30}" + _NAMED + r"\s{1,3})(?!-)" + _VALUE, _I), _quoted("secret")),
    Rule(
        "password", ("password ",), _p(r"(\bpassword\s{1,3})((?!'\[redacted: )'(?:[^']|'')*')", _I), _quoted("password")
    ),
    Rule(
        "password",
        ("requirepass ", "masterauth "),
        _p(r"(\b(?:requirepass|masterauth)\s{1,3})(?!\[redacted: )\S+", _I),
        _after("password"),
    ),
    Rule("token", ("eyj",), _p(r"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*")),
    Rule("access key", ("akia", "asia", "abia"), _p(r"(?<![A-Za-z0-9])A(?:KIA|SIA|BIA)[A-Z0-9]{16}(?![A-Za-z0-9])")),
    Rule("api key", ("aiza",), _p(r"AIza[\w-]{35}")),
    Rule(
        "token",
        (
            "ghp_",
            "gho_",
            "ghu_",
            "ghs_",
            "ghr_",
            "github_pat_",
            "xox",
            "glpat-",
            "ya29.",
            "gocspx-",
            "k_live_",
            "k_test_",
            "sk-",
            "pnu_",
            "pnb_",
            "npm_",
            "sg.",
            "iqoj",
            "hooks.slack",
        ),
        _p(
            r"\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{22,}|\bxox[abeoprs]-[\w-]{10,}|\bglpat-[\w-]{20,}|\bya29\.[\w-]{20,}"
            r"|\bGOCSPX-[\w-]{20,}|\b[sr]k_(?:live|test)_\w{16,}|\bsk-[A-Za-z0-9_-]{20,}|\bpn[bu]_[A-Za-z0-9]{30,}"
            r"|\bnpm_[A-Za-z0-9]{36}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bIQoJ[A-Za-z0-9+/]{60,}={0,2}"
            r"|(?<=hooks\.slack\.com/services/)T\w+/B\w+/\w+"
        ),
    ),
    Rule(
        "e-mail",
        ("@",),
        # Right after // it is the user of an address without password, which says where something is.
        _p(r"(?<!//)(?<![\w.%+-])[\w.%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])"),
        _email,
        personal=True,
    ),
    Rule(
        "national id",
        ("ssn", "cpf", "cnp", "pesel", "bsn", "nino", "nhs", "mrn", "passport", "tax"),
        _p(
            r"(\b(?:ssn|cpf|cnp|pesel|bsn|nino|nhs|mrn|passport|tax[ _-]?id)\b(?:\\?[\"'])?"
            r"(?:\s(?:no\.?|number|nr\.?))?"
            r"\s{0,3}[:=#]?\s{0,3}(?:\\?[\"'])?)[A-Z]{0,2}\d(?:[ ./-]?\d){5,13}(?!\d)",
            _I,
        ),
        _after("national id"),
        personal=True,
    ),
)

LONG_RULES: Final[tuple[Rule, ...]] = (
    # An AWS secret key is 40 characters without any sign of its own; a SHA-1 is too, but lower-case.
    Rule("secret", (), _p(r"(?<![A-Za-z0-9/+=_.-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_.-])"), _aws_secret),
)

NUMBER_RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "payment card",
        (),
        _p(
            r"(?<![\w.])(?<!\d-)"
            r"(?:(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6(?:011|5\d\d|2\d\d|4[4-9]\d)|35[2-8]\d)(?:[ -]?\d{4}){3}"
            r"|3[47]\d\d[ -]?\d{6}[ -]?\d{5}|3(?:0[0-5]|[68]\d)\d[ -]?\d{6}[ -]?\d{4})" + _END
        ),
        _card,
        personal=True,
    ),
    Rule("national id", (), _p(_ALONE + r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}" + _END), personal=True),
    Rule("national id", (), _p(_ALONE + r"\d{3}\.\d{3}\.\d{3}-\d\d" + _END), _cpf, personal=True),
    Rule("national id", (), _p(r"(?<![\w.+/-])[1-8]\d{12}" + _END), _cnp, personal=True),
    Rule(
        "bank account",
        (),
        _p(r"(?<![\w-])[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])"),
        _iban,
        personal=True,
    ),
    Rule(
        "phone",
        (),
        _p(
            r"(?<![\w+/=.:-])(?:\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,12}(?:[ .-]\d{2,5}){0,4}"
            r"|\([2-9]\d{1,2}\) ?\d{3,5}[ .-]\d{4}|[2-9]\d\d-[2-9]\d\d-\d{4})" + _END
        ),
        _phone,
        personal=True,
    ),
)
