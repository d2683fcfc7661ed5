"""Calls of models: each is logged with its tokens and for whom it was, as a hash, and counted in Cloud Monitoring.

The owner's switch lets leads be scored by rules instead, and then no model is called for that.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from journal import clock
from sandbox.google.logs import Logs
from sandbox.google.monitoring import Monitoring, Stream
from sandbox.google.shapes import written
from sandbox.switchboard.board import Board, Switch

SCORING: Final = "ai.scoring"
COUNTER: Final = "prometheus.googleapis.com/ai_tokens_total/counter"
A_MINUTE, TOKENS, MODEL = 1.0, 1500, "gpt-4o-mini"
"""Leads a minute, tokens of a call, and who answers, in usual times."""
MINUTE, WEEK = timedelta(minutes=1), timedelta(days=7)
PAST, FURTHER = timedelta(minutes=90), timedelta(hours=4)
"""How much of the time before there is, and how much longer it was so in the weeks before."""
QUARTER: Final = timedelta(minutes=15)
"""Of which one value is counted in the weeks before."""


def board() -> Board:
    """What the owner offers."""
    return Board((Switch(key=SCORING, type="bool", value=True, lasting=True, changed_at=clock.now()),))


@dataclass(kw_only=True)
class Usage:
    """`times` is how often a model is called for each lead, `looping` how often a minute for one and the same."""

    logs: Logs
    monitoring: Monitoring
    service: str
    board: Board
    a_minute: float = A_MINUTE
    tokens: int = TOKENS
    model: str = MODEL
    times: int = 1
    looping: float = 0.0
    usual: float = A_MINUTE
    """Leads a minute at this hour of other weeks."""
    counted: int = 1
    """How often the counter is told of each token."""
    stubborn: bool = False
    """What loops does not ask whether scoring is on."""
    upto: datetime = field(default_factory=clock.now)
    _came: int = 0
    _owed: float = 0.0
    _again: float = 0.0

    def begin(self) -> None:
        """As it is in good times, and was: lately, and at this hour of the weeks before."""
        self.a_minute, self.tokens, self.model = A_MINUTE, TOKENS, MODEL
        self.times, self.looping, self.stubborn, self.counted = 1, 0.0, False, 1
        self.board.own(SCORING, value=True)
        self._owed = self._again = 0.0
        self.upto = clock.now()
        self.was(A_MINUTE)
        for minute in range(int(PAST / MINUTE)):
            self._work(self.upto - PAST + minute * MINUTE)

    def was(self, a_minute: float, *, weeks: int = 4) -> None:
        """How it was at this hour in so many weeks."""
        self.usual = a_minute
        self.monitoring.streams[:] = [one for one in self.monitoring.streams if one.metric != COUNTER]
        for ago in range(1, weeks + 1):
            begin, many = self.upto - ago * WEEK - PAST, int((PAST + FURTHER) / QUARTER)
            for part in range(many):
                self._count(begin + part * QUARTER, a_minute * TOKENS * (QUARTER / MINUTE))
        begin = self.upto - WEEK - PAST
        for minute in range(int((PAST + FURTHER) / MINUTE)):
            for _ in range(round(a_minute)):
                self._call(begin + minute * MINUTE, self._next())

    def turn(self) -> None:
        """The calls since the last turn."""
        while clock.now() - self.upto >= MINUTE:
            self.upto += MINUTE
            self._work(self.upto)

    def grown(self) -> float:
        """How many times the usual it takes."""
        scored = self.a_minute * self.times if self._on() else 0.0
        again = self.looping if self._on() or self.stubborn else 0.0
        return (scored + again) * self.tokens / (self.usual * TOKENS)

    def _work(self, at: datetime) -> None:
        """The calls of a minute."""
        tokens = 0
        if self._on():
            self._owed += self.a_minute
            for _ in range(int(self._owed)):
                lead = self._next()
                tokens += sum(self._call(at, lead) for _ in range(self.times))
            self._owed %= 1
        if self._on() or self.stubborn:
            self._again += self.looping
            tokens += sum(self._call(at, "the one") for _ in range(int(self._again)))
            self._again %= 1
        self._count(at, tokens * self.counted)

    def _on(self) -> bool:
        return bool(self.board.read(SCORING).value)

    def _next(self) -> str:
        self._came += 1
        return str(self._came)

    def _call(self, at: datetime, lead: str) -> int:
        labels = {"service_name": self.service}
        said = {
            "level": "info",
            "msg": "ai_call",
            "component": "ai",
            "feature": "lead_scoring",
            "model": self.model,
            "tokens": self.tokens,
            "leadHash": hashlib.sha256(lead.encode()).hexdigest()[:32],
        }
        self.logs.entries.append(
            {
                "logName": f"projects/{self.logs.cloud.project}/logs/run.googleapis.com%2Fstdout",
                "insertId": f"ai-{len(self.logs.entries)}",
                "resource": {"type": "cloud_run_revision", "labels": labels},
                "timestamp": written(at),
                "severity": "DEFAULT",
                "jsonPayload": said,
            }
        )
        return self.tokens

    def _count(self, at: datetime, tokens: float) -> None:
        labels = {"cluster": "__run__", "namespace": self.service}
        found = next((one for one in self.monitoring.streams if one.metric == COUNTER), None)
        if found is None:
            found = Stream(metric=COUNTER, resource="prometheus_target", labels=labels)
            self.monitoring.streams.append(found)
        found.points[at] = found.points.get(at, 0.0) + tokens
