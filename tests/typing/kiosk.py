"""A system of its own whose settings are behind a switchboard and in SSM, with a runbook of shared parts.

Nothing of it is installed: it stands for systems whose runbooks set things for a while. `tests/tasks` plan by it.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from blocks.app_config import AllowedSetting, Profile
from blocks.aws import Aws
from blocks.environment import Environment
from blocks.parameters import AllowedParameter, Parameters, resource
from blocks.permissions import Names
from blocks.switchboard import Switchboard
from flows.parts import switchboard as parts
from runbook import Context, Escalation, Form, Hypothesis, Level, Runbook, Severity, probe
from tasks.web.read import Page, read_page

CALLS, REINDEX, WAIT, CAMPAIGN = "kiosk.parallel_calls", "kiosk.reindex", "/kiosk/wait_seconds", "kiosk.campaign"
PATIENTLY = 4
LONGER = 10


class Kiosk(Environment):
    switchboard: Switchboard
    aws: Aws
    url: str = "https://kiosk.example.com"
    may_be_set: list[AllowedParameter] = Field(
        default=[AllowedParameter(key=WAIT, owner="the kiosk's team", least=1, most=20, longest=timedelta(hours=2))]
    )
    application: str = "kiosk01"
    stage: str = "prod001"
    features: str = "feature"
    flags: list[AllowedSetting] = Field(
        default=[AllowedSetting(key=CAMPAIGN, owner="the kiosk's team", at=("values", "campaign", "enabled"))]
    )

    @property
    def parameters(self) -> Parameters:
        return Parameters(aws=self.aws, may_be_set=self.may_be_set)

    @property
    def profile(self) -> Profile:
        return Profile(
            aws=self.aws,
            application=self.application,
            environment=self.stage,
            profile=self.features,
            may_be_set=self.flags,
        )

    def resources(self) -> Names:
        return {"parameter": tuple(resource(one.key) for one in self.may_be_set), **self.profile.resources()}


class Params(Form):
    pass


@probe(read_page, asks="Does the kiosk answer, and how fast?", source="devised")
def page(c: Context[Kiosk, Params]) -> Page:
    return read_page(c.env.url)


SLOW = page.shows("the kiosk takes 2 s or longer", lambda r: (r.latency or 0) >= 2000)
QUICK = page.shows("the kiosk answers within half a second", lambda r: r.answers and (r.latency or 0) < 500)

SWITCH = parts.AskedSwitch[Kiosk, Params](parts.switch(CALLS), CALLS)
AS_USUAL = SWITCH.is_not_at(PATIENTLY)
PATIENT = SWITCH.is_at(PATIENTLY)

TOO_MANY_CALLS = Hypothesis(
    name="too_many_calls",
    claim="It asks its supplier for more at once than that can answer.",
    supported_by=(AS_USUAL,),
    refuted_by=(PATIENT,),
    source="devised",
)
PARAMETER = parts.AskedSwitch[Kiosk, Params](parts.parameter(WAIT), WAIT)
SHORT = PARAMETER.is_not_at(LONGER)
LONG = PARAMETER.is_at(LONGER)

GIVES_UP_EARLY = Hypothesis(
    name="gives_up_early",
    claim="It gives up on its supplier too early, and asks again.",
    supported_by=(SHORT,),
    refuted_by=(LONG,),
    source="devised",
)
FEATURE = parts.AskedSwitch[Kiosk, Params](parts.setting(CAMPAIGN), CAMPAIGN)
ON = FEATURE.is_at(True)
OFF = FEATURE.is_at(False)

CAMPAIGN_DRAWS = Hypothesis(
    name="campaign_draws",
    claim="A campaign draws more visitors than it can serve.",
    supported_by=(ON,),
    refuted_by=(OFF,),
    source="devised",
)
STALE_INDEX = Hypothesis(
    name="stale_index",
    claim="Its index is stale, so each search reads everything.",
    supported_by=(PATIENT,),
    refuted_by=(QUICK,),
    source="devised",
)

RUNBOOK = Runbook[Kiosk, Params](
    name="kiosk.slow",
    title="The kiosk is slow",
    about="Whoever stands before it waits.",
    source="devised",
    version="1",
    severity=Severity.ERROR,
    environment="kiosk-prod",
    symptom=SLOW,
    hypotheses=(TOO_MANY_CALLS, GIVES_UP_EARLY, CAMPAIGN_DRAWS, STALE_INDEX),
    mitigations=(
        parts.set_for_a_while(
            TOO_MANY_CALLS,
            CALLS,
            PATIENTLY,
            lasts=timedelta(hours=1),
            by="kiosk on-call",
            risk="Fewer calls at once; at peak times visitors wait a little longer.",
            validated_by=QUICK,
        ),
        parts.set_parameter_for_a_while(
            GIVES_UP_EARLY,
            WAIT,
            LONGER,
            lasts=timedelta(hours=1),
            by="kiosk on-call",
            risk="Whoever stands before it waits a little longer for a failure.",
            validated_by=QUICK,
        ),
        parts.set_setting_for_a_while(
            CAMPAIGN_DRAWS,
            CAMPAIGN,
            False,
            lasts=timedelta(hours=1),
            by="kiosk on-call",
            risk="Nobody sees the campaign meanwhile.",
            validated_by=QUICK,
        ),
        parts.run_task(
            STALE_INDEX,
            REINDEX,
            by="kiosk on-call",
            risk="It reads the whole catalogue once.",
            validated_by=QUICK,
        ),
    ),
    escalation=Escalation(issue="Kiosk", source="devised", levels=(Level(name="L1", after=timedelta(0)),)),
)
