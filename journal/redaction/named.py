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
from journal.redaction.shapes import chosen, harmless, made, modal, random, sown, speech

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
    r"(?P<sign>:\s{0,2}[&*]?(?:'static )?[A-Za-z][\w.<>?\[\] |]{0,30}\s{0,2}=\s{0,2}(?=[\"'`])|[ \t]{0,3}(?::=|=>|->|===?|!=|\+=|=|:(?![:/]))\s{0,3}|\\*[\"'`](?:\s{0,2},|\s{1,2}\d{1,3}\))\s{0,2}(?=\\*[\"'`])|\((?=[\"'`]))"
)
_CDATA: Final = r"(?:\s{0,40}<!\[CDATA\[)?"
_ELEMENT: Final = re.compile(
    rf"<(?:[\w-]+:)?(?P<key>[A-Za-z][\w.-]{{0,80}})(?:\s[^<>]{{0,200}})?>{_CDATA}(?P<x>[^<]{{1,2000}}?)(?:\]\]>\s{{0,40}})?</"
)
_PAIR: Final = re.compile(
    r"(?:(?:\b|(?<=[a-z_-]))(?:name|key|field|param|header|option|variable)|\bvar|\bk)\\*[\"']?\s{0,2}(?:[:=]|=>)\s{0,2}(?P<q>\\*[\"']?)(?P<key>[\w.-]{1,80})"
    r"\\*[\"']?[\s,;]{0,40}[^\n]{0,60}?\s{0,40}(?:-\s)?\\*[\"']?(?:(?:\b|(?<=[a-z_-]))value|\b(?:val|v|content|data|default))\\*[\"']?\s{0,2}(?:[:=]|=>)\s{0,3}",
    re.IGNORECASE,
)
_PLIST: Final = re.compile(
    r"(?:<(?:[\w-]+:)?(?:[\w-]*name|key|id|k)>\s{0,20}(?P<key>[\w. -]{1,80})\s{0,20}</[\w:-]{1,80}>\s{0,80}<(?:[\w-]+:)?[\w-]+(?:\s[^<>]{0,80})?>|<\w+\s[^<>]{0,80}?\b(?:name|key|id)=[\"'](?P<named>[\w.-]{1,80})[\"'][^<>]{0,80}>)"
    rf"{_CDATA}(?P<x>[^<]{{1,2000}}?)(?:\]\]>\s{{0,40}})?<",
    re.IGNORECASE,
)
_DECORATED: Final = re.compile(
    r"(?<![\w.-])(?P<key>[A-Za-z][\w-]{1,40}(?: [A-Za-z]{3,10})?):?(?:\.{2,40}|\u2192|-->?|\||\]|\*{1,2}:?|_{2}:?|</\w{1,8}>:?(?:\s{0,20}<[^<>]{1,80}>){0,3})"
    r"\s{0,5}[`\"']?(?P<x>[^\s`\"'<>|\[\]\ue000]{6,200})"
)
_PART: Final = re.compile(
    r"\bname=\\*\"?(?P<key>[\w.-]{1,80})\\*\"?(?:;[^\r\n]{0,200})?\r?\n(?:[\w-]{1,40}:[^\r\n]{0,200}\r?\n){0,4}\r?\n(?P<x>[^\r\n]{1,2000})"
)
"""A field of a form that is sent in parts."""
_OPTION: Final = re.compile(r"(?<![\w-])--?(?P<key>[A-Za-z][\w.-]{1,60})[ \t]{1,3}(?![-|>&;])")
_QUOTE: Final = re.compile(r"(\\*)(\"\"\"|\'\'\'|[\"'`])")
_BARE: Final = re.compile(
    r"(?:[^\s,;&\"'`\\<>)\]}|]|\\(?![nrt\"'\\/ux])|[,;&|)\]}](?=[^\s,;&\"'\\<>=:)\]}]+(?![\w.-]*\s?[=:])))+"
)
_SCALAR: Final = re.compile(r"[|>][+-]?\d?[+-]?[ \t]*\r?\n(?P<in>[ \t]+)(?P<x>[^\s][^\n]*(?:\n(?P=in)[^\s][^\n]*)*)")
"""A text of its own lines, as YAML has them."""
_WITHIN: Final = re.compile(
    r"\{\s{0,20}(?:\\*[\"']?\w{1,30}\\*[\"']?\s?[:=]\s?[^{}\n]{0,80}?,\s{0,20}){0,3}\\*[\"']?"
    r"(?:value|val|current|new|old|plaintext|data|default|secretString|S)\\*[\"']?\s{0,3}(?:[:=]|=>)\s{0,3}",
    re.IGNORECASE,
)
"""`"password": {"value": …`"""
_LEADING: Final = re.compile(r"\s{0,40}(?:value|val|current|plaintext|plain|default|data)\s?[:=]\s{1,3}", re.IGNORECASE)
_CHANGED: Final = re.compile(r"\\*[\"']?\s?(?:->|=>|→)\s?(?=\\*[\"'])")
_WRAPPED: Final = re.compile(
    r"(?![\w.:]{0,40}(?:\.|\b)(?:get|find|read|load|env|lookup|fetch)\w{0,20}\()(?:[a-zA-Z]{1,2}|@|(?:[\w.:]{0,40}(?:[Ss]tr(?:ing)?|[Ss]ecret\w{0,20}|[Bb]ytes|Some|Sensitive|Value|Password|Just|Ok|new|from)\((?:\d+\)\s)?))(?=\\*[\"'])"
)
"""What stands around a quoted value in a language that has a type for it: `b'…'`, `SecretStr('…')`, `string(9) "…"`."""
_NAMES_ANOTHER: Final = re.compile(r"\\*[\"'`]\s?[:=]")
_LISTED: Final = re.compile(r"[\[(]\s{0,3}(?=\\*[\"'])")
_BRACED: Final = re.compile(r"\{(?P<x>(?=[^{}]*[^\w{}])(?=[^{}]*\w)[^\s{}\"':,]{4,200})\}(?=;|\Z|\s)")
"""`PWD={…};`, as ODBC puts what may hold anything."""
_LINE: Final = re.compile(r"[^\r\n]*")
_A_KEY: Final = re.compile(r"[A-Za-z][\w.-]*:(?:\s|$)")
"""On the next line: what is above it names a part, and not this."""
_MANY: Final = re.compile(r"[^\n;|\"'<>]{1,200}")
_PERSONS: Final = re.compile(r"[^\n,;|\"'<>]{1,80}")
_PHRASE: Final = re.compile(
    r"\b(?P<key>(?:[a-z]+[ -]){0,2}(?:passwords?|passphrase|passcode|pwd|pw|psw|secret|token|api[ -]?key|access[ -]?key|pin|otp|kennwort"
    r"|passwort|parola|(?:verification|security|login|auth|access|backup|recovery|confirmation|one-time|sms|2fa|mfa)[ -]code|code de"
    r" (?:verificare|vérification)|key))(?P<mid>(?: (?:for|of|to|at|on|in)(?: (?:the|a|an|my|our|your|his|her))? [^\s,;]{1,60})?)"
    r"(?P<sign>\s{1,2}(?:is (?:now|still|just|probably|currently)|is|was|are|equals|has been set to|was set to|set to|changed to|reset to|ist|lautet|este|e)?:?\s{1,2}|\s{1,2})(?P<q>[\"'`]?)"
    r"(?P<x>[^\s\"'`,;]{3,200})",
    re.IGNORECASE,
)
_SIGNS: Final = 4
_TWO_SORTS: Final = re.compile(r"(?=.*\d)(?=.*[^\W\d_])|(?=.*\w)(?=.*[!@#$%^&*?+=~])")


