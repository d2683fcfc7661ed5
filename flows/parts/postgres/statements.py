"""Which statements take the server's time, and whether slow ones are logged."""

from __future__ import annotations

from functools import cached_property

from blocks.shapes import HasDatabase
from flows.parts.asked import DEVISED, Asked
from runbook import Context, Evidence, Form, Probe, probe
from runbook.probe import E_contra, P_contra
from tasks.postgres.statements import Logging, Statements, read_logging, read_statements


class AskedStatements(Asked[E_contra, P_contra, Statements]):
    @cached_property
    def heavy(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("one statement takes at least half of all statements' time", lambda r: r.share >= 0.5)


def statements(source: str = DEVISED) -> Probe[HasDatabase, Form, Statements]:
    @probe(read_statements, asks="Which statements take the server's time?", source=source, retries=0)
    def statements(c: Context[HasDatabase, Form]) -> Statements:
        return read_statements(c.env.database)

    return statements


def logging(source: str = DEVISED) -> Probe[HasDatabase, Form, Logging]:
    """Whether slow statements are logged, for people to see."""

    @probe(read_logging, asks="Are slow statements logged?", source=source)
    def logging(c: Context[HasDatabase, Form]) -> Logging:
        return read_logging(c.env.database)

    return logging
