"""What `codeblue doctor` finds out about who is told: by each saved environment, and by the installation itself.

Where nobody is named, every page reaches nobody while all else is well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from deployments import places
from deployments.cli.environments import REAL
from deployments.cli.finding import Finding, no, unknown, yes
from deployments.stack_home import Home
from journal.wording import counted

if TYPE_CHECKING:
    from blocks.environment import Environment
    from blocks.notifier import Address
    from runbook import Runbook

HOW = "docs/operating.md, Say who is told"
"""Where it stands how that is saved."""


def installation(home: Home, prefect: places.Prefect) -> Iterator[Finding]:
    """Whether somebody hears what the installation finds about itself, and of incidents without an environment."""
    places.before_prefect(home)
    from blocks.notifier import Notifier
    from blocks.saved import NotSaved, Unfit, saved
    from deployments.environments import asking
    from tasks.policy import INSTALLATION

    with asking(prefect.url):
        try:
            told = saved(Notifier, INSTALLATION).addresses()
        except NotSaved:
            text = "Nobody is told what this installation finds about itself: no notifier of that name is saved."
            yield no("installation", f"{text} Save one: {HOW}")
            return
        except Unfit as unfit:
            yield no("installation", f"Nobody is told what this installation finds about itself. {unfit}")
            return
    if not told:
        text = "Nobody is told what this installation finds about itself: its notifier has no address."
        yield no("installation", f"{text} Add one: {HOW}")
    elif wrong := unusable(told):
        yield no("installation", wrong)
    else:
        yield yes("installation", f"Told by {', '.join(one.to for one in told)}")


def paging(name: str, env: Environment, runbooks: Iterable[Runbook[Any, Any] | None]) -> Iterator[Finding]:
    """Whether each level of these runbooks pages somebody, drawn as an incident draws its escalation policy.

    `None` stands for a runbook that could not be loaded: nobody knows whom it pages.
    """
    from tasks.policy import draw

    say: Callable[[str, str], Finding] = no if env.practice_pace == REAL else _practising
    empty: dict[tuple[str, ...], list[str]] = {}
    several = everybody = unread = 0
    for runbook in runbooks:
        if runbook is None:
            unread += 1
            continue
        levels = draw(runbook, env, name).levels
        silent = tuple(level.name for level in levels if not level.contacts)
        several += 1
        everybody += len(silent) == len(levels)
        if silent:
            empty.setdefault(silent, []).append(runbook.name)
    if not several:
        yield unknown(name, "Nobody knows which levels page somebody: no runbook of its system could be loaded.")
        return
    if unread:
        lost = counted(unread, "runbook of its system", "runbooks of its system")
        yield unknown(name, f"Nobody knows whom {lost} would page, since loading failed; see codeblue systems.")
    if everybody == several:
        levels = ", ".join(dict.fromkeys(level for silent in empty for level in silent))
        yield say(name, f"nobody can be paged ({levels} have no contact, and the notifier no address). {HOW}")
    else:
        for silent, whose in sorted(empty.items()):
            of = "" if len(whose) == several else f" in {counted(len(whose), 'runbook')}, the first {min(whose)}"
            yield say(name, f"nobody can be paged at {', '.join(silent)}{of}: no contact, and no notifier. {HOW}")
        if not empty and not unread:
            yield yes(name, f"paging: each level of {counted(several, 'runbook')} has somebody")
    known = {contact.name for contact in env.contacts}
    if wrong := unusable([*env.notifier.addresses(), *(env.address_of(contact) for contact in sorted(known))]):
        yield no(name, wrong)


def runbooks_of(kind: type[Environment]) -> Iterator[Runbook[Any, Any] | None]:
    """The runbooks that work on this kind of environment; `None` for each that cannot be loaded."""
    from deployments.systems import installed

    for one in installed():
        if one.system is not None and one.system.kind is kind:
            for listed in one.runbooks:
                try:
                    yield listed.declaration
                except Exception:  # noqa: BLE001  (whatever breaks one runbook must not hide who is paged)
                    yield None


def unusable(told: Iterable[Address]) -> str:
    """A sentence about addresses that no service is known for, so that nobody is told there; empty without any."""
    import apprise

    wrong = [one.to for one in told if apprise.Apprise.instantiate(one.url.get_secret_value()) is None]
    if not wrong:
        return ""
    return f"Nobody is told at the address of {', '.join(wrong)}: it is no apprise address. Correct it: {HOW}"


def _practising(name: str, text: str) -> Finding:
    """Nobody is paged in practice by intention; whoever rehearses paging must know."""
    return unknown(name, f"practice: {text}")