def _value(text: str, at: int, kind: Kind, *, spaced: bool, quoted: bool, counted: bool = False) -> Place | None:
    """The value that begins there, with what it is; none when it gives nothing away."""
    if text[at : at + 1] in {"|", ">"} and (scalar := _SCALAR.match(text, at)):
        told = MASK not in scalar["x"] and tells(kind, scalar["x"].strip())
        return (*scalar.span("x"), kind.what) if told else None
    begin = _begin(text, at)
    quoted, spaced = quoted or text[at : at + 1] == "{" != text[begin : begin + 1], spaced or "\n" in text[at:begin]
    if (
        begin >= len(text)
        or text[begin] == MASK
        or ("\n" in text[max(0, begin - 12) : begin] and _A_KEY.match(text, begin))
    ):
        return None
    if quote := _QUOTE.match(text, begin):
        return _within_quotes(text, quote, kind)
    return _bare(text, begin, kind, sentence=spaced and not quoted, quoted=quoted, counted=counted)


def _begin(text: str, at: int) -> int:
    """Where the value itself begins, past what may stand around it: `{"value": …`, a list, a type."""
    if (text[at : at + 1] == "{" and (within := _WITHIN.match(text, at))) or (
        "\n" in text[max(0, at - 12) : at] and (within := _LEADING.match(text, at))
    ):
        at = within.end()
    if listed := _LISTED.match(text, at):
        at = listed.end()
    wrapped = _WRAPPED.match(text, at)
    return wrapped.end() if wrapped else at


