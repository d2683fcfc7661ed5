"""An incident's escalation policy: the runbook's levels and the environment's contacts, as they are when it starts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from blocks.environment import Environment
from blocks.notifier import Address, Notifier
from journal.facts.policy import EscalationPolicy, PolicyLevel
from runbook import Escalation, Level, Runbook

NOTIFIER = "notifier"
"""Who is told at a level that has no contact: everyone whom the environment's notifier tells."""

INSTALLATION = "installation"
"""The saved notifier that is told what the installation finds about itself, and what nobody else is told."""


def draw(runbook: Runbook[Any, Any], env: Environment, name: str) -> EscalationPolicy:
    """The escalation policy of an incident of this runbook in the environment saved as `name`; contacts by name."""
    escalation = runbook.escalation
    return EscalationPolicy(
        issue=escalation.issue,
        source=escalation.source,
        block=f"{env.get_block_type_slug()}/{name}",
        levels=tuple(_level(escalation, level, env) for level in escalation.levels),
    )


def installation(runbook: Runbook[Any, Any] | None) -> EscalationPolicy:
    """The escalation policy where nobody can look into the environment: the runbook's levels, told to the installation.

    Where the runbook is not known either, it is one level, at once.
    """
    levels = runbook.escalation.levels if runbook is not None else (Level(name="L1", after=timedelta(0)),)
    return EscalationPolicy(
        issue=runbook.escalation.issue if runbook is not None else "unknown",
        source=runbook.escalation.source if runbook is not None else "the installation",
        block=f"{Notifier.get_block_type_slug()}/{INSTALLATION}",
        levels=tuple(
            PolicyLevel(
                name=level.name,
                after=level.after,
                if_unresolved=level.if_unresolved,
                every=level.every,
                times=level.times,
                during=level.during,
                contacts=(NOTIFIER,),
            )
            for level in levels
        ),
    )


def _level(escalation: Escalation, level: Level, env: Environment) -> PolicyLevel:
    contacts = tuple(
        contact.name
        for contact in env.contacts
        if contact.level == level.name and (not contact.issues or escalation.issue in contact.issues)
    )
    return PolicyLevel(
        name=level.name,
        after=level.after * env.practice_pace,
        if_unresolved=level.if_unresolved,
        every=level.every * env.practice_pace if level.every is not None else None,
        times=level.times,
        during=level.during,
        contacts=contacts or ((NOTIFIER,) if env.notifier.urls else ()),
    )


def on_duty(env: Environment, contacts: tuple[str, ...], at: datetime) -> tuple[Address, ...]:
    """The addresses behind the names in an escalation policy, as they are saved now.

    Contacts out of their hours are left out, unless that leaves nobody: better woken than forgotten. When none of the
    names is saved any more, the environment's notifier is told.
    """
    named = [contact for contact in env.contacts if contact.name in contacts]
    awake = [contact for contact in named if contact.during is None or contact.during.covers(at)]
    names = dict.fromkeys(contact.name for contact in awake or named)
    return tuple(env.address_of(name) for name in names) or env.notifier.addresses()
