"""What `codeblue doctor` asks Prefect: workers, runs that nobody takes, schedules, where routes lead."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deployments import deployed, places
from deployments.cli.finding import Finding, no, unknown, yes
from deployments.errors import Unreachable, Usage
from deployments.schedules import Scheduled, schedules
from deployments.stack_home import POOL, Home
from journal.wording import counted, span

SILENT = timedelta(seconds=90)
"""How long a worker may be unheard, whatever Prefect still calls it: three of its heartbeats."""

BROKEN = frozenset({"Failed", "Crashed", "TimedOut"})
"""How a run by the clock ends that could not do its work."""
BLIND = "Unknown"
"""How a check ends that could not look."""


def worker(prefect: places.Prefect, now: datetime | None = None) -> Finding:
    """Whether there is a worker that takes runs."""
    try:
        pool: Mapping[str, Any] = prefect.get(f"/work_pools/{POOL}")
        workers = prefect.post(f"/work_pools/{POOL}/workers/filter", {})
    except Unreachable:
        return _missing(prefect, "There is no work pool yet.")
    if pool["is_paused"]:
        return no("worker", f"The work pool {POOL} is paused, so no run is taken. Resume it in Prefect's UI.")
    heard = [
        datetime.fromisoformat(one["last_heartbeat_time"])
        for one in workers
        if one["status"] == "ONLINE" and one["last_heartbeat_time"]
    ]
    if (begun := places.began(prefect.home)) is not None:  # Prefect calls those of the life before online for a while
        heard = [at for at in heard if at >= begun]
    if not heard:
        return _missing(prefect, "No worker is online.")
    silent = (now or datetime.now(UTC)) - max(heard)
    if silent > SILENT:
        return _missing(prefect, f"No worker was heard for {span(silent)}.")
    return yes("worker", f"{counted(len(heard), 'worker')} online, heard {span(silent)} ago")


def _missing(prefect: places.Prefect, text: str) -> Finding:
    say = unknown if places.coming(prefect.home) else no
    return say("worker", f"{text} {places.start_it(prefect.home)}")


def runs(prefect: places.Prefect) -> Finding:
    """Whether no run is due that nobody takes."""
    late = {"flow_runs": {"state": {"name": {"any_": ["Late"]}}}}
    count = int(prefect.post("/flow_runs/count", late))
    if count:
        text = f"{counted(count, 'run is', 'runs are')} due and no worker takes them. See: codeblue logs worker"
        return no("runs", text)
    return yes("runs", "None is late")


def by_the_clock(home: Home, prefect: places.Prefect, now: datetime | None = None) -> Iterator[Finding]:
    """When each schedule last ran, and whether one is late."""
    at = now or datetime.now(UTC)
    found = schedules(prefect, at)
    wanted = _switched_on(places.deployments_of(home))
    there = {one.name for one in found}
    for name in sorted(wanted - there):
        yield no("schedules", f"{name}: Prefect has no schedule of it; start `codeblue up` anew.")
    wanted -= _without_an_environment(home, prefect, {one.name for one in found if not one.active} & wanted)
    off = [one.name for one in found if not one.active and one.name not in wanted]
    asked = [one for one in found if one.active or one.name in wanted]
    alike = _blind_alike(asked)
    alone = [one for one in asked if not any(one in several for several in alike)]
    yield from (of_schedule(one, at, wanted=one.name in wanted) for one in alone)
    yield from (_all_blind(several, at) for several in alike)
    if off:
        yield yes("schedules", f"switched off, and nothing asks for them: {', '.join(off)}")
    elif not found and not wanted:
        yield no("schedules", "There is none, so nothing is asked by the clock and nobody is paged by it.")


def of_schedule(one: Scheduled, now: datetime, *, wanted: bool) -> Finding:
    """What one schedule's history says."""
    ran = f"last ran {span(now - one.last)} ago ({one.ended})" if one.last is not None else "has never run"
    due = f"; due in {span(one.due - now)}" if one.due is not None and one.due > now else ""
    if not one.active and wanted:
        return no("schedules", f"{one.name}: somebody switched it off in Prefect; {ran}. Switch it on there.")
    if one.late is None:
        return unknown("schedules", f"{one.name}: {ran}; Prefect has planned none yet, look again in two minutes.")
    if one.late:
        since = f"it was due {span(now - one.due)} ago" if one.due is not None else "no run of it is planned"
        return no("schedules", f"{one.name}: late, {since}; {ran}. See: codeblue logs server")
    said = f" It said: {one.said[:300]}" if one.said else " What it said is in Prefect's UI."
    if one.ended in BROKEN:
        return no("schedules", f"{one.name}: {ran}{due}.{said}")
    if one.ended == BLIND:
        return unknown("schedules", f"{one.name}: {ran}: it could not look{due}.{said}")
    return yes("schedules", f"{one.name}: {ran}{due}")


