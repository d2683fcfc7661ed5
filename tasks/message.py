"""What people are sent: what happened, what is proposed, how to answer. Made from the journal's entries alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from prefect.utilities.urls import url_for

from journal import approvals, under_way, waits
from journal.approvals import needs_proof
from journal.chain import Entry
from journal.facts.closed import Closed
from journal.facts.decided import Requested, TaskGiven
from journal.facts.opened import Opened
from journal.facts.seen import GATHERED, Judged, SymptomAsked
from journal.policy import Page
from journal.wording import counted, plain, span


def how_to_answer(incident: str, asked: Requested | TaskGiven, flow_run: str | None) -> str:
    """The exact lines to type, until when, and the run in Prefect where the same can be said."""
    until = f"until {asked.expires_at:%H:%M} UTC"
    if isinstance(asked, Requested):
        yes, no = (f"`codeblue {verb} {incident} --plan {asked.digest}`" for verb in ("approve", "reject"))
        proven = " Only people whose identity is proven count: a yes under your own account." * needs_proof(asked)
        lines = f"{yes} or {no}, {until}.{proven}"
    else:
        lines = f"When it is done: `codeblue done {incident} --task {asked.digest}`; waits {until}."
    return " ".join((lines, *_link(flow_run, "Or answer in Prefect")))


def page(entries: Sequence[Entry], found: Page, now: datetime) -> tuple[str, str]:
    """Title and text of a page."""
    opened = entries[0].fact
    assert isinstance(opened, Opened)
    title = f"{found.level}: {opened.title} in {opened.environment} ({found.incident})"
    return title, "\n\n".join(_paragraphs(entries, opened, found, now))


def _paragraphs(entries: Sequence[Entry], opened: Opened, found: Page, now: datetime) -> Iterator[str]:
    facts = [entry.fact for entry in entries]
    run = next((entry.flow_run for entry in reversed(entries) if entry.kind == "taken_up"), None)
    yield f"**{plain(opened.title)}**, {opened.severity}, open for {span(now - entries[0].at)}. {found.why}"
    if summary := str((opened.alert or {}).get("summary") or ""):
        yield f"Alert: {plain(summary)}"
    yield from (f"Seen: {_seen(fact)}" for fact in facts if isinstance(fact, SymptomAsked) and fact.phase in GATHERED)
    judged = next((fact for fact in reversed(facts) if isinstance(fact, Judged)), Judged(ranking=()))
    so_far = f" after {counted(judged.after, 'round')}" if judged.after else ""
    likeliest = (f"{one.claim} ({one.standing}, {one.likely})" for one in judged.ranking[:1])
    yield from (f"Likeliest cause{so_far}: {one}" for one in likeliest)
    yield from (f"It ended: {plain(fact.text)}" for fact in facts if isinstance(fact, Closed))
    for standing in approvals.waiting(entries, now):
        yield f"{standing.request.text}\n\n{how_to_answer(found.incident, standing.request, standing.asked.flow_run)}"
    if (wait := waits.open_wait(entries)) is not None:
        yield plain(waits.told(wait))
    if (act := under_way.told(entries, now)) is not None:
        yield plain(act)
    yield f"Take it over, so that nobody else is paged: `codeblue ack {found.incident}`"
    yield " ".join((f"All of it: `codeblue show {found.incident}`", *_link(run, "or in Prefect")))


def _seen(fact: SymptomAsked) -> str:
    return f"{plain(fact.finding.sentence)}: {fact.finding.answer} ({plain(fact.finding.observed)})"


def _link(flow_run: str | None, words: str) -> Iterator[str]:
    address: Any = url_for("flow-run", obj_id=UUID(flow_run)) if flow_run else None
    if address:
        yield f"[{words}]({address})."
