"""Values whose name says what they are, in any syntax: `password=…`, `"apiKey": "…"`, `<dbPass>…`, `--token …`.

The name is found by its sign, whatever it is, and judged by `fields`; so a new name needs no new pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from journal.redaction import field_words as words
from journal.redaction.fields import Kind, kind_of, tells
from journal.redaction.rule import MASK, Place, Rule
from journal.redaction.shapes import harmless, speech

GATE: Final = tuple(
    {one[:7] for names in (words.SECRET, words.WEAK, words.PERSONAL, *words.PAIRS.values()) for one in names}
    | {one[:7] for names in (*words.ABROAD.values(), words.ABROAD_WEAK) for one in names.split()}
    | {
    "pass", "pwd", "secret", "token", "key", "cred", "auth", "sess", "cookie", "pin", "otp", "cvv", "cvc", "csc", "ssn",
    "iban", "jwt", "sid", "sig", "salt", "seed", "mnemonic", "nonce", "csrf", "xsrf", "bearer", "login", "kennwort", "parol",
    "contrase", "senha", "mdp", "wachtwoord", "has", "phone", "mobile", "tel", "mail", "mrn", "dob", "birth", "patient",
    "surname", "name", "cpf", "cnp", "pesel", "bsn", "nino", "nhs", "tax", "passport", "national", "aadha", "dni", "nie",
    "insurance", "license", "licence", "account", "routing", "sort", "card", "pan", "address", "pw", "mfa", "code", "pat",
    "sas", "requirepass", "masterauth", "geburt", "steuer", "fiscal", "record", "fax", "whatsapp", "handy", "密码", "пароль",
    "curp", "sin", "tfn", "diagnosis", "security", "psw", "geheim", "x-amz-",
}
)  # fmt: skip

_ASSIGNED: Final = re.compile(
    r"(?:(?<![\w.$@/])|(?<=[\s(,][/@$])|(?<=^[@$]))(?P<quote>\\*[\"'`]?)(?P<key>[^\W\d][\w.$-]{0,120}(?: [A-Za-z]{2,12}){0,2}?)(?P<shut>\\*[\"'`]?\]?)"
    r"(?P<sign>:\s{0,2}[&*]?(?:'static )?[A-Za-z][\w.<>?\[\] |]{0,30}\s{0,2}=\s{0,2}(?=[\"'`])|[ \t]{0,3}(?::=|=>|->|===?|!=|\+=|=|:(?![:/]))\s{0,3}|\\*[\"'`]\s{0,2},\s{0,2}(?=\\*[\"'`])|\((?=[\"'`]))"
)
_ELEMENT: Final = re.compile(r"<(?:[\w-]+:)?(?P<key>[A-Za-z][\w.-]{0,80})(?:\s[^<>]{0,200})?>(?P<x>[^<]{1,2000})</")
_PAIR: Final = re.compile(
    r"\b(?:name|key|field|param|header|option|variable|var|k)\\*[\"']?\s{0,2}(?:[:=]|=>)\s{0,2}(?P<q>\\*[\"']?)(?P<key>[\w.-]{1,80})"
    r"\\*[\"']?[\s,;]{0,40}[^\n]{0,60}?\s{0,40}(?:-\s)?\\*[\"']?\b(?:value|val|v|content|data|default)\\*[\"']?\s{0,2}(?:[:=]|=>)\s{0,3}",
    re.IGNORECASE,
)
_PLIST: Final = re.compile(
    r"(?:<key>(?P<key>[\w. -]{1,80})</key>\s{0,20}<string>|<\w+\s[^<>]{0,80}?\b(?:name|key|id)=[\"'](?P<named>[\w.-]{1,80})[\"'][^<>]{0,80}>)"
    r"(?P<x>[^<]{1,2000})<"
)
_OPTION: Final = re.compile(r"(?<![\w-])--?(?P<key>[A-Za-z][\w.-]{1,60})[ \t]{1,3}(?![-|>&;])")
_QUOTE: Final = re.compile(r"(\\*)(\"\"\"|\'\'\'|[\"'`])")
_BARE: Final = re.compile(
    r"(?:[^\s,;&\"'`\\<>)\]}|]|\\(?![nrt\"'\\/ux])|[,;&|)\]}](?=[^\s,;&\"'\\<>=:)\]}]+(?![\w.-]*\s?[=:])))+"
)
_LISTED: Final = re.compile(r"[\[(]\s{0,3}(?=\\*[\"'])")
_BRACED: Final = re.compile(r"\{(?P<x>(?=[^{}]*[^\w{}])(?=[^{}]*\w)[^\s{}\"':,]{4,200})\}(?=;|\Z|\s)")
"""`PWD={…};`, as ODBC puts what may hold anything."""
_LINE: Final = re.compile(r"[^\r\n]*")
_PERSONS: Final = re.compile(r"[^\n,;|\"'<>]{1,80}")
_PHRASE: Final = re.compile(
    r"\b(?P<key>(?:[a-z]+[ -]){0,2}(?:passwords?|passphrase|passcode|pwd|pw|psw|secret|token|api[ -]?key|access[ -]?key|pin|otp|kennwort"
    r"|passwort|parola|(?:verification|security|login|auth|access|backup|recovery|confirmation|one-time|sms|2fa|mfa)[ -]code|code de"
    r" (?:verificare|vérification)|key))(?P<mid>(?: for [^\s,;]{1,60}| of [^\s,;]{1,60}| to [^\s,;]{1,60})?)"
    r"(?P<sign>\s{1,2}(?:is now|is|was|are|equals|has been set to|was set to|set to|changed to|reset to|ist|lautet|este|e)?:?\s{1,2}|\s{1,2})(?P<q>[\"'`]?)"
    r"(?P<x>[^\s\"'`,;]{3,200})",
    re.IGNORECASE,
)
_SIGNS: Final = 4
_TWO_SORTS: Final = re.compile(r"(?=.*\d)(?=.*[^\W\d_])|(?=.*\w)(?=.*[!@#$%^&*?+=~])")


def _value(text: str, at: int, kind: Kind, *, spaced: bool, quoted: bool, counted: bool = False) -> Place | None:
    """The value that begins there, with what it is; none when it gives nothing away."""
    if listed := _LISTED.match(text, at):
        at = listed.end()
    if at >= len(text) or text[at] == MASK:
        return None
    if quote := _QUOTE.match(text, at):
        return _within_quotes(text, quote, kind)
    rest = _LINE.match(text, at) if spaced and not quoted else None
    found = (_PERSONS if kind.personal else _BARE).match(text, at)
    if found is None or (rest is not None and speech(rest[0])):
        return None
    said = found[0].rstrip() if kind.personal else found[0].rstrip(".:?!")
    said = said.partition(MASK)[0]
    if braced := _BRACED.match(text, at):
        return (*braced.span("x"), kind.what) if tells(kind, braced["x"]) else None
    asked = text.startswith("?", at + len(said))  # "Password: forgotten?"
    if asked or _empty(said) or (counted and said.isdigit()) or (not quoted and said.startswith(("{", "[", "("))):
        return None
    return (at, at + len(said), kind.what) if tells(kind, said) else None


def _within_quotes(text: str, quote: re.Match[str], kind: Kind) -> Place | None:
    shut = text.find(quote[0], quote.end())
    if not quote[1]:
        while shut > 0 and text[shut - 1] == "\\":
            shut = text.find(quote[0], shut + 1)
    end = shut if shut >= 0 else len(text)
    inner = text[quote.end() : end]
    told = not _empty(inner) and MASK not in inner and tells(kind, inner)
    return (quote.end(), end, kind.what) if told else None


def _empty(said: str) -> bool:
    """Whether it is nothing but the signs around a value: `-`, `')`."""
    return len(said) < _SIGNS and not any(map(str.isalnum, said))


def _assigned(text: str) -> Iterator[Place]:
    at = 0
    while found := _ASSIGNED.search(text, at):
        at = found.end("key")
        key, quoted = found["key"], bool(found["quote"] or found["shut"])
        kind = kind_of(key) or (kind_of(key.rpartition(" ")[2]) if " " in key else None)
        if kind is None or "!" in found["sign"]:
            continue
        if found["sign"].strip() == ":" and text[max(0, found.start() - 1) : found.start()] == ":":
            continue  # arn:…:secret:name
        spaced = ":" in found["sign"] and found["sign"][-1:].isspace() and ":=" not in found["sign"]
        if text[found.start() - 1 : found.start()] == "/":
            kind = kind._replace(weak=False)  # `/pass:…`, an option of Windows
        elif kind.weak and found["sign"] == ":":
            continue
        if place := _value(text, found.end(), kind, spaced=spaced, quoted=quoted, counted=key.endswith("s")):
            yield place
            at = max(at, place[0])


def _pairs(text: str) -> Iterator[Place]:
    for found in _PAIR.finditer(text):
        kind = kind_of(found["key"])
        if kind and (place := _value(text, found.end(), kind, spaced=False, quoted=True)):
            yield place


def _elements(text: str) -> Iterator[Place]:
    for pattern in (_ELEMENT, _PLIST):
        for found in pattern.finditer(text):
            names = found.groupdict()
            kind = kind_of(names.get("key") or names.get("named") or "")
            said = found["x"].strip()
            if kind and said and MASK not in said and tells(kind, said):
                yield *found.span("x"), kind.what


def _options(text: str) -> Iterator[Place]:
    for found in _OPTION.finditer(text):
        kind = kind_of(found["key"])
        if kind and not kind.personal and (place := _value(text, found.end(), kind, spaced=False, quoted=False)):
            yield place


def _spoken(text: str) -> Iterator[Place]:
    """`the password for ana is hunter2`: only what no word can be."""
    for found in _PHRASE.finditer(text):
        key, said = found["key"].lower(), found["x"].rstrip(".:)!?")
        if key.endswith("key") and not kind_of(key):
            continue
        verb = found["sign"].strip(" :")
        digits_do = (verb and re.search(r"pin|otp|code", key)) or re.search(
            r"(?:verification|security|one-time|sms|2fa|mfa|login)[ -]code|\botp|\bpin", key
        )
        numeric = said.isdigit() and (3 if "security" in key else 4) <= len(said) <= 8 and bool(digits_do)  # noqa: PLR2004 # as codes are long
        odd = (
            _TWO_SORTS.search(said) and not harmless(said) and not said.startswith(("/", "-", "(", "[", "http", "arn:"))
        )
        if MASK in said or not (numeric or (odd and not said.isdigit())):
            continue
        if (
            not verb
            and not found["q"]
            and not numeric
            and not key.endswith("code")
            and ("." in said or "-" in said or "/" in said or ":" in said)
        ):
            continue
        yield found.start("x"), found.start("x") + len(said), "secret"


NAMED: Final[tuple[Rule, ...]] = (
    Rule(find=_assigned, gate=GATE),
    Rule(find=_pairs, gate=("value", "val", "content", "default")),
    Rule(find=_elements, gate=("</",)),
    Rule(find=_options, opens=re.compile(r"-[A-Za-z]")),
    Rule(
        find=_spoken,
        gate=(
            "passw",
            "passphrase",
            "passcode",
            "pwd",
            "pw",
            "secret",
            "token",
            "key",
            "pin",
            "otp",
            "code",
            "kennwort",
            "parola",
        ),
    ),
)
