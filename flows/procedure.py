"""How an incident ends whose runbook is a procedure."""

from __future__ import annotations

from flows.closing import close
from flows.shadow import at_the_end
from journal.facts.closed import Closed
from journal.facts.words import Ending
from tasks.case import Case, E, P
from tasks.procedure import came_of, ungiven


def end(case: Case[E, P]) -> Closed:
    """Contained when every step is done, else Unresolved; in shadow, what would have been done next is said as well."""
    ending, text = came_of(case)
    watched = at_the_end(case, text, ungiven(case)) if ending is Ending.UNRESOLVED else None
    return watched or close(case, ending, text)