def _bare(text: str, at: int, kind: Kind, *, sentence: bool, quoted: bool, counted: bool) -> Place | None:
    rest = _LINE.match(text, at) if sentence else None
    found = (_BARE if not kind.personal else _MANY if counted else _PERSONS).match(text, at)
    if found is None or (rest is not None and (modal if kind.personal else speech)(rest[0])):
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
        if found["sign"].strip() == ":" and " " not in key and text[max(0, found.start() - 1) : found.start()] == ":":
            continue  # arn:…:secret:name
        spaced = ":" in found["sign"] and found["sign"][-1:].isspace() and ":=" not in found["sign"]
        if text[found.start() - 1 : found.start()] == "/":
            kind = kind._replace(weak=False)  # `/pass:…`, an option of Windows
        elif kind.weak and found["sign"] == ":" and not quoted and not made(_word_at(text, found.end())):
            continue
        place = _value(text, found.end(), kind, spaced=spaced, quoted=quoted, counted=key.endswith("s"))
        if place and not ("," in found["sign"] and _NAMES_ANOTHER.match(text, place[1])):
            yield place
            at = max(at, place[0])
            changed = _CHANGED.match(text, place[1])
            if changed and (place := _value(text, changed.end(), kind, spaced=False, quoted=True)):
                yield place


def _word_at(text: str, at: int) -> str:
    return "".join(text[at : at + 80].split(None, 1)[:1])


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


def _decorated(text: str) -> Iterator[Place]:
    """Name and value as people set them: `**Password:** …`, `<td>Token</td><td>…`, `password → …`."""
    for found in _DECORATED.finditer(text):
        kind, said = kind_of(found["key"]), found["x"].rstrip(".,;")
        if kind and not (kind.weak or kind.personal) and _TWO_SORTS.search(said) and tells(kind, said):
            yield found.start("x"), found.start("x") + len(said), kind.what


def _form_fields(text: str) -> Iterator[Place]:
    for found in _PART.finditer(text):
        kind = kind_of(found["key"])
        if kind and MASK not in found["x"] and tells(kind, found["x"]):
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
        named = kind_of(key) if key.endswith("key") else None
        if key.endswith("key") and (named is None or (named.weak and " " in key)):
            continue  # a partition key, a public one
        verb = found["sign"].strip(" :")
        digits_do = (verb and re.search(r"pin|otp|code", key)) or re.search(
            r"(?:verification|security|one-time|sms|2fa|mfa|login|access|confirmation|auth)[ -]code|\botp|\bpin", key
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


def _beside(text: str) -> Iterator[Place]:
    """A name and a value with nothing but space between them: `bindpw …`, `client_secret …`, `railway token …`."""
    for found in _ODD_WORD.finditer(text):
        kind = _named_before(text, found.start())
        said = found["x"].rstrip(".,;:)!?")
        if kind is None or kind.personal or harmless(said):
            continue
        if (
            made(said)
            or (chosen(said) and kind.what != words.KEY)
            or (not kind.weak and (random(said, 12) or sown(said, 16) or _PLAIN_KEY.fullmatch(said)))
        ):
            yield found.start("x"), found.start("x") + len(said), kind.what


def _named_before(text: str, at: int) -> Kind | None:
    """What the word before that place says; a verb, an arrow or one digit may stand between."""
    before = text[max(0, at - _FAR) : at].rsplit(None, 2)
    if len(before) > 1 and before[-1] in _BETWEEN:
        before.pop()
    name = before[-1].strip("\"'") if before else ""
    return kind_of(name) if _NAME.fullmatch(name) else None


_ODD_WORD: Final = re.compile(
    r"[ \t][\"']?(?P<x>(?=[^\s\"'`,;<>|(){}\[\]]{0,60}\d)[^\s\"'`,;<>|(){}\[\]\ue000]{8,400})"
)
_FAR: Final = 90
_BETWEEN: Final = frozenset(["is", "was", "=>", "->", *"0123456789"])
_NAME: Final = re.compile(r"[A-Za-z][\w.-]{1,60}")
_PLAIN_KEY: Final = re.compile(r"[0-9a-fA-F]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

NAMED: Final[tuple[Rule, ...]] = (
    Rule(find=_assigned, gate=GATE),
    Rule(find=_pairs, gate=("value", "val", "content", "default")),
    Rule(find=_elements, gate=("</",)),
    Rule(find=_beside, gate=GATE),
    Rule(find=_decorated, gate=GATE, opens=re.compile(r"[.*|\]>_\u2192][.*_:\s<`]{0,3}[^\s.*_|<]")),
    Rule(find=_form_fields, gate=("form-data",)),
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