def _blind_alike(found: Iterable[Scheduled]) -> list[list[Scheduled]]:
    """Those in time that could not look, where several say the same: one cause is one line, however many it blinds."""
    by_reason: dict[str, list[Scheduled]] = {}
    for one in found:
        if one.active and one.late is False and one.ended == BLIND and one.said:
            by_reason.setdefault(one.said, []).append(one)
    return [several for several in by_reason.values() if len(several) > 1]


def _all_blind(several: Sequence[Scheduled], now: datetime) -> Finding:
    """One line for checks that could not look for the same reason."""
    newest = max(one.last for one in several if one.last is not None)
    names = ", ".join(one.name for one in several)
    many = f"{counted(len(several), 'check')} could not look, last {span(now - newest)} ago: {names}"
    return unknown("schedules", f"{many}. They said: {several[0].said[:300]}")


def _switched_on(file: Path | None) -> set[str]:
    """The names that the list has a schedule for which is not switched off there."""
    return {one.name for one in _listed(file) if any(schedule.get("active", True) for schedule in one.schedules)}


def _listed(file: Path | None) -> tuple[deployed.Listed, ...]:
    try:
        return deployed.everything(file)
    except Usage:  # the list is gone: what Prefect has is looked at all the same
        return ()


def _without_an_environment(home: Home, prefect: places.Prefect, names: Collection[str]) -> set[str]:
    """Those of them that belong to a system of which nothing is saved: such a check may well be switched off."""
    if not names:
        return set()
    places.before_prefect(home)
    from deployments.environments import saved_environments
    from deployments.systems import systems

    there = {one.kind for one in saved_environments(prefect)}
    without = {f"system:{name}" for name, one in systems().items() if one.kind not in there}
    listed = deployed.everything(places.deployments_of(home))
    return {one.name for one in listed if one.name in names and without.intersection(one.tags)}


def routes(home: Home, prefect: places.Prefect) -> Iterator[Finding]:
    """Whether every route leads to something that can be run."""
    from deployments.receiver.settings import SettingsError, load

    try:
        rules = load(home).rules()
    except SettingsError as error:
        yield no("routes", str(error))
        return
    if not rules:
        yield no("routes", "There is none, so no alert starts anything. Add routes or routes_from to receiver.toml.")
        return
    there = _deployments(prefect)
    trouble = False
    for target in sorted({rule.deployment for rule in rules}):
        if target not in there:
            why = "is not there: alerts for it open incidents that nobody works on. Deploy it, or correct the route."
        elif there[target]:
            why = "is paused: alerts for it open incidents that wait. Resume it in Prefect's UI."
        else:
            continue
        trouble = True
        names = sorted({rule.name for rule in rules if rule.deployment == target})
        yield no("routes", f"The deployment {target}, to which the route of {', '.join(names[:3])} leads, {why}")
    if not trouble:
        to = counted(len({rule.deployment for rule in rules}), "deployment")
        yield yes("routes", f"{counted(len(rules), 'route')} to {to}, all there")


def ours(home: Home, prefect: places.Prefect) -> Iterator[Finding]:
    """Whether what bears one of our names in Prefect is what the list says, and not somebody else's program."""
    listed = _listed(places.deployments_of(home))
    there: dict[str, set[str]] = {}
    for one in prefect.every("/deployments/filter"):
        there.setdefault(str(one["name"]), set()).add(str(one["entrypoint"]))
    trouble = False
    for one in listed:
        under = there.get(one.name, set())
        if under and one.entrypoint not in under:
            trouble = True
            theirs = ", ".join(sorted(under))
            text = f"{one.name}: what bears this name in Prefect runs {theirs}, and not {one.entrypoint}."
            yield no("deployments", f"{text} Start `codeblue up` anew, which puts ours there, or register it again.")
    names = {one.name for one in listed} & there.keys()
    if not names:
        yield unknown("deployments", "None of ours is in Prefect; `codeblue up` puts them there.")
    elif not trouble:
        yield yes("deployments", f"{counted(len(names), 'name')} of ours in Prefect, each with our own program")


def _deployments(prefect: places.Prefect) -> dict[str, bool]:
    """Every deployment as `flow/deployment`, and whether it is paused."""
    flows = {one["id"]: one["name"] for one in prefect.every("/flows/filter")}
    return {
        f"{flows.get(one['flow_id'])}/{one['name']}": bool(one["paused"])
        for one in prefect.every("/deployments/filter")
    }
