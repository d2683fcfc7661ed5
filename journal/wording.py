"""How the timeline says times, spans and counts. Everything in UTC, so that the same entries give the same bytes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from journal.facts.seen import Verdict

_PRECISE: Final = 10  # seconds, below which tenths matter
_MANY: Final = 1000  # from which fractions no longer matter
_MINUTE: Final = 60  # seconds
_HOUR: Final = 60  # minutes
_DAY: Final = 24  # hours
_SPECIAL: Final = re.compile(r"[\\`*\[\]<>|~&]|(?<![^\W_])_|_(?![^\W_])")
_OPENING: Final = re.compile(r"^(#{1,6}|[+-]|\d{1,9}[.)]|[=-]+)(?=\s|$)")
_BLANKS: Final = re.compile(r"\s+")
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
    "|(?<![^\x00-\x7f])[\u200c\u200d]"  # joiners of scripts and pictures that have them are no disguise
)
"""What shows nothing, or turns round what stands beside it."""


def clock(at: datetime) -> str:
    """`03:04:05`."""
    return f"{at.astimezone(UTC):%H:%M:%S}"


def day(at: datetime) -> str:
    """`2 January 2026`."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%B %Y}"


def moment(at: datetime) -> str:
    """`2026-01-02 03:04:05 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def span(took: timedelta) -> str:
    """`0.3 s`, `42 s`, `4 min 12 s`, `2 h 5 min`, `3 days 4 h`. Never negative: clocks of two machines may differ."""
    seconds = max(0.0, took.total_seconds())
    if seconds < _PRECISE:
        return f"{round(seconds, 1):g} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    minutes, rest = divmod(whole, _MINUTE)
    if minutes < _HOUR:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, _HOUR)
    if hours < 2 * _DAY:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, _DAY)
    return f"{days} days {hours} h" if hours else f"{days} days"


def span_of_seconds(seconds: float) -> str:
    """As `span`, for a number of seconds."""
    return span(timedelta(seconds=seconds))


def brief(text: str, at_most: int) -> str:
    """What others have written, such as a server that was asked: on one line, as far as it prints, and not too long."""
    line = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * at_most])
    line = _BLANKS.sub(" ", line).strip()
    return line if len(line) <= at_most else line[: at_most - 1] + "…"


def amount(value: float, unit: str) -> str:
    """`98.5%`, `1,204 sessions`, `0.31 s`: four digits say enough, and whole numbers are whole."""
    shown = f"{value:,.0f}" if value == round(value) or abs(value) >= _MANY else f"{value:.4g}"
    return f"{shown}%" if unit == "%" else f"{shown} {unit}".rstrip()


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 session`, `12 sessions`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def ordinal(number: int) -> str:
    """`second`, `third`, `12th`, `21st`."""
    ending = "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}{ending}")


def prior_of(verdict: Verdict) -> str:
    """The prior that was used: `40%`, or `49%; declared 40%, confirmed in 5 of 7 earlier incidents`."""
    history = verdict.history
    if history is None:
        return f"{verdict.prior:.0%}"
    earlier = counted(history.of, "earlier incident")
    return f"{verdict.prior:.0%}; declared {history.declared:.0%}, confirmed in {history.confirmed} of {earlier}"


def visible(text: str) -> str:
    """With what nobody sees in signs: two names that differ in it are two, and none is shown backwards."""
    return _UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def plain(text: str) -> str:
    """Text for one line of Markdown: what readings and people say must not become headings, links, tables or HTML."""
    line = _SPECIAL.sub(lambda found: "\\" + found[0], visible(_BLANKS.sub(" ", text).strip()))
    return _OPENING.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", line)


def sentence(text: str) -> str:
    """With a capital and a full stop, if it lacks them."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")
