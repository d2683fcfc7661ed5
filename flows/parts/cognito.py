"""A user pool of Cognito: how it is set up, what it refuses, and what became of one user's attempts."""

from __future__ import annotations

from functools import cached_property

from pydantic import Field

from blocks.shapes import HasLogin
from flows.forms import WindowForm
from flows.parts.asked import DEVISED, Asked
from runbook import Context, Evidence, Form, Probe, probe
from runbook.probe import E_contra, P_contra
from tasks.cognito.account import Account, read_account
from tasks.cognito.read import Pool, read_pool
from tasks.cognito.refusals import KINDS, PATTERN
from tasks.logs.read import Events, read_events
from tasks.selections import UserOf


class UserForm(Form):
    """Whom it is about, if anybody."""

    username: str | None = Field(
        default=None,
        max_length=128,
        pattern=r"^[^@]*$",  # refused by Prefect before it stores the parameters
        description="The user's `sub` (an id, never a name or an address); empty looks at everybody only.",
    )


def named(c: Context[HasLogin, UserForm]) -> UserOf:
    """The named user."""
    return UserOf(pool=c.env.login.pool, user=c.params.username)


class AskedUser(Asked[E_contra, P_contra, Account]):
    @cached_property
    def risky(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows("Cognito flagged a sign-in of the user as risky", lambda r: r.attempts.risky > 0)

    @cached_property
    def familiar(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "what fails comes from where the user has signed in before", lambda r: r.attempts.at_home
        )

    @cached_property
    def strange(self) -> Evidence[E_contra, P_contra]:
        return self.probe.shows(
            "a sign-in that failed came from where the user has never signed in", lambda r: not r.attempts.at_home
        )


def user(source: str = DEVISED) -> Probe[HasLogin, UserForm, Account]:
    @probe(
        read_pool,
        read_account,
        asks="Is the named user let in, by which factors, and what became of the latest attempts?",
        source=source,
        about=named,
    )
    def user(c: Context[HasLogin, UserForm], of: UserOf) -> Account:
        return read_account(c.env.aws, read_pool(c.env.aws, of.pool), of.user)

    return user


def pool(source: str = DEVISED) -> Probe[HasLogin, Form, Pool]:
    @probe(read_pool, asks="How is the user pool set up, and which second factors does it take?", source=source)
    def pool(c: Context[HasLogin, Form]) -> Pool:
        return read_pool(c.env.aws, c.env.login.pool)

    return pool


def refusals(source: str = DEVISED) -> Probe[HasLogin, WindowForm, Events]:
    """What the function that signs users in logs of Cognito's answers, by kind."""

    @probe(read_events, asks="What does Cognito refuse sign-ins with?", source=source)
    def refusals(c: Context[HasLogin, WindowForm]) -> Events:
        window = c.back(c.params.window)
        return read_events(c.env.aws, c.env.login.log, pattern=PATTERN, window=window, kinds=KINDS)

    return refusals
