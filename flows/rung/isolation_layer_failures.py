"""Couples merges fail because the isolation layer stops them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rung import Rung
from flows.follow import follow
from flows.incident import runbook_flow
from flows.rung import merge_authorization_failures
from runbook import (
    Alert,
    Context,
    Form,
    HandOff,
    Hypothesis,
    Manual,
    Refusal,
    Runbook,
    Severity,
    Strength,
    probe,
)
from tasks.logs.merges import Merges, read_failures, read_merges, read_violations
from tasks.logs.read import Events

MOMENT = timedelta(seconds=1)


class Params(Form):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    recent: timedelta = Field(
        default=timedelta(minutes=15),
        ge=MOMENT,
        le=timedelta(hours=6),
        description="What counts as just now. A violation before that says nothing of the merges that fail now.",
    )


Here = Context[Rung, Params]


@probe(read_merges, asks="How do merges end just now?", source="rung.p434")
def merges(c: Here) -> Merges:
    return read_merges(c.env.aws, c.env.logs.audit, window=c.back(c.params.recent))


@probe(
    read_failures,
    asks="Is it the isolation layer that stops the merges which fail?",
    source="rung.c441 rung.t443 rung.t445 rung.p440",
)
def failures(c: Here) -> Events:
    return read_failures(c.env.aws, c.env.logs.audit, window=c.back(c.params.recent))


@probe(
    read_violations,
    asks="What does the isolation layer stop, by kind?",
    source="rung.c448 rung.t450 rung.t452 rung.p435 rung.p447",
)
def violations(c: Here) -> Events:
    return read_violations(c.env.aws, c.env.logs.security, window=c.back(c.params.recent))


def unmerged(events: Events) -> bool:
    if not any(events.kinds.values()):
        raise LookupError("no merge was tried, so nobody can say whether one would fail")
    return events.of("refused") > 0 or not events.none("failed")


UNMERGED = merges.shows("a couples merge failed or was refused just now", unmerged, gauge="merges that fail")
MERGED = merges.shows(
    "couples are merged again, and no merge failed just now", lambda r: r.of("completed") > 0 and r.none("failed")
)
NOT_ISOLATION = failures.shows(
    "fewer than half of the failed merges were stopped by the isolation layer",
    lambda r: r.none() or r.share("isolation", least=1) < 0.5,  # merges are rare: one that was stopped is a sign
)
CLINICAL = violations.shows(
    "the isolation layer found clinical data in the name of a framework", lambda r: r.of("clinical data in a name") > 0
)

TERM_NOT_LISTED = Hypothesis(
    name="term_not_listed",
    claim="Merges use a term that is not on the list of allowed ones.",
    supported_by=(
        violations.shows(
            "at least half of the violations are terms that are not listed", lambda r: most(r, "term not listed")
        ),
    ),
    refuted_by=(
        violations.shows("no violation is a term that is not listed", lambda r: r.none("term not listed")),
        CLINICAL,
        NOT_ISOLATION,
    ),
    prior=0.3,
    source="rung.h459",
)

CLINICAL_DATA = Hypothesis(
    name="clinical_data",
    claim="Clinical data has got into the name of a framework.",
    supported_by=(CLINICAL,),
    refuted_by=(
        violations.shows("no violation is clinical data in a name", lambda r: r.none("clinical data in a name")),
    ),
    strength=((CLINICAL, Strength.DECISIVE),),
    source="rung.h460",
)

SCHEMA_MISMATCH = Hypothesis(
    name="schema_mismatch",
    claim="Extraction writes another schema than the isolation layer reads.",
    supported_by=(
        violations.shows("at least half of the violations are about the schema", lambda r: most(r, "schema")),
    ),
    refuted_by=(
        violations.shows("no violation is about the schema", lambda r: r.none("schema")),
        CLINICAL,
        NOT_ISOLATION,
    ),
    source="rung.h461",
)

STOPPED = failures.shows("failed merges were stopped by the isolation layer", lambda r: not r.none("isolation"))

NOT_ALLOWED = Hypothesis(
    name="not_allowed",
    claim="It is not the isolation layer: the therapist may not make the merge.",
    supported_by=(merges.shows("a merge was refused with 403 just now", lambda r: not r.none("refused")),),
    refuted_by=(
        merges.shows("no merge was refused with 403 just now", lambda r: r.none("refused")),
        STOPPED,
    ),
    strength=((STOPPED, Strength.DECISIVE),),
    source="devised",
)


def most(events: Events, kind: str) -> bool:
    return not events.none() and events.of(kind) >= 0.5 * events.total


TWO = "Do this with two people, one of them from privacy; what you see there, you may not write down or pass on."
LOOK = (
    "Ask privacy to open the events (break glass: the access is recorded with your name and this incident). Look at the"
    " kind and the request id; read a violation's text only if nothing else helps."
)
WAITS, WITHIN = timedelta(hours=4), timedelta(minutes=20)

REVIEW_LIST = Manual(
    name="review_list",
    title="Review the term, and add it to the list if it says nothing about a person",
    treats=TERM_NOT_LISTED,
    why_manual="which word may cross from one partner to the other is a decision about privacy.",
    steps=(
        violations.tells(
            lambda r: [f"{r.of('term not listed')} of {r.total} violations are terms that are not listed."]
        ),
        TWO,
        LOOK,
        "Add the term only if it could stand in a textbook. If it describes what somebody lived through, leave it out:"
        " the layer was right, and extraction must be corrected.",
        "Release the list as any change is released, with a review; then say that it is done.",
    ),
    validated_by=MERGED,
    waits=WAITS,
    within=WITHIN,
    source="rung.h459",
)

CLEAN = Manual(
    name="clean_data",
    title="Treat it as a privacy incident: stop, clean the data, and correct extraction",
    treats=CLINICAL_DATA,
    why_manual="clinical data of one partner stood where the other could have seen it; privacy must judge it.",
    steps=(
        "Call the privacy officer now, and say the number of this incident. Do not copy any text.",
        violations.tells(
            lambda r: [f"{r.of('clinical data in a name')} names held clinical data, the last at {r.last:%H:%M} UTC."]
        ),
        "Switch couples merges off until it is clear that nothing has crossed over.",
        TWO,
        LOOK,
        "Clean the names by the tool of the application, and let its team find out how extraction put them there.",
        "Switch merges on again when privacy agrees; then say that it is done.",
    ),
    validated_by=MERGED,
    waits=WAITS,
    within=WITHIN,
    source="rung.h460",
)

MATCH_SCHEMAS = Manual(
    name="match_schemas",
    title="Bring extraction and isolation layer to the same schema",
    treats=SCHEMA_MISMATCH,
    why_manual="it is a release of code, and loosening the schema would open the layer.",
    steps=(
        violations.tells(lambda r: [f"{r.of('schema')} of {r.total} violations are about the schema."]),
        "Compare what was released last: the extraction's Pydantic models and the layer's. Roll the newer one back.",
        "Do not make fields optional or allow extra ones to get merges through: what the layer does not know, it must"
        " stop.",
        "Say that it is done; merges are then looked at again.",
    ),
    validated_by=MERGED,
    waits=WAITS,
    within=WITHIN,
    source="rung.h461",
)

TO_AUTHORIZATION = HandOff(
    name="merge_authorization",
    title="Find out why merges are refused",
    treats=NOT_ALLOWED,
    to=merge_authorization_failures.RUNBOOK,
    params=lambda c: c.params.model_dump(mode="json"),
    source="devised",
)

RUNBOOK = Runbook[Rung, Params](
    name="rung.isolation_layer_failures",
    title="Isolation layer failures",
    about="Couples merges fail, or the isolation layer reports violations. Events are counted by kind and never shown:"
    " an operator's view of one partner's text could itself break the isolation. Who looked, and when, stands in the"
    " incident's journal.",
    source="rung.isolation_layer_failures",
    version="1",
    severity=Severity.CRITICAL,
    environment="rung-prod",
    starts_on=("IsolationLayerFailure", "IsolationViolation", "rung-isolation-*"),
    symptom=UNMERGED,
    hypotheses=(TERM_NOT_LISTED, CLINICAL_DATA, SCHEMA_MISMATCH, NOT_ALLOWED),
    mitigations=(REVIEW_LIST, CLEAN, MATCH_SCHEMAS, TO_AUTHORIZATION),
    refuses=(
        Refusal(
            what="Print the last ten events of the audit and the security log.",
            why="They may quote what one partner must not learn of the other. They are counted by kind, over the whole"
            " window; the text is opened with privacy, and with a record.",
            source="rung.c441 rung.c448",
        ),
    ),
    escalation=Rung.DATA,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_isolation_layer_failures(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out what the isolation layer stops, without reading what it stopped."""
    return follow(RUNBOOK, Rung, params, alert)
