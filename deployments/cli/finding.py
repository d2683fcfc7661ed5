"""What `codeblue doctor` says about one thing that must work."""

from __future__ import annotations

from dataclasses import dataclass

from journal.facts.words import Answer


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that must work. `NO` is broken, `UNKNOWN` could not be looked at; both count as trouble."""

    name: str
    answer: Answer
    text: str


def yes(name: str, text: str) -> Finding:
    """It was looked at, and it works."""
    return Finding(name=name, answer=Answer.YES, text=text)


def no(name: str, text: str) -> Finding:
    """It does not work; the text says what to do."""
    return Finding(name=name, answer=Answer.NO, text=_clean(text))


def unknown(name: str, text: str) -> Finding:
    """Nobody could look."""
    return Finding(name=name, answer=Answer.UNKNOWN, text=_clean(text))


def _clean(text: str) -> str:
    """What is wrong is often an error's text, and that may hold anything."""
    from journal.redaction import redact  # what is well must not wait for its patterns

    return str(redact(text))
