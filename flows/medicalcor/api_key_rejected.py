"""The API refuses requests for the key that they show (401)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.medicalcor.probes._refusals import often
from flows.medicalcor.probes.api_key_rejected import (
    ANOTHER,
    EXPIRED,
    ISSUED,
    UNKNOWN,
    WITHDRAWN,
    Params,
    deployed,
    refusals,
    shown,
    tried,
)
from flows.parts.cloudrun import GUARDRAIL
from runbook import (
    Alert,
    Approval,
    Hypothesis,
    Manual,
    Mitigation,
    Refusal,
    Runbook,
    Severity,
    Strength,
    WayBack,
)
from tasks.cloudrun.template import RefreshSecret

REFUSED = often(refusals, "requests are refused for their key as often as is trouble (`refused`)")
ACCEPTED = tried.shows("the API accepts the key that was issued", lambda r: not r.refused())
NOT_KNOWN = tried.shows("the API does not know the key that was issued", lambda r: r.refused_as("unknown"))
OTHER_KEY = shown.shows(
    "at least half of those that are refused show one of five other keys than the one that was issued (fingerprint)",
    lambda r: r.of_few(ANOTHER) >= 0.5,
)
SCATTERED = shown.shows(
    "fewer than a quarter of those that are refused show one of five other keys: whoever tries keys shows many",
    lambda r: r.of_few(ANOTHER) < 0.25,
)
THE_KEY = shown.shows(
    "at least nine in ten of those that are refused show the key that was issued (fingerprint)",
    lambda r: r.of_all(ISSUED) >= 0.9,
)
NO_OTHER = shown.shows("nobody who showed another key was refused", lambda r: r.none(ANOTHER))
OLDER = deployed.shows(
    "the revision that answers reads an older version of the key than the newest that may be read",
    lambda r: r.is_older(),
)
NEWEST_IS_ANOTHER = deployed.shows(
    "the newest version of the key is not the one that the environment says was issued",
    lambda r: r.newest_is_another(),
)
NEWEST = deployed.shows("the revision that answers reads the newest version of the key", lambda r: r.is_newest())
OF_EXPIRED = refusals.shows(
    "at least a third of the refused requests showed a key that has expired", lambda r: r.of_all(EXPIRED) >= 1 / 3
)
NONE_EXPIRED = refusals.shows("no request was refused for a key that has expired", lambda r: r.none(EXPIRED))
OF_WITHDRAWN = refusals.shows(
    "at least a third of the refused requests showed a key that was withdrawn",
    lambda r: r.of_all(WITHDRAWN) >= 1 / 3,
)
NONE_WITHDRAWN = refusals.shows("no request was refused for a key that was withdrawn", lambda r: r.none(WITHDRAWN))
OF_UNKNOWN = refusals.shows(
    "at least a third of the refused requests showed a key that the API does not know",
    lambda r: r.of_all(UNKNOWN) >= 1 / 3,
)
FEW_UNKNOWN = refusals.shows(
    "fewer than one in twenty of the refused requests showed a key that the API does not know",
    lambda r: r.of_all(UNKNOWN) < 0.05,
)

WRONG = Hypothesis(
    name="wrong_key",
    claim="Callers show another key than the one that was issued, which the API accepts.",
    supported_by=(OTHER_KEY, ACCEPTED, OF_UNKNOWN),
    refuted_by=(THE_KEY, NOT_KNOWN, FEW_UNKNOWN, NO_OTHER, SCATTERED),
    strength=(
        (OTHER_KEY, Strength.DECISIVE),
        (SCATTERED, Strength.DECISIVE),
        (OF_UNKNOWN, Strength.HINT),
        (THE_KEY, Strength.DECISIVE),
        (NOT_KNOWN, Strength.DECISIVE),
        (FEW_UNKNOWN, Strength.DECISIVE),
        (NO_OTHER, Strength.DECISIVE),
    ),
    source="medicalcor.h645",
)

OVER = Hypothesis(
    name="expired",
    claim="Callers show a key whose time is over.",
    supported_by=(OF_EXPIRED,),
    refuted_by=(NONE_EXPIRED,),
    strength=((OF_EXPIRED, Strength.DECISIVE), (NONE_EXPIRED, Strength.DECISIVE)),
    source="medicalcor.h646",
)

COMPROMISED = Hypothesis(
    name="compromised",
    claim="A key that was withdrawn is still shown: by callers who were not told, or by strangers who have it.",
    supported_by=(OF_WITHDRAWN,),
    refuted_by=(NONE_WITHDRAWN,),
    strength=((OF_WITHDRAWN, Strength.DECISIVE), (NONE_WITHDRAWN, Strength.DECISIVE)),
    source="medicalcor.h647",
)

NOT_DEPLOYED = Hypothesis(
    name="not_deployed",
    claim="The key that was issued is the newest version of the secret, and the API still reads an older one.",
    supported_by=(OLDER, NOT_KNOWN, THE_KEY),
    # A version that only waits may hold any key: read by the API, it would lock everybody out.
    refuted_by=(NEWEST_IS_ANOTHER, NEWEST, ACCEPTED, OTHER_KEY),
    strength=(
        (OLDER, Strength.DECISIVE),
        (NEWEST_IS_ANOTHER, Strength.DECISIVE),
        (NEWEST, Strength.DECISIVE),
        (ACCEPTED, Strength.DECISIVE),
        (OTHER_KEY, Strength.DECISIVE),
    ),
    source="medicalcor.h648",
)

REFRESH = Mitigation(
    name="refresh_secret",
    title="Let a new revision of the API read the newest version of the key",
    treats=NOT_DEPLOYED,
    change=lambda c: RefreshSecret(
        google=c.env.google,
        service=c.env.api.name,
        variable=c.env.caller_key.variable,
        secret=c.env.caller_key.kept_as,
        container=c.env.api.container,
    ),
    approval=Approval(
        by="whoever issues the keys",
        risk="Whoever still shows the key before is refused from then on: the new one must be with every caller.",
    ),
    guardrail=GUARDRAIL,
    undo=WayBack("Another revision reads the version that was read before, unless somebody has changed it since."),
    validated_by=NEWEST,
    source="medicalcor.h648",
)

GIVE_THE_KEY = Manual(
    name="give_the_key",
    title="Give callers the key that was issued",
    treats=WRONG,
    why_manual="only its owner may give a key, and only a caller can put it where it is read.",
    steps=(
        shown.tells(
            lambda r: [f"{r.of(ANOTHER)} of {r.total} refused requests showed another key than the issued one."]
        ),
        "Find out from the fingerprints in the log which key that is: the one before, one of another environment, or"
        " one that never was. Where nobody knows it, call security: somebody may be trying keys.",
        "Give the caller the key that was issued, by the store of secrets that both use, never by mail or in a chat.",
        "Do not let the API accept another key for it, unless the owner of the keys decides on an overlap with an end.",
        "Say that it is done; what the API logs is then looked at again.",
    ),
    validated_by=NO_OTHER,
    waits=timedelta(hours=4),
    within=timedelta(minutes=15),
    source="medicalcor.h645",
)

RENEW = Manual(
    name="renew_key",
    title="Issue a key in place of the one that has expired",
    treats=OVER,
    why_manual="a key is a secret that no run may read, and only its owner issues one.",
    steps=(
        refusals.tells(lambda r: [f"{r.of(EXPIRED)} of {r.total} refused requests showed a key that has expired."]),
        "Issue a new key, add it as a new version of the secret, and let a revision of the API read that version.",
        "Give it to every caller, and note when it expires where somebody is told in time.",
        "Do not prolong the time of the one that has expired: that it ends is what it was made for.",
        "Say that it is done; what the API logs is then looked at again.",
    ),
    validated_by=NONE_EXPIRED,
    waits=timedelta(hours=4),
    within=timedelta(minutes=15),
    source="medicalcor.h646",
)

CALL_SECURITY = Manual(
    name="call_security",
    title="Hand the withdrawn key to the security procedure",
    treats=COMPROMISED,
    why_manual="who had the key and what was done with it is for security to find out; nothing is let in meanwhile.",
    steps=(
        refusals.tells(lambda r: [f"{r.of(WITHDRAWN)} of {r.total} refused requests showed a withdrawn key."]),
        "Call security before anything is changed. The key stays withdrawn, whoever asks for it.",
        "Keep the log of the requests that show it: from where they come tells callers from strangers.",
        "Look what was done with the key until it was withdrawn: it reads patients' data.",
        "Issue a new key, add it as a new version of the secret, let a revision of the API read that version, and give"
        " it to those callers who are known.",
        "Say that it is done when nobody shows the old one any more; what the API logs is then looked at again.",
    ),
    validated_by=NONE_WITHDRAWN,
    waits=timedelta(hours=8),
    within=timedelta(minutes=15),
    source="medicalcor.h647",
)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.api_key_rejected",
    title="API key rejected",
    about="Requests to the API are answered with 401, and it logs `Invalid API key`.",
    source="medicalcor.api_key_rejected medicalcor.t629 medicalcor.p630",
    version="1",
    severity=Severity.ERROR,
    environment="medicalcor-prod",
    starts_on=("ApiKeyRejected", "MedicalCorApiKeyRejected", "medicalcor-*api-key*"),
    symptom=REFUSED,
    hypotheses=(WRONG, OVER, COMPROMISED, NOT_DEPLOYED),
    mitigations=(REFRESH, GIVE_THE_KEY, RENEW, CALL_SECURITY),
    refuses=(
        Refusal(
            what="Counting the letters of the key in a shell.",
            why="`echo` adds one, a key of the right length may be another one, and what a shell was given stays in its"
            " history. Keys are compared by the fingerprint of what was shown and of what was issued.",
            source="medicalcor.c636",
        ),
        Refusal(
            what="Asking /api/v1/health with the key.",
            why="Health pages answer whoever asks, so a success says nothing of the key, and in a command it is seen by"
            " everybody on the machine. A page that needs a key is asked without one and with it.",
            source="medicalcor.c639 medicalcor.t639",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_api_key_rejected(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out why the API refuses requests for their key and offer the safest fix."""
    return follow(RUNBOOK, MedicalCor, params, alert)
