"""Couples merges as the audit log and the security log tell of them. Counts by kind; the text is never kept.

The text of a violation may quote what one partner must not learn of the other, so even a person on call sees counts
only. Every look stands in the incident's journal, which is the record of who looked, and when.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from blocks.aws import Aws
from runbook import look
from tasks.logs.read import A_MINUTE, Events, Kind, read_events

MERGES = '{ $.event_type = "couples_merge" }'
FAILED = '{ $.event_type = "couples_merge" && $.action = "merge_failed" }'
VIOLATIONS = "IsolationViolation"

ACTIONS = (
    Kind(name="completed", pattern=r'"action":\s*"merge_completed"'),
    Kind(name="failed", pattern=r'"action":\s*"merge_failed"'),
    Kind(name="refused", pattern=r'"status":\s*403\b'),
)

CAUSES = (
    Kind(name="isolation", pattern=r"IsolationViolation"),
    Kind(name="other", pattern=r"."),
)

VIOLATED = (
    Kind(name="clinical data in a name", pattern=r"(?i)IsolationViolation:[^']*(?:\bPHI\b|clinical data in)"),
    Kind(name="schema", pattern=r"(?i)IsolationViolation:[^']*(?:\bschema\b|ValidationError)"),
    Kind(
        name="term not listed",
        pattern=r"(?i)IsolationViolation:(?:.*')?[^']*(?:white-?list|allow-?list|not listed|unknown term)[^']*$",
    ),
    Kind(name="other", pattern=r"."),
)
"""The gravest first, since the first kind that matches counts. Words of our own devising: the source names the causes
and not how they read in the log. A word counts only where the layer says it, not in what it quotes: a term may be
called "schema therapy". What matches none of them is `other`, and speaks for no cause."""


class Merges(Events):
    """How merges ended, by kind."""

    def figures(self) -> Mapping[str, tuple[float, str]]:
        paces = {"merges that fail": self.a_minute("failed", "refused"), "merges refused": self.a_minute("refused")}
        return {name: (pace, A_MINUTE) for name, pace in paces.items() if pace is not None}


@look("logs:FilterLogEvents", bound="5000 events in 50 pages, counted and dropped")
def read_merges(aws: Aws, group: str, *, window: timedelta, link: str | None = None) -> Merges:
    """How merges ended: completed, failed, or refused with 403; of one link where it is named by its UUID."""
    pattern = MERGES if link is None else f'{{ $.event_type = "couples_merge" && $.link_id = "{link}" }}'
    return Merges(**dict(read_events(aws, group, pattern=pattern, window=window, kinds=ACTIONS)))


@look("logs:FilterLogEvents", bound="5000 events in 50 pages, counted and dropped")
def read_failures(aws: Aws, group: str, *, window: timedelta) -> Events:
    """Merges that failed, by whether the isolation layer stopped them (`rung.c441`)."""
    return read_events(aws, group, pattern=FAILED, window=window, kinds=CAUSES)


@look("logs:FilterLogEvents", bound="5000 events in 50 pages, counted and dropped")
def read_violations(aws: Aws, group: str, *, window: timedelta) -> Events:
    """What the isolation layer stopped, by kind (`rung.c448`)."""
    return read_events(aws, group, pattern=VIOLATIONS, window=window, kinds=VIOLATED)
