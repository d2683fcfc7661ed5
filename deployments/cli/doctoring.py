"""`codeblue doctor`: one line for each thing that must work, with what to do about those that do not. Read-only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rich.text import Text

from deployments.cli import lines, places
from deployments.cli.exits import Exit, Unreachable, explain
from deployments.cli.options import DEFAULTS, Options
from deployments.stack_home import POOL, Home
from journal.facts.words import Answer
from journal.timeline_events import Tone
from journal.wording import counted, span

if TYPE_CHECKING:
    pass

_TONES = {Answer.YES: Tone.GOOD, Answer.NO: Tone.BAD, Answer.UNKNOWN: Tone.UNKNOWN}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that must work. `NO` is broken, `UNKNOWN` could not be looked at; both count as trouble."""

    name: str
    answer: Answer
    text: str


def doctor(*, options: Options = DEFAULTS) -> int:
    """Look whether everything works that must: home, journal, Prefect, worker, receiver, saved environments.

    Exit code 1 when something does not.
    """
    found: list[Finding] = []
    for one in _findings(options.place):
        found.append(one)
        options.say(lines.row(_TONES[one.answer], one.name, Text(lines.one_line(one.text))))
    well = all(one.answer is Answer.YES for one in found)
    options.document(
        {
            "well": well,
            "findings": [{"name": one.name, "answer": one.answer.value, "text": one.text} for one in found],
        }
    )
    return Exit.OK if well else Exit.BAD_NEWS


def _findings(home: Home) -> Iterator[Finding]:
    yield Finding(name="home", answer=Answer.YES, text=str(home.path))
    yield _journal(home)
    yield _switch(home)
    yield watch(home)
    try:
        prefect = places.Prefect(home, within=3.0)
        prefect.get("/health")
    except Unreachable as away:
        yield Finding(name="prefect", answer=Answer.NO, text=str(away))
        for name in ("worker", "environments"):
            yield Finding(name=name, answer=Answer.UNKNOWN, text="Could not look without Prefect.")
        yield receiver(home)
        return
    with prefect:
        yield Finding(name="prefect", answer=Answer.YES, text=f"Answers at {prefect.ui}")
        yield worker(prefect)
        yield receiver(home)
        yield from _environments(home, prefect)


def _journal(home: Home) -> Finding:
    try:
        with places.journal(home, patience=3.0) as journal:
            count, where = len(journal.incidents(open_only=True, limit=1000)), journal.database.where
    except Exception as error:  # noqa: BLE001  (whatever keeps it from opening is the finding)
        return Finding(name="journal", answer=Answer.NO, text=explain(error)[0])
    return Finding(name="journal", answer=Answer.YES, text=f"{where}, current, {counted(count, 'open incident')}")


def _switch(home: Home) -> Finding:
    from journal import switches

    try:
        with places.journal(home, patience=3.0) as journal:
            stopped = switches.stopped(journal)
    except Exception:  # noqa: BLE001  (`_journal` has said why)
        return Finding(name="stop switch", answer=Answer.UNKNOWN, text="Could not look without the journal.")
    if stopped is not None:
        text = f"Changes are stopped ({stopped.why}, {stopped.by}); lift it with: codeblue go"
        return Finding(name="stop switch", answer=Answer.NO, text=text)
    return Finding(name="stop switch", answer=Answer.YES, text="Off: approved changes are applied.")


PATIENCE = timedelta(seconds=90)
"""How long the watch may be silent; a round that waits for a journal that is away takes a minute."""


def watch(home: Home) -> Finding:
    """Who watches the watch: when it last went round, as its note in the home says."""
    from deployments.watch_note import last_round

    found = last_round(home)
    if found is None or not (said := found.get("at")):
        return Finding(name="watch", answer=Answer.NO, text="It has never run here. It is started by: codeblue up")
    silent = datetime.now(UTC) - datetime.fromisoformat(said)
    if silent > PATIENCE:
        text = f"It last ran {span(silent)} ago: nobody is paged and nothing is undone. Start it with: codeblue up"
        return Finding(name="watch", answer=Answer.NO, text=text)
    if trouble := found.get("trouble"):
        return Finding(name="watch", answer=Answer.NO, text=f"It ran {span(silent)} ago, but not to its end: {trouble}")
    return Finding(name="watch", answer=Answer.YES, text=f"Went round {span(silent)} ago")


def worker(prefect: places.Prefect) -> Finding:
    try:
        workers = prefect.post(f"/work_pools/{POOL}/workers/filter", {})
    except Unreachable:
        text = "There is no work pool yet; it is made by: codeblue up"
        return Finding(name="worker", answer=Answer.NO, text=text)
    online = [one for one in workers if one["status"] == "ONLINE"]
    if not online:
        return Finding(name="worker", answer=Answer.NO, text="No worker is online. Start one with: codeblue up")
    heard = max(datetime.fromisoformat(one["last_heartbeat_time"]) for one in online)
    text = f"{counted(len(online), 'worker')} online, heard {span(datetime.now(UTC) - heard)} ago"
    return Finding(name="worker", answer=Answer.YES, text=text)


def receiver(home: Home) -> Finding:
    import httpx

    from deployments.receiver.settings import SettingsError, load

    try:
        settings = load(home)
    except SettingsError as error:
        text = f"{error} `codeblue up` makes settings where there are none."
        return Finding(name="receiver", answer=Answer.NO, text=text)
    url = places.receiver_of(home) or f"http://{settings.host}:{settings.port}"
    try:
        answer = httpx.get(f"{url}/ready", timeout=3.0, trust_env=False)
    except httpx.HTTPError as error:
        text = f"Does not answer at {url} ({type(error).__name__}). Start it with: codeblue up"
        return Finding(name="receiver", answer=Answer.NO, text=text)
    if answer.is_success:
        return Finding(name="receiver", answer=Answer.YES, text=f"Takes alerts at {url}/alerts/…")
    text = f"Runs at {url} but would keep no alerts now ({answer.status_code}); see its log in {home.logs}"
    return Finding(name="receiver", answer=Answer.NO, text=text)


def _environments(home: Home, prefect: places.Prefect) -> Iterator[Finding]:
    """Each saved environment with its own checks: the same that an incident begins with."""
    places.before_prefect(home)
    from blocks.saved import Unfit, saved
    from deployments.cli.houses import asking, saved_environments

    there = saved_environments(prefect)
    if not there:
        text = f"None is saved; runbooks need one. Save it in Prefect: {prefect.ui}/blocks"
        yield Finding(name="environments", answer=Answer.NO, text=text)
    with asking(prefect.url):
        for name, kind in sorted(there.items()):
            try:
                checks = list(saved(kind, name).checks())
            except Unfit as unfit:
                yield Finding(name=name, answer=Answer.NO, text=str(unfit))
                continue
            except Exception as error:  # noqa: BLE001  (one broken environment must not hide the others)
                said = " ".join(str(error).split())[:300]
                yield Finding(name=name, answer=Answer.NO, text=f"Cannot be loaded: {said}")
                continue
            for check in checks:
                yield Finding(name=name, answer=check.answer, text=f"{check.name}: {check.text}")
