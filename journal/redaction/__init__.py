"""Keeping secrets and people out of the record: `redact` a value before it is stored, shown or sent.

`Journal.append` and the inbox call it on everything; documents, artifacts and notifications are built from what came
through. `journal.clean_output` keeps logs clean, `faults` the errors that Prefect would store. It works on JSON-like
data and text, replaces what it recognises by marks such as `[redacted: e-mail]`, leaves the rest alone (times, ids,
digests, ARNs, host names, counts) and is idempotent. What it recognises is in `tokens`, `named`, `lines` and `people`,
and for fields of data in `fields`; `also_redact` adds a pattern of one's own.

It recognises forms and names, so it is a net and not a proof: a probe that knows a value to be secret should not
return it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from pydantic import BaseModel

from journal.redaction import engine
from journal.redaction.engine import MARK
from journal.redaction.fields import secret_in
from journal.redaction.rule import form, mark

V = TypeVar("V")
F = TypeVar("F", bound=BaseModel)

SIGNED: Final = frozenset({"by", "requested_by"})
"""Fields of facts that hold who answered. A record of decisions without names would be none: e-mail stays there."""

_SHORTEST: Final = 5
_SEALED: Final = ("data", "stringData")
"""Where a Kubernetes Secret holds what it holds, whatever its entries are called."""
_DEEPEST: Final = 60
"""Data nested deeper than that is not looked through, and not kept."""
_PLAIN: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
"""Times and UUIDs: common, harmless, and worth no further look."""
_OF_CONTENT: Final = re.compile(
    r"(?!.*(?:pass|pwd|secret|token|key|auth|pin))(?:.*[_-])?(?:sha-?(?:1|256|512)|md5|digest|checksum|e?tag)$"
    r"|(?!.*(?:[Pp]ass|[Ss]ecret|[Tt]oken|[Kk]ey)).*Sha(?:1|256|512)$",
)
_CHECKSUM: Final = re.compile(r"[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{27}=|[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==")
"""A field that says it is the checksum of content, and 16, 20, 32 or 64 bytes in Base64."""
_NAMES: Final = re.compile(r"\w{0,20}(?:[nN]ame|[kK]ey)|field|header")
_VALUES: Final = re.compile(r"\w{0,20}[vV]alue|val|content")
_harmless: Final[set[tuple[str, bool]]] = set()
"""Short texts that came out as they went in. The same labels, names and states come again and again."""
_REMEMBERED: Final = 8192
_SHORT: Final = 200
_harmless_long: Final[set[tuple[str, bool]]] = set()
"""Likewise longer texts, few of them: the alerts of one group share their summaries and labels."""
_LONG_REMEMBERED: Final = 256
_LONG: Final = 4000


def also_redact(name: str, pattern: str) -> None:
    """Replace what `pattern` matches by `[redacted: <name>]` too, in this process, from now on."""
    compiled = re.compile(pattern)
    if compiled.search("") or compiled.search(mark(name)):
        raise ValueError(f"the pattern for {name!r} would match its own mark or nothing at all; make it more specific")
    engine.extra.append(form(name, pattern, flags=0))
    forget()


def forget() -> None:
    """What was judged by fewer rules is judged anew."""
    _name.cache_clear()
    _judged.cache_clear()
    _harmless.clear()
    _harmless_long.clear()


def redact(value: V) -> V:
    """The same value with secrets and personal data replaced by marks. Unchanged parts are shared, not copied."""
    return cast("V", _walk(value, personal=True))


def redact_fact(fact: F) -> F:
    """A fact with its strings redacted; itself if there was nothing to redact."""
    said = fact.model_dump(mode="json")
    clean = {key: _walk_field(key, item, personal=key not in SIGNED) for key, item in said.items()}
    if all(clean[key] is said[key] for key in said):
        return fact
    return type(fact).model_validate(clean)


def _walk(value: Any, *, personal: bool, depth: int = 0) -> Any:
    if depth > _DEEPEST and isinstance(value, dict | list | tuple):
        return mark("too deep")
    match value:
        case str():
            return _text(value, personal=personal, depth=depth)
        case dict():
            return _mapping(cast("dict[Any, Any]", value), personal=personal, depth=depth + 1)
        case list() | tuple():
            old = cast("list[Any]", value)
            new = _listed(old, personal=personal, depth=depth + 1)
            if all(one is other for one, other in zip(old, new, strict=True)):
                return old
            return tuple(new) if isinstance(value, tuple) else new
        case _:
            return value


def _listed(old: list[Any], *, personal: bool, depth: int) -> list[Any]:
    # ["X-Api-Key", "…"] is how headers are often listed.
    if len(old) == 2 and all(isinstance(item, str) for item in old):  # noqa: PLR2004 # a name and a value
        return [_walk(old[0], personal=personal), _walk_field(old[0], old[1], personal=personal)]
    return [_walk(item, personal=personal, depth=depth) for item in old]


def _mapping(old: dict[Any, Any], *, personal: bool, depth: int = 0) -> dict[Any, Any]:
    named = next((old[key] for key in old if _is(key, _NAMES) and isinstance(old[key], str)), None)
    sealed = _SEALED if old.get("kind") == "Secret" else ()
    new: dict[Any, Any] = {}
    changed = False
    for key, item in old.items():
        # [{"name": "DB_PASSWORD", "value": …}] is how containers list their environment.
        field = named if named is not None and _is(key, _VALUES) else key
        kept_whole = key in sealed and isinstance(item, dict)
        clean = (
            _marked(cast("dict[Any, Any]", item))
            if kept_whole
            else _walk_field(field, item, personal=personal, depth=depth)
        )
        kept = _name(key) if isinstance(key, str) else key
        while kept != key and kept in new:
            kept += "+"
        changed = changed or clean is not item or kept != key
        new[kept] = clean
    return new if changed else old


def _is(key: Any, sort: re.Pattern[str]) -> bool:
    return isinstance(key, str) and sort.fullmatch(key) is not None


def _marked(old: dict[Any, Any]) -> dict[Any, Any]:
    new = {key: item if _is_mark(item) or item in (None, "") else mark("secret") for key, item in old.items()}
    return new if new != old else old


def _is_mark(item: Any) -> bool:
    return isinstance(item, str) and MARK.fullmatch(item) is not None


@lru_cache(maxsize=4096)
def _name(key: str) -> str:
    clean = _text(key, personal=True)
    return key if clean == key else clean


@lru_cache(maxsize=4096)
def _judged(field: str) -> str:
    """A name as it is judged: as it is kept, without its marks. Else a second redaction would see another name."""
    return MARK.sub(" ", _name(field))


def _walk_field(field: object, value: Any, *, personal: bool, depth: int = 0) -> Any:
    what = secret_in(_judged(field), value) if isinstance(field, str) else None
    if what is None:
        if (
            isinstance(field, str)
            and isinstance(value, str)
            and _OF_CONTENT.match(field)
            and _CHECKSUM.fullmatch(value)
        ):
            return value  # AWS writes the checksum of a function's code in Base64: it looks like a token
        return _walk(value, personal=personal, depth=depth)
    if _is_mark(value):
        return value
    return mark(what)


def _text(text: str, *, personal: bool, depth: int = 0) -> str:
    if not engine.extra and (len(text) < _SHORTEST or text.isalpha() or _PLAIN.fullmatch(text)):
        return text
    if (text, personal) in _harmless or (text, personal) in _harmless_long:
        return text
    clean = _document(text, personal=personal, depth=depth) if text[0] in "{[" and text[-1] in "}]" else None
    if clean is None:
        clean = engine.clean(text, personal=personal)
    if clean == text and len(text) <= _LONG:
        known, most = (_harmless, _REMEMBERED) if len(text) <= _SHORT else (_harmless_long, _LONG_REMEMBERED)
        if len(known) >= most:
            known.clear()
        known.add((text, personal))
        return text
    return clean


def _document(text: str, *, personal: bool, depth: int) -> str | None:
    """A text that is a JSON document, redacted as data, so that it stays one; `None` if it is none."""
    try:
        old = json.loads(text, object_pairs_hook=_once_each)
        new = _walk(old, personal=personal, depth=depth + 1)
    except (ValueError, RecursionError):
        return None
    if new is old:
        return text
    spaced = (", ", ": ") if '": ' in text else (",", ":")
    return json.dumps(new, ensure_ascii=text.isascii(), separators=spaced, indent=2 if "\n" in text else None)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if any(count > 1 for count in Counter(key for key, _ in pairs).values()):
        raise ValueError("the same name twice, so that data would lose one of its values")
    return dict(pairs)
