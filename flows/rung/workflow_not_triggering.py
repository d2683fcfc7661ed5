"""An event does not start its workflow: n8n is down, or the webhook that rung calls leads nowhere."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.rung import Rung
from flows.follow import follow
from flows.incident import runbook_flow
from flows.rung.probes.workflow_not_triggering import (
    Here,
    Params,
    containers,
    delivery,
    health,
    log,
    metrics,
    webhooks,
    workflows,
)
from runbook import (
    Alert,
    Approval,
    Guardrail,
    Hypothesis,
    Irreversible,
    Manual,
    Mitigation,
    Plan,
    Refusal,
    Runbook,
    Severity,
    Strength,
    WayBack,
)
from tasks.ecs.change import ForceNewDeployment, RunMoreTasks
from tasks.ecs.containers import OUT_OF_MEMORY
from tasks.ecs.memory import RaiseMemory
from tasks.n8n.change import ActivateWorkflows, WorkflowTarget
from tasks.n8n.delivery import Registration

LOST = delivery.shows(
    "an event that the API sends now would not start its workflow, or would wait for ever",
    lambda r: not r.works,
    gauge="webhooks that take no event",
)
ANSWERS = health.shows("n8n answers and says that it is well", lambda r: r.answers)
# An answer that is not trusted, or that something else is wrong, comes from somebody who is up: no restart helps there.
SPEAKS = health.shows(
    "something answers where n8n is, and is not well or not trusted",
    lambda r: not r.answers and r.kind in {"answered", "untrusted"},
)
UNTRUSTED = health.shows("n8n's certificate is not trusted", lambda r: r.kind == "untrusted")
TRUSTED = health.shows("n8n answers, and its certificate is trusted where it has one", lambda r: r.kind == "answered")
NO_ANSWER = health.shows(
    "nobody answers where n8n is", lambda r: not r.answers and r.kind not in {"answered", "untrusted"}
)

ROLLING = containers.shows("a rollout of n8n is in progress", lambda r: r.rolling)
WANTS_NONE = containers.shows("n8n's service wants no tasks", lambda r: r.desired == 0)
WANTS_SOME = containers.shows("n8n's service wants at least one task", lambda r: r.desired > 0)
RUNS = containers.shows(
    "n8n's service runs as many tasks as it wants, and none has ended by itself lately",
    lambda r: r.running == r.desired > 0 and r.last_ended is None and not r.rolling,
)
RAN_OUT = containers.shows(
    "the last task of n8n that ended had run out of memory", lambda r: r.last_ended == OUT_OF_MEMORY
)
NOT_OUT = containers.shows(
    "no task of n8n has ended for want of memory, and one runs",
    lambda r: r.running > 0 and not r.ended.get(OUT_OF_MEMORY),
)
HEAP_FULL = log.shows("n8n logged that its heap is full", lambda r: not r.none("heap full"))
ROOMY = metrics.shows("n8n never used more than 70% of its memory", lambda r: r.highest("memory") <= 70)

TURNED_AWAY = webhooks.shows("n8n turns away events at a webhook that the API calls", lambda r: bool(r.turned_away))
TAKEN = webhooks.shows("n8n takes events at each webhook that the API calls", lambda r: not r.turned_away)
ELSEWHERE = delivery.shows("the API sends its events to another address than n8n's", lambda r: not r.address.same)
RIGHT_ADDRESS = delivery.shows("the API sends its events to n8n's own address", lambda r: r.address.same)
SWITCHED_OFF = workflows.shows(
    "a workflow that the API's events start is switched off", lambda r: bool(r.workflows.inactive)
)
SWITCHED_ON = workflows.shows(
    "each workflow that the API's events start is switched on", lambda r: not r.workflows.inactive
)
RENAMED = workflows.shows("no workflow has a webhook at a path that the API calls", lambda r: bool(r.workflows.unknown))
KNOWN_PATHS = workflows.shows(
    "a workflow has a webhook at each path that the API calls", lambda r: not r.workflows.unknown
)
UNREGISTERED = workflows.shows("n8n turns away events of a workflow that is switched on", lambda r: bool(r.lost))
REGISTERED = workflows.shows("n8n takes the events of each workflow that is switched on", lambda r: not r.lost)

N8N_DOWN = Hypothesis(
    name="n8n_down",
    claim="n8n's container is down, or runs and does not serve.",
    supported_by=(NO_ANSWER,),
    refuted_by=(ANSWERS, SPEAKS, RAN_OUT, HEAP_FULL, WANTS_NONE, ROLLING),
    prior=0.4,
    source="rung.h235",
)

MEMORY_EXHAUSTED = Hypothesis(
    name="memory_exhausted",
    claim="n8n needs more memory than its container has, and is ended again and again.",
    supported_by=(RAN_OUT, HEAP_FULL),
    refuted_by=(ROOMY, WANTS_NONE, NOT_OUT),
    strength=((RAN_OUT, Strength.DECISIVE), (NOT_OUT, Strength.HINT)),
    source="rung.h238",
)

CERTIFICATE = Hypothesis(
    name="certificate",
    claim="n8n's certificate has run out, or is nobody's that is trusted here.",
    supported_by=(UNTRUSTED,),
    refuted_by=(TRUSTED,),
    strength=((UNTRUSTED, Strength.DECISIVE),),
    prior=0.1,
    source="devised",
)

SCALED_TO_NONE = Hypothesis(
    name="scaled_to_none",
    claim="Somebody or something has let n8n's service want no tasks.",
    supported_by=(WANTS_NONE,),
    refuted_by=(WANTS_SOME, ANSWERS),
    strength=((WANTS_NONE, Strength.DECISIVE),),
    prior=0.1,
    source="devised",
)

ADDRESS_CHANGED = Hypothesis(
    name="address_changed",
    claim="The API still sends its events to where n8n no longer is.",
    supported_by=(ELSEWHERE,),
    refuted_by=(RIGHT_ADDRESS,),
    strength=((ELSEWHERE, Strength.DECISIVE),),
    source="rung.h236",
)

PATH_CHANGED = Hypothesis(
    name="path_changed",
    claim="Somebody gave the webhook of a workflow another path.",
    supported_by=(RENAMED,),
    refuted_by=(KNOWN_PATHS, TAKEN),
    strength=((RENAMED, Strength.DECISIVE),),
    prior=0.1,
    source="rung.h236",
)

WORKFLOW_DISABLED = Hypothesis(
    name="workflow_disabled",
    claim="A workflow is switched off in n8n.",
    supported_by=(SWITCHED_OFF, TURNED_AWAY),
    refuted_by=(SWITCHED_ON, TAKEN),
    strength=((SWITCHED_OFF, Strength.DECISIVE),),
    prior=0.3,
    source="rung.h237",
)

REGISTRATION_LOST = Hypothesis(
    name="registration_lost",
    claim="A workflow is switched on, and n8n has forgotten its webhook all the same.",
    supported_by=(UNREGISTERED, RUNS),
    refuted_by=(REGISTERED, TAKEN),
    strength=((UNREGISTERED, Strength.DECISIVE), (RUNS, Strength.HINT)),
    prior=0.1,
    source="devised",
)

RUNS_LOST = "Workflows that run at this moment are cut off; n8n marks them as crashed and does not repeat them."
NO_RETURN = Irreversible("A task that was ended does not come back; the new one is the same revision.")
SHORT = Guardrail(at_most=1, cooldown=timedelta(minutes=2))


def anew(c: Here) -> ForceNewDeployment:
    env = c.env
    return ForceNewDeployment(aws=env.aws, cluster=env.ecs_cluster, service=env.workflows.service, loses=RUNS_LOST)


RESTART = Mitigation(
    name="restart_n8n",
    title="Deploy n8n's service anew",
    treats=N8N_DOWN,
    change=anew,
    approval=Approval(by="workflow on-call", risk=RUNS_LOST),
    guardrail=SHORT,
    undo=NO_RETURN,
    validated_by=ANSWERS,
    leaves="what made n8n stop answering is not known and may do so again; events sent meanwhile are lost.",
    within=timedelta(minutes=10),
    source="rung.c242 rung.t243 rung.t244 rung.p241",
)

MORE_MEMORY = Mitigation(
    name="raise_memory",
    title="Give n8n's container twice the memory",
    treats=MEMORY_EXHAUSTED,
    change=lambda c: RaiseMemory(
        aws=c.env.aws, cluster=c.env.ecs_cluster, service=(one := c.env.workflows.service), container=one
    ),
    approval=Approval(by="workflow on-call", risk=f"{RUNS_LOST} Memory costs money, and hides a leak for a while."),
    guardrail=SHORT,
    undo=WayBack("The service gets the revision that it ran before."),
    validated_by=NOT_OUT,
    within=timedelta(minutes=10),
    source="rung.h238",
)

RENEW_CERTIFICATE = Manual(
    name="renew_certificate",
    title="Renew n8n's certificate",
    treats=CERTIFICATE,
    why_manual="whoever issues certificates must see that this one is asked for by its owner; n8n itself is well, and a"
    " restart helps nothing.",
    steps=(
        health.tells(lambda r: [f"{r}."]),
        "Find who issues it (ACM, or the tool that renews it), and why it was not renewed: the same will happen again.",
        "Have it renewed and loaded. Never let the API send its events without looking at certificates.",
        "Say that it is done; n8n is then asked again.",
    ),
    validated_by=TRUSTED,
    within=timedelta(minutes=10),
    source="devised",
)

WANT_TASKS = Mitigation(
    name="run_tasks",
    title="Let n8n's service want tasks again",
    treats=SCALED_TO_NONE,
    change=lambda c: RunMoreTasks(
        aws=c.env.aws, cluster=c.env.ecs_cluster, service=c.env.workflows.service, to=c.params.tasks
    ),
    approval=Approval(
        by="workflow on-call", risk="If n8n was put to rest on purpose, its workflows begin to run again."
    ),
    guardrail=SHORT,
    undo=WayBack("The service wants as many tasks as before."),
    validated_by=WANTS_SOME,
    within=timedelta(minutes=10),
    source="devised",
)


def _switched_on(seen: Registration, plan: Plan[WorkflowTarget]) -> Registration:
    """What n8n would say once these workflows are switched on."""
    on = {one.id for one in plan.targets}
    workflows = tuple(one.model_copy(update={"active": one.active or one.id in on}) for one in seen.workflows.workflows)
    return seen.model_copy(update={"workflows": seen.workflows.model_copy(update={"workflows": workflows})})


ACTIVATE = Mitigation(
    name="activate_workflows",
    title="Switch the workflows on by n8n's API",
    treats=WORKFLOW_DISABLED,
    change=lambda c: ActivateWorkflows(n8n=c.env.n8n, paths=c.env.workflows.webhooks),
    approval=Approval(by="workflow owner", risk="A workflow may have been switched off because it did harm."),
    guardrail=Guardrail(at_most=5, cooldown=timedelta(minutes=2)),
    undo=WayBack("The workflows are switched off again."),
    validated_by=SWITCHED_ON,
    expects=_switched_on,
    source="rung.h237",
)

SWITCH_ON = Manual(
    name="switch_on_by_hand",
    title="Switch the workflows on in n8n's pages",
    treats=WORKFLOW_DISABLED,
    why_manual="this is for where the environment has no key of n8n with which workflows may be activated.",
    steps=(
        workflows.tells(
            lambda r: [
                f"In n8n, open '{one.name}' and see who switched it off, and why." for one in r.workflows.inactive
            ]
        ),
        "If it may run, switch it to Active in the upper right corner, and see that no error is shown.",
    ),
    validated_by=TAKEN,
    source="rung.h237",
)

REGISTER_AGAIN = Mitigation(
    name="register_again",
    title="Deploy n8n anew, so that it registers its webhooks",
    treats=REGISTRATION_LOST,
    change=anew,
    approval=Approval(by="workflow on-call", risk=RUNS_LOST),
    guardrail=SHORT,
    undo=NO_RETURN,
    validated_by=REGISTERED,
    within=timedelta(minutes=10),
    source="devised",
)

CORRECT_ADDRESS = Manual(
    name="correct_address",
    title="Give the API n8n's present address",
    treats=ADDRESS_CHANGED,
    why_manual="the address is part of the API's configuration, beside its secrets, and is deployed by the API's team.",
    steps=(
        delivery.tells(lambda r: [f"{r.address}."]),
        "If n8n has moved, set the address in the API's deployment and deploy it: a published version never changes,"
        " so a new one is needed, and the alias must point to it.",
        "If n8n has not moved, find out who changed the address: events may hold clinical data. Tell security.",
    ),
    validated_by=RIGHT_ADDRESS,
    source="rung.h236",
)

CORRECT_PATH = Manual(
    name="correct_path",
    title="Give the webhook its path back, or tell the API the new one",
    treats=PATH_CHANGED,
    why_manual="only the owner of the workflow knows which of the two is right.",
    steps=(
        workflows.tells(
            lambda r: [f"The API calls /webhook/{path}; no workflow has it." for path in r.workflows.unknown]
        ),
        "Find the workflow in n8n; its history shows who changed the path of the Webhook node.",
        "Set the old path again and activate the workflow, or deploy the API with the new path.",
    ),
    validated_by=TAKEN,
    source="rung.h236",
)

RUNBOOK = Runbook[Rung, Params](
    name="rung.workflow_not_triggering",
    title="Workflow not triggering",
    about="Pre-session or post-session workflows do not run, because the API's events do not reach them.",
    source="rung.workflow_not_triggering",
    version="1",
    severity=Severity.ERROR,
    environment="rung-prod",
    starts_on=("N8nDown", "N8nWebhookFailing", "rung-n8n-*", "rung-workflow-*"),
    symptom=LOST,
    hypotheses=(
        N8N_DOWN,
        MEMORY_EXHAUSTED,
        CERTIFICATE,
        SCALED_TO_NONE,
        ADDRESS_CHANGED,
        PATH_CHANGED,
        WORKFLOW_DISABLED,
        REGISTRATION_LOST,
    ),
    mitigations=(
        RESTART,
        MORE_MEMORY,
        RENEW_CERTIFICATE,
        WANT_TASKS,
        ACTIVATE,
        SWITCH_ON,
        REGISTER_AGAIN,
        CORRECT_ADDRESS,
        CORRECT_PATH,
    ),
    refuses=(
        Refusal(
            what="POST a test event to the production webhook, to see whether its address is right.",
            why="It starts the production workflow: records are written, models called, and clients may be sent"
            " messages. A preflight (OPTIONS with an Origin) shows which methods n8n has registered, and runs nothing.",
            source="rung.c226 rung.t226",
        ),
    ),
    escalation=Rung.API,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_workflow_not_triggering(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why events do not start their workflows and offer the safest fix."""
    return follow(RUNBOOK, Rung, params, alert)
