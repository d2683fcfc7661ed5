"""The JSON half of filter patterns: comparisons of `$.fields` joined by `&&` and `||`. Used by `filter_pattern`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from fnmatch import translate
from typing import Any, cast

from sandbox.overlay.call import Refused

Test = Callable[[Any], bool]
"""Whether an event, read as JSON, is meant."""

NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<mark>&&|\|\||[(){}])
    | (?P<field>\$(?:\.\w+|\[\d+\]|\['[^']+'\])+)
    | (?P<operator>!=|<=|>=|=|<|>)
    | (?P<words>(?:IS\s+NULL|IS\s+TRUE|IS\s+FALSE|NOT\s+EXISTS)\b)
    | "(?P<phrase>(?:[^"\\]|\\.)*)"
    | (?P<bare>[\w.*:/@+-]+)
    )""",
    re.VERBOSE,
)
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]|\['([^']+)'\]")

_NUMBERS: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def parse_json_pattern(text: str) -> Callable[[str], bool]:
    """A test of lines from `{ ... }`. A line that is no JSON object is never meant. Raises `Refused`."""
    reader = _Reader(text)
    reader.expect("{")
    test = reader.any_of()
    reader.expect("}")
    reader.end()

    def matches(line: str) -> bool:
        try:
            event: object = json.loads(line)
        except ValueError:
            return False
        return isinstance(event, dict) and test(event)

    return matches


def path_of(field: str) -> tuple[str | int, ...]:
    """`$.a.b[0]['c d']` as steps. Raises `Refused`."""
    steps = field.removeprefix("$")
    if not field.startswith("$") or not re.fullmatch(rf"(?:{_STEP.pattern})+", steps):
        raise Refused("InvalidParameterException", f"Invalid JSON selector '{field}'")
    return tuple(int(number) if number else name or quoted for name, number, quoted in _STEP.findall(steps))


def value_at(event: Any, path: tuple[str | int, ...]) -> Any:
    """What stands at a path of an event. Raises `LookupError` where there is nothing."""
    for step in path:
        if not isinstance(event, dict if isinstance(step, str) else list):
            raise LookupError(step)  # noqa: TRY004 # nothing stands there; that is not an error of types
        event = cast("Any", event)[step]
    return event


class _Reader:
    """Reads one pattern from left to right; `&&` binds more strongly than `||`, parentheses most."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._kind, self._token = "", ""
        self._next()

    def any_of(self) -> Test:
        tests = [self._all_of()]
        while self._token == "||" and self._kind == "mark":
            self._next()
            tests.append(self._all_of())
        return tests[0] if len(tests) == 1 else lambda event: any(test(event) for test in tests)

    def _all_of(self) -> Test:
        tests = [self._one()]
        while self._token == "&&" and self._kind == "mark":
            self._next()
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda event: all(test(event) for test in tests)

    def _one(self) -> Test:
        if (self._kind, self._token) == ("mark", "("):
            self._next()
            test = self.any_of()
            self.expect(")")
            return test
        path = path_of(self._take("field"))
        if self._kind == "words":
            return _state(path, " ".join(self._take("words").split()))
        operator = self._take("operator")
        if self._kind == "phrase":
            return self._text_test(path, operator, re.sub(r"\\(.)", r"\1", self._take("phrase")))
        value = self._take("bare")
        if NUMBER.fullmatch(value):
            return _number_test(path, operator, float(value))
        return self._text_test(path, operator, value)

    def _text_test(self, path: tuple[str | int, ...], operator: str, wanted: str) -> Test:
        if operator not in ("=", "!="):
            raise self._invalid()
        glob = re.compile(translate(wanted.replace("[", "[[]").replace("?", "[?]")))

        def test(event: Any) -> bool:
            found = _or_nothing(event, path)
            return isinstance(found, str) and (glob.match(found) is not None) is (operator == "=")

        return test

    def expect(self, mark: str) -> None:
        if self._take("mark") != mark:
            raise self._invalid()

    def end(self) -> None:
        if self._kind:
            raise self._invalid()

    def _take(self, kind: str) -> str:
        if self._kind != kind:
            raise self._invalid()
        token = self._token
        self._next()
        return token

    def _next(self) -> None:
        if not self._text[self._at :].strip():
            self._kind, self._token = "", ""
            return
        found = _TOKEN.match(self._text, self._at)
        if found is None or found.lastgroup is None:
            raise self._invalid()
        self._at, self._kind, self._token = found.end(), found.lastgroup, found[found.lastgroup]

    def _invalid(self) -> Refused:
        return Refused("InvalidParameterException", f"Invalid filter pattern near character {self._at}: {self._text}")


_NOTHING = object()


def _or_nothing(event: Any, path: tuple[str | int, ...]) -> Any:
    try:
        return value_at(event, path)
    except LookupError:
        return _NOTHING


def _state(path: tuple[str | int, ...], words: str) -> Test:
    wanted: object = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False, "NOT EXISTS": _NOTHING}[words]
    return lambda event: _or_nothing(event, path) is wanted


def _number_test(path: tuple[str | int, ...], operator: str, wanted: float) -> Test:
    compare = _NUMBERS[operator]

    def test(event: Any) -> bool:
        found = _or_nothing(event, path)
        return isinstance(found, int | float) and not isinstance(found, bool) and compare(found, wanted)

    return test
