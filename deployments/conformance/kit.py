"""All cases in order, each with what it is about in a sentence. A case that is not kept says one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from deployments.conformance import switches, tasks
from deployments.conformance.server import Broken, Server
from runbook import Permanent, Temporary


@dataclass(frozen=True, kw_only=True)
class Case:
    """One thing that the contract says. Without the `first` ones the rest cannot be asked."""

    name: str
    about: str
    check: Callable[[Server], None]
    first: bool = False


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came of a case: `broken` is the sentence, or nothing where it is kept."""

    case: Case
    broken: str = ""


def _case(check: Callable[[Server], None], about: str, *, first: bool = False) -> Case:
    return Case(name=check.__name__, about=about, check=check, first=first)


SWITCHES = (
    _case(switches.speaks, "It answers with JSON and says which contract and whose token it is.", first=True),
    _case(switches.has_the_test_switch, "It has the test switch, with bounds.", first=True),
    _case(switches.knows_nobody_else, "Without a token that it knows, nobody looks or changes."),
    _case(switches.lets_readers_only_read, "The reading token changes nothing."),
    _case(switches.says_what_it_does_not_know, "A switch that is not there is not off: 404."),
    _case(switches.runs_dry, "A dry run changes nothing and answers what would be."),
    _case(switches.echoes, "A set answers with what it did."),
    _case(switches.keeps_what_it_echoes, "What is kept is what was answered."),
    _case(switches.compares_before_it_sets, "With an old version nothing is done: 412."),
    _case(switches.asks_for_a_version, "Without a version nothing is done: 428."),
    _case(switches.keeps_within_bounds, "Nothing is set out of bounds: 422."),
    _case(switches.insists_on_types, "Nothing of another type is set: 422."),
    _case(switches.insists_on_an_end, "Nothing is set for ever, or for longer than is allowed: 422."),
    _case(switches.insists_on_who_and_why, "Nothing is set without incident and reason, or with what is not known."),
    _case(switches.does_a_request_once, "A request that comes again is answered alike and done once."),
    _case(switches.lifts, "Lifting puts the lasting value back."),
    _case(switches.goes_back_to_what_lasts, "A set upon a set goes back to the lasting value."),
    _case(switches.ends_by_itself, "A set ends by itself."),
)

TASKS = (
    _case(tasks.counts_and_does_nothing, "A dry run of a task counts, and starts nothing."),
    _case(tasks.says_which_plan_it_does_not_know, "A task or a plan that is not there: 404."),
    _case(tasks.lets_readers_only_plan, "The reading token starts and stops nothing."),
    _case(tasks.does_no_more_than_was_approved, "Nothing is started that is about more than was approved: 422."),
    _case(tasks.does_a_plan_once, "A plan is done once, however often it is started."),
    _case(tasks.stops, "What is stopped is not done."),
)


def check(server: Server) -> Iterator[Verdict]:
    """Ask everything. Raises `Temporary` when nothing answers at all, `Permanent` where nobody can be trusted to."""
    server.ask("/")
    try:
        for case in SWITCHES:
            verdict = _judged(case, server)
            yield verdict
            if verdict.broken and case.first:
                return
        if tasks.offered(server):
            for case in TASKS:
                yield _judged(case, server)
    finally:
        with suppress(Broken, Temporary, Permanent):  # what was found out stands; the set ends by itself
            server.at_rest()


def _judged(case: Case, server: Server) -> Verdict:
    try:
        case.check(server)
    except Broken as broken:
        return Verdict(case=case, broken=broken.says)
    except (Temporary, Permanent) as silent:
        return Verdict(case=case, broken=str(silent))
    return Verdict(case=case)
