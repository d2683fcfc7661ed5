"""What `codeblue doctor` finds out about saved environments: each is asked what an incident begins with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from deployments import places
from deployments.cli import doctor_paging
from deployments.cli.environments import REAL, paced
from deployments.cli.finding import Finding, no, unknown, yes
from deployments.stack_home import Home
from journal.facts.words import Answer
from journal.wording import counted

_SAY: Final = {Answer.YES: yes, Answer.NO: no, Answer.UNKNOWN: unknown}


def environments(home: Home, prefect: places.Prefect) -> Iterator[Finding]:
    """Whether one is saved, those are that routes lead to, and each can be seen."""
    places.before_prefect(home)
    from blocks.saved import Unfit, saved
    from deployments.environments import asking, saved_environments

    there = saved_environments(prefect)
    names = Counter(one.name for one in there)
    if not there:
        text = f"None is saved; runbooks need one. Save it in Prefect: {prefect.ui}/blocks"
        yield no("environments", text)
    elif any(one.pace in {None, REAL} for one in there):  # with practice alone, nothing real is expected here
        yield from _routed(home, set(names))
    with asking(prefect.url):
        for one in there:
            system = one.kind.get_block_type_slug().removeprefix("codeblue-")
            name = one.name if names[one.name] == 1 else f"{one.name} ({system})"
            if one.pace not in {None, REAL}:
                yield yes(name, f"pace: {paced(one.pace or REAL)}")
            try:
                found = saved(one.kind, one.name)
                checks = list(found.checks())
            except Unfit as unfit:
                yield no(name, str(unfit))
                continue
            except Exception as error:  # noqa: BLE001  (one broken environment must not hide the others)
                said = " ".join(str(error).split())[:300]
                yield no(name, f"Cannot be loaded: {said}")
                continue
            for check in checks:
                say = _SAY[check.answer]
                yield say(name, f"{check.name}: {check.text}")
            yield from doctor_paging.paging(name, found, doctor_paging.runbooks_of(one.kind))


def _routed(home: Home, there: set[str]) -> Iterator[Finding]:
    """Whether those environments are saved that an alert works on which names none."""
    from deployments.receiver.settings import SettingsError, load

    try:
        rules = load(home).rules()
    except SettingsError:  # `routes` says so
        return
    for name in sorted({rule.environment for rule in rules} - there):
        count = counted(sum(rule.environment == name for rule in rules), "route works", "routes work")
        text = f"{count} on {name} unless the alert says otherwise, and it is not saved: nothing could be looked at."
        yield no("environments", f"{text} Save it, or name another in your routes.")
