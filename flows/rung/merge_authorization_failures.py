"""A couples merge is refused with 403, because of who belongs to whom."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.rung import Rung
from flows.follow import follow
from flows.incident import runbook_flow
from runbook import Alert, Context, Form, Hypothesis, Manual, Refusal, Runbook, Severity, Strength, probe
from tasks.logs.merges import Merges, read_merges
from tasks.logs.read import Events
from tasks.postgres.couples import CoupleLink, named_link, read_couple_link

MOMENT = timedelta(seconds=1)


class Params(Form):
    environment: str = Field(default="rung-prod", min_length=1, description="Saved environment to work on.")
    link_id: str | None = Field(
        default=None, max_length=64, description="Id of the couple link (a UUID); empty looks at all merges only."
    )
    requester: str | None = Field(
        default=None, max_length=20, description="Therapist id (a number) of whoever asked for the merge."
    )
    window: timedelta = Field(
        default=timedelta(hours=1), ge=MOMENT, le=timedelta(days=1), description="How far back to count refusals."
    )
    recent: timedelta = Field(
        default=timedelta(minutes=15), ge=MOMENT, le=timedelta(hours=6), description="What counts as just now."
    )


Here = Context[Rung, Params]


@probe(read_merges, asks="Are merges refused just now?", source="rung.t466 rung.p467")
def merges(c: Here) -> Merges:
    link = named_link(c.params.link_id) if c.params.link_id else None
    return read_merges(c.env.aws, c.env.logs.audit, window=c.back(c.params.recent), link=link)


@probe(read_merges, asks="How did all merges end lately?", source="devised")
def all_merges(c: Here) -> Merges:
    return read_merges(c.env.aws, c.env.logs.audit, window=c.back(c.params.window))


@probe(
    read_couple_link,
    asks="Is the link active, and do its therapist, both partners and whoever asked belong together?",
    source="rung.c473 rung.c480 rung.t475 rung.p472 rung.p479",
)
def link(c: Here) -> CoupleLink:
    return read_couple_link(c.env.database, c.params.link_id, c.params.requester)


def refused(events: Events) -> bool:
    if not events.of("refused") and not events.of("completed"):
        raise LookupError("no merge was tried, so nobody can say whether one would be refused")
    return not events.none("refused")


REFUSED = merges.shows("a couples merge was refused with 403 just now", refused, gauge="merges refused")
MERGED = merges.shows(
    "a merge was completed just now, and none was refused", lambda r: r.of("completed") > 0 and r.none("refused")
)
EXISTS = link.shows("the couple link exists", lambda r: r.found)
ACTIVE = link.shows("the couple link is ACTIVE", lambda r: r.active)
OWNS_BOTH = link.shows("the link's therapist is responsible for both partners", lambda r: r.owns_both)
BY_ASSIGNED = link.shows("whoever asked is the therapist of the link", lambda r: r.by_assigned)
NO_LINK = link.shows("there is no such couple link", lambda r: not r.found)
INACTIVE = link.shows("the couple link is not ACTIVE", lambda r: not r.active)
NOT_BOTH = link.shows("the link's therapist is not responsible for both partners", lambda r: not r.owns_both)
BY_ANOTHER = link.shows("whoever asked is not the therapist of the link", lambda r: not r.by_assigned)

LINK_INACTIVE = Hypothesis(
    name="link_inactive",
    claim="The couple link is not ACTIVE.",
    supported_by=(INACTIVE,),
    refuted_by=(ACTIVE, NO_LINK),
    strength=((INACTIVE, Strength.DECISIVE),),
    source="rung.h491",
)

NOT_OWNER = Hypothesis(
    name="not_owner",
    claim="The therapist of the link is not responsible for both partners.",
    supported_by=(NOT_BOTH,),
    refuted_by=(OWNS_BOTH, NO_LINK),
    strength=((NOT_BOTH, Strength.DECISIVE),),
    source="rung.h490",
)

WRONG_REQUESTER = Hypothesis(
    name="wrong_requester",
    claim="Somebody asked for the merge who is not the therapist of the link.",
    supported_by=(BY_ANOTHER,),
    refuted_by=(BY_ASSIGNED, NO_LINK),
    strength=((BY_ANOTHER, Strength.DECISIVE),),
    source="rung.h492",
)

LINK_MISSING = Hypothesis(
    name="link_missing",
    claim="The couple link does not exist, or not any more.",
    supported_by=(NO_LINK,),
    refuted_by=(EXISTS,),
    strength=((NO_LINK, Strength.DECISIVE),),
    prior=0.05,
    source="devised",
)

SAFE = "Change nothing in the database by hand: use the application, which keeps the audit log complete."
TRY_AGAIN = "Let the therapist of the link try the merge again, and say that it is done."
WAITS, WITHIN = timedelta(hours=4), timedelta(minutes=20)
WHY_MANUAL = "a refusal protects what one partner told in confidence; only the clinic may say that it is wrong."

ACTIVATE = Manual(
    name="activate_link",
    title="Find out why the link is not active, and activate it if both partners agree",
    treats=LINK_INACTIVE,
    why_manual=WHY_MANUAL,
    steps=(
        link.tells(lambda r: [f"The couple link {r.link} is {r.status}."]),
        "Ask the therapist whether both partners have agreed to the link, and whether one has withdrawn: then the"
        " refusal is right, and nothing is to be done.",
        "If both agree, let the therapist activate the link in the application.",
        SAFE,
        TRY_AGAIN,
    ),
    validated_by=MERGED,
    waits=WAITS,
    within=WITHIN,
    source="rung.h491",
)

CORRECT_OWNER = Manual(
    name="correct_owner",
    title="Correct who is responsible for the partners, if the clinic says so",
    treats=NOT_OWNER,
    why_manual=WHY_MANUAL,
    steps=(
        link.tells(lambda r: [f"The therapist of the link is responsible for {r.owned} of the 2 partners."]),
        "Ask the clinic who treats the partners now: a partner who has changed therapists must not be merged by the old"
        " one.",
        "If the clinic confirms that one therapist treats both, let its administrator assign them in the application.",
        SAFE,
        TRY_AGAIN,
    ),
    validated_by=MERGED,
    waits=WAITS,
    within=WITHIN,
    source="rung.h490",
)

ASK_ASSIGNED = Manual(
    name="ask_assigned_therapist",
    title="Let the therapist of the link make the merge",
    treats=WRONG_REQUESTER,
    why_manual=WHY_MANUAL,
    steps=(
        "Tell whoever asked that only the therapist of the link may merge, and not who that is.",
        "If this person had no reason to ask at all, call security: it may be an attempt to look into records of"
        " another therapist.",
        SAFE,
        TRY_AGAIN,
    ),
    validated_by=MERGED,
    waits=WAITS,
    within=WITHIN,
    source="rung.h492",
)

LINK_AGAIN = Manual(
    name="link_again",
    title="Find out what became of the link",
    treats=LINK_MISSING,
    why_manual=WHY_MANUAL,
    steps=(
        "Check that the link id of the alert is right.",
        "Ask the therapist whether the partners were unlinked on purpose. If not, let them be linked anew in the"
        " application, with the consent of both.",
        SAFE,
        TRY_AGAIN,
    ),
    validated_by=MERGED,
    waits=WAITS,
    within=WITHIN,
    source="devised",
)

RUNBOOK = Runbook[Rung, Params](
    name="rung.merge_authorization_failures",
    title="Merge authorization failures",
    about="Merges of couples are refused with 403. With `link_id`, and best with `requester`, it finds out which of the"
    " rules was not met; names and records are never read, only how ids belong together.",
    source="rung.merge_authorization_failures",
    version="1",
    severity=Severity.ERROR,
    environment="rung-prod",
    starts_on=("MergeAuthorizationFailure", "rung-merge-403-*"),
    from_labels={"link_id": "link_id", "requester": "therapist_id"},
    symptom=REFUSED,
    hypotheses=(LINK_INACTIVE, NOT_OWNER, WRONG_REQUESTER, LINK_MISSING),
    mitigations=(ACTIVATE, CORRECT_OWNER, ASK_ASSIGNED, LINK_AGAIN),
    also_asks=(all_merges,),
    refuses=(
        Refusal(
            what="Paste `$LINK_ID` into SQL, as rung_admin.",
            why="Whatever is in it would be executed, by a role that may do anything. The id is checked and bound as a"
            " parameter, by a role that may read five columns of the link and two of a client.",
            source="rung.c473 rung.c480",
        ),
        Refusal(
            what="Set a link to ACTIVE or move a client to make the 403 go away.",
            why="The refusal is what keeps one partner's confidences from the other. Where the data is wrong, the"
            " clinic corrects it in the application.",
            source="rung.h490",
        ),
    ),
    escalation=Rung.DATA,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def rung_merge_authorization_failures(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why a merge is refused, without reading anybody's record."""
    return follow(RUNBOOK, Rung, params, alert)
