"""What two runbooks say is written once, in `flows/parts` or where both take it from; and the rule refuses a copy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from types import CodeType, FunctionType
from typing import Any

from blocks.shapes import HasDatabase
from flows.rung.connection_exhaustion import RUNBOOK
from runbook import Context, Evidence, Form, Runbook, probe
from tasks.cloudwatch.read import Metrics
from tasks.postgres.read import Clients, read_clients
from tests.contract.runbooks import RUNBOOKS


def copies(runbooks: Iterable[Runbook[Any, Any]]) -> Iterator[str]:
    """Sentences and probes of two runbooks that mean the same and are written in two places."""
    found: defaultdict[object, dict[CodeType, tuple[str, str]]] = defaultdict(dict)
    for runbook in runbooks:
        for one in runbook.evidence():
            here, place = code(one.holds), (runbook.name, repr(one.sentence))
            found[one.probe.reads, one.sentence].setdefault(here, place)
            if one.probe.reads is not Metrics:  # names of metrics are a runbook's own, so equal words may differ
                found[one.probe.reads, meaning(here), bound(one)].setdefault(here, place)
        for asked in runbook.probes().values():
            here = inner(asked.read)
            found[meaning(here)].setdefault(here, (runbook.name, f"the probe {asked.name}"))
    for places in found.values():
        if len({runbook for runbook, _ in places.values()}) > 1:
            yield " and ".join(f"{what} of {runbook}" for runbook, what in places.values())


COPIED: Callable[[Any], bool] = lambda r: r.share >= 0.90  # noqa: E731 # as an author writes it


def code(of: Callable[..., Any]) -> CodeType:
    assert isinstance(of, FunctionType)
    return of.__code__


def inner(read: Callable[..., Any]) -> CodeType:
    """What the author wrote: a probe about a selection is wrapped by the decorator."""
    assert isinstance(read, FunctionType)
    captured = {cell.cell_contents for cell in read.__closure__ or () if isinstance(cell.cell_contents, FunctionType)}
    written = [one for one in captured if one.__name__ != "<lambda>" and one.__code__.co_argcount > 1]
    return code(written[0] if read.__module__ == "runbook.probe" and written else read)


def meaning(of: CodeType) -> object:
    """The same for two pieces of code that do the same: names, constants and instructions, and not where they stand."""
    consts = tuple(meaning(one) if isinstance(one, CodeType) else one for one in of.co_consts)
    return of.co_code, consts, of.co_names, of.co_freevars


def bound(one: Evidence[Any, Any]) -> object:
    """What a predicate was made with: two of the same words about different things are no copies."""
    cells = one.holds.__closure__ or ()
    return tuple(str(cell.cell_contents) for cell in cells)


def test_what_two_runbooks_say_is_written_once() -> None:
    assert list(copies(RUNBOOKS.values())) == []


def test_a_copy_is_refused_also_in_other_words() -> None:
    slots = RUNBOOK.symptom.probe
    twin = replace(RUNBOOK, name="rung.twin", symptom=slots.shows("nearly nobody gets in", COPIED))
    (said,) = copies([RUNBOOK, twin])
    assert said == f"{RUNBOOK.symptom.sentence!r} of {RUNBOOK.name} and 'nearly nobody gets in' of rung.twin"


def test_a_probe_that_asks_the_same_again_is_refused() -> None:
    @probe(read_clients, asks="Who is that?", source="devised")
    def who(c: Context[HasDatabase, Form]) -> Clients:
        return read_clients(c.env.database)

    twin = replace(RUNBOOK, name="rung.twin", also_asks=(who,))
    assert list(copies([RUNBOOK, twin])) == [f"the probe clients of {RUNBOOK.name} and the probe who of rung.twin"]


def test_the_same_part_in_two_runbooks_is_no_copy() -> None:
    assert list(copies([RUNBOOK, replace(RUNBOOK, name="rung.twin")])) == []
