"""CloudWatch Logs Insights, the part that looks use: `filter`, `stats` and `limit`, on the stored events.

    query   := command ("|" command)*
    command := "filter" test ("and" test)* | "stats" figure ("," figure)* | "limit" number
    test    := field ("=" | "!=" | ">" | ">=" | "<" | "<=") (number | text) | field "like" (/regex/ | text)
             | "ispresent" "(" field ")"
    figure  := ("count" "(" "*" ")" | ("count" | "sum" | "min" | "max" | "avg") "(" value ")"
             | "pct" "(" value "," number ")") "as" name
    value   := operand ("/" operand)?
    operand := field | number | "strcontains" "(" field "," text ")"

Whatever else Insights understands is refused, not guessed. Of Lambda's REPORT lines it discovers the fields that AWS
does: times in ms, memory in bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from sandbox.overlay.call import Refused
from sandbox.overlay.datapoints import percentile

Event = Mapping[str, float | str]
"""An event's discovered fields, by name."""

Value = Callable[[Event], float | None]
Rows = list[dict[str, str]]

TOKEN = re.compile(
    r"""\s*(?: (?P<text>"[^"]*") | /(?P<regex>(?:[^/\\]|\\.)*)/(?=\s|$|\|) | (?P<number>\d+(?:\.\d+)?)
    | (?P<field>@\w+) | (?P<word>\w+) | (?P<sign>>=|<=|!=|[=><(),*/|]) )""",
    re.VERBOSE,
)
REPORT = re.compile(
    r"REPORT RequestId: (?P<requestId>\S+)\s+Duration: (?P<duration>[\d.]+) ms\s+Billed Duration: (?P<billed>[\d.]+) ms"
    r"\s+Memory Size: (?P<size>\d+) MB\s+Max Memory Used: (?P<used>\d+) MB(?:\s+Init Duration: (?P<init>[\d.]+) ms)?"
)
MB = 1_000_000
COMPARISONS: Mapping[str, Callable[[float | str, float | str], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    ">": lambda left, right: float(left) > float(right),
    ">=": lambda left, right: float(left) >= float(right),
    "<": lambda left, right: float(left) < float(right),
    "<=": lambda left, right: float(left) <= float(right),
}
AGGREGATES: Mapping[str, Callable[[Sequence[float]], float | None]] = {
    "count": lambda values: float(len(values)),
    "sum": lambda values: sum(values) if values else None,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "avg": lambda values: sum(values) / len(values) if values else None,
}


def discover(message: str) -> dict[str, float | str]:
    """The fields of one event; those of a REPORT line where it is one."""
    found: dict[str, float | str] = {"@message": message}
    if (report := REPORT.match(message)) is None:
        return found
    found |= {
        "@type": "REPORT",
        "@requestId": report["requestId"],
        "@duration": float(report["duration"]),
        "@billedDuration": float(report["billed"]),
        "@memorySize": float(report["size"]) * MB,
        "@maxMemoryUsed": float(report["used"]) * MB,
    }
    return found if report["init"] is None else {**found, "@initDuration": float(report["init"])}


class Query:
    """A query, read once; `run` gives its rows. Raises `Refused` (MalformedQueryException) for what is not known."""

    def __init__(self, text: str) -> None:
        self._text, self._left = text, list(_tokens(text))
        self._tests: list[Callable[[Event], bool]] = []
        self._figures: dict[str, Callable[[Sequence[Event]], float | None]] = {}
        self._limit: int | None = None
        self._command()
        while self._left:
            self._take("|")
            self._command()
        if not self._figures:
            raise self._refusal("the sandbox answers only queries with stats")

    def run(self, messages: Iterable[str], limit: int) -> Rows:
        """The rows, of which `stats` without `by` gives one. Numbers are text, and one that is missing is left out."""
        events = [event for event in map(discover, messages) if all(test(event) for test in self._tests)]
        row = {name: figure(events) for name, figure in self._figures.items()}
        shown = {name: f"{value:.10g}" for name, value in row.items() if value is not None}
        return [shown][: min(limit, limit if self._limit is None else self._limit)]

    def _command(self) -> None:
        match self._next():
            case "filter":
                self._tests.append(self._test())
                while self._is("and"):
                    self._tests.append(self._test())
            case "stats":
                self._figure()
                while self._is(","):
                    self._figure()
            case "limit":
                self._limit = int(self._next())
            case other:
                raise self._refusal(f"the sandbox knows no command {other}")

    def _test(self) -> Callable[[Event], bool]:
        field = self._next()
        if field == "ispresent":
            self._take("(")
            field = self._next()
            self._take(")")
            return lambda event: field in event
        sign, wanted = self._next(), self._next()
        if sign == "like":
            pattern = re.compile(wanted[1:-1] if wanted.startswith("/") else re.escape(_unquoted(wanted)))
            return lambda event: pattern.search(str(event.get(field, ""))) is not None
        if sign not in COMPARISONS or not field.startswith("@"):
            raise self._refusal(f"the sandbox knows no comparison {field} {sign}")
        right: float | str = _unquoted(wanted) if wanted.startswith('"') else float(wanted)
        return lambda event: field in event and COMPARISONS[sign](event[field], right)

    def _figure(self) -> None:
        name = self._next()
        self._take("(")
        if name == "count" and self._is("*"):
            figure: Callable[[Sequence[Event]], float | None] = lambda events: float(len(events))  # noqa: E731 # typed by its name
        elif name in AGGREGATES:
            figure = _over(self._value(), AGGREGATES[name])
        elif name == "pct":
            value = self._value()
            self._take(",")
            share = float(self._next())
            figure = _over(value, lambda values: percentile(sorted(values), share))
        else:
            raise self._refusal(f"the sandbox knows no figure {name}")
        self._take(")")
        self._take("as")
        self._figures[self._next()] = figure

    def _value(self) -> Value:
        above = self._operand()
        if not self._is("/"):
            return above
        below = self._operand()

        def divided(event: Event) -> float | None:
            up, down = above(event), below(event)
            return up / down if up is not None and down else None

        return divided

    def _operand(self) -> Value:
        token = self._next()
        if token == "strcontains":  # a word of the query
            self._take("(")
            field = self._next()
            self._take(",")
            wanted = _unquoted(self._next())
            self._take(")")
            return lambda event: float(wanted in str(event[field])) if field in event else None
        if token.startswith("@"):
            return lambda event: float(event[token]) if token in event else None
        number = float(token)
        return lambda _event: number

    def _next(self) -> str:
        if not self._left:
            raise self._refusal("it ends too early")
        return self._left.pop(0)

    def _is(self, token: str) -> bool:
        if self._left[:1] != [token]:
            return False
        self._left.pop(0)
        return True

    def _take(self, token: str) -> None:
        if not self._is(token):
            raise self._refusal(f"'{token}' was expected before '{' '.join(self._left[:3])}'")

    def _refusal(self, why: str) -> Refused:
        return Refused("MalformedQueryException", f"unexpected symbol found in '{self._text}': {why}", status=400)


def _over(
    value: Value, aggregate: Callable[[Sequence[float]], float | None]
) -> Callable[[Sequence[Event]], float | None]:
    return lambda events: aggregate([found for found in map(value, events) if found is not None])


def _unquoted(text: str) -> str:
    return text[1:-1]


def _tokens(text: str) -> Iterable[str]:
    at = 0
    while at < len(text.rstrip()):
        found = TOKEN.match(text, at)
        if found is None:
            raise Refused("MalformedQueryException", f"unexpected symbol found at {at} of '{text}'", status=400)
        yield f"/{found['regex']}/" if found["regex"] is not None else found.group().strip()
        at = found.end()
