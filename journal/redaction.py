"""Keeping secrets and people out of the record: `redact` a value before it is stored, shown or sent.

`Journal.append` and the inbox call it on everything; documents, artifacts, logs and notifications are built from what
came through. It works on JSON-like data and text, replaces what it recognises by marks such as `[redacted: e-mail]`,
leaves the rest alone (times, ids, digests, ARNs, host names, counts) and is idempotent. Patterns live in
`redaction_patterns`, names of fields in `redaction_fields`; `also_redact` adds a pattern of one's own.

It recognises forms, so it is a net and not a proof: a probe that knows a value to be secret should not return it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from pydantic import BaseModel

from journal.redaction_fields import secret_in
from journal.redaction_patterns import LONG_RULES, NUMBER_RULES, RULES, Rule, has_long_word, has_number, mark

V = TypeVar("V")
F = TypeVar("F", bound=BaseModel)

SIGNED: Final = frozenset({"by", "requested_by"})
"""Fields of facts that hold who answered. A record of decisions without names would be none: e-mail stays there."""

_MARK: Final = re.compile(r"\[redacted: [^\]]{1,40}\]")
_PASSES: Final = 8
_SHORTEST: Final = 5
_PLAIN: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
"""Times and UUIDs: common, harmless, and worth no further look."""
_GATES: Final = {(rule.what, rule.gate): frozenset(rule.gate) for rule in RULES}
_FRAGMENTS: Final = tuple(sorted({fragment for rule in RULES for fragment in rule.gate}))
_extra: list[Rule] = []
_NAMES: Final = ("name", "Name", "key", "Key")
_VALUES: Final = ("value", "Value")


def also_redact(name: str, pattern: str) -> None:
    """Replace what `pattern` matches by `[redacted: <name>]` too, in this process, from now on."""
    compiled = re.compile(pattern)
    if compiled.search("") or compiled.search(mark(name)):
        raise ValueError(f"the pattern for {name!r} would match its own mark or nothing at all; make it more specific")
    _name.cache_clear()
    _extra.append(Rule(name, (), compiled, personal=False))


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


def _walk(value: Any, *, personal: bool) -> Any:
    match value:
        case str():
            return _text(value, personal=personal)
        case dict():
            return _mapping(cast("dict[Any, Any]", value), personal=personal)
        case list() | tuple():
            old = cast("list[Any]", value)
            new = [_walk(item, personal=personal) for item in old]
            if all(one is other for one, other in zip(old, new, strict=True)):
                return old
            return tuple(new) if isinstance(value, tuple) else new
        case _:
            return value


def _mapping(old: dict[Any, Any], *, personal: bool) -> dict[Any, Any]:
    named = next((old[key] for key in _NAMES if isinstance(old.get(key), str)), None)
    new: dict[Any, Any] = {}
    changed = False
    for key, item in old.items():
        # [{"name": "DB_PASSWORD", "value": …}] is how containers list their environment.
        field = named if named is not None and key in _VALUES else key
        clean = _walk_field(field, item, personal=personal)
        kept = _name(key) if isinstance(key, str) else key
        while kept != key and kept in new:
            kept += "+"
        changed = changed or clean is not item or kept != key
        new[kept] = clean
    return new if changed else old


@lru_cache(maxsize=4096)
def _name(key: str) -> str:
    clean = _text(key, personal=True)
    return key if clean == key else clean


def _walk_field(field: object, value: Any, *, personal: bool) -> Any:
    # A name is judged as it is kept, without its marks: else a second redaction would see another name than the first.
    what = secret_in(_MARK.sub(" ", _name(field)), value) if isinstance(field, str) else None
    if what is None:
        return _walk(value, personal=personal)
    if isinstance(value, str) and _MARK.fullmatch(value):
        return value
    return mark(what)


def _text(text: str, *, personal: bool) -> str:
    if (len(text) < _SHORTEST or text.isalpha() or _PLAIN.fullmatch(text)) and not _extra:
        return text
    # Passes until nothing changes: a replacement can uncover a neighbour, and redacting twice must equal once.
    for _ in range(_PASSES):
        new = text
        for rule in _rules_for(text):
            if personal or not rule.personal:
                new = rule.apply(new)
        if new == text:
            break
        text = new
    return text


def _rules_for(text: str) -> list[Rule]:
    """The few rules whose gate is open. Nearly always none: this decides the cost of redaction."""
    lower = text.lower()
    rules: list[Rule] = []
    present = [fragment for fragment in _FRAGMENTS if fragment in lower]
    if present:
        rules += [rule for rule in RULES if not _GATES[rule.what, rule.gate].isdisjoint(present)]
    if has_long_word(text):
        rules += LONG_RULES
    if has_number(text):
        rules += NUMBER_RULES
    return rules + _extra
