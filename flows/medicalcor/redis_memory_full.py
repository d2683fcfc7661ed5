"""Redis has no memory left: it refuses writes, or evicts what is needed."""

from __future__ import annotations

from datetime import date
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from blocks.medicalcor import MedicalCor
from flows.follow import follow
from flows.incident import runbook_flow
from flows.parts.redis import seen, steps
from runbook import Alert, Form, Hypothesis, Manual, Refusal, Runbook, Severity, Strength

LIMITS, DEAD, SESSIONS = "rate_limit:", "medicalcor:dlq", "session:"
ON_CALL = "platform on-call"


class Params(Form):
    environment: str = Field(default="medicalcor-prod", min_length=1, description="Saved environment to work on.")


HOLDERS = seen.redis_holders(LIMITS)
MEMORY = seen.AskedMemory[MedicalCor, Params](seen.redis_memory("medicalcor.c328"))
LIMITED = seen.AskedHolders[MedicalCor, Params](HOLDERS, LIMITS)
DEAD_HELD = seen.AskedHolders[MedicalCor, Params](HOLDERS, DEAD)
LOGGED_IN = seen.AskedHolders[MedicalCor, Params](HOLDERS, SESSIONS)

RATE_LIMITS = Hypothesis(
    name="rate_limits",
    claim="Counters of rate limits take the memory.",
    supported_by=(LIMITED.holds_most,),
    refuted_by=(LIMITED.holds_little,),
    strength=((LIMITED.holds_most, Strength.DECISIVE), (LIMITED.holds_little, Strength.DECISIVE)),
    prior=0.3,
    source="medicalcor.h334",
)

DEAD_LETTERS = Hypothesis(
    name="dead_letters",
    claim="What could not be processed piles up, and takes the memory.",
    supported_by=(DEAD_HELD.holds_most,),
    refuted_by=(DEAD_HELD.holds_little,),
    strength=((DEAD_HELD.holds_most, Strength.DECISIVE), (DEAD_HELD.holds_little, Strength.DECISIVE)),
    prior=0.3,
    source="devised",
)

NO_EXPIRY = Hypothesis(
    name="no_expiry",
    claim="Sessions are stored without an expiry, so that each stays for ever.",
    supported_by=(LOGGED_IN.lasting_hold_much,),
    refuted_by=(LOGGED_IN.lasting_hold_little,),
    strength=((LOGGED_IN.lasting_hold_much, Strength.DECISIVE), (LOGGED_IN.lasting_hold_little, Strength.DECISIVE)),
    source="devised",
)

TOO_SMALL = Hypothesis(
    name="too_small",
    claim="What is kept is in use and expires when it is not; the instance is too small for it.",
    supported_by=(LIMITED.others_expire,),
    refuted_by=(
        LIMITED.few_others_expire,
        LIMITED.holds_most,
        DEAD_HELD.holds_most,
        LOGGED_IN.lasting_hold_much,
    ),
    strength=((LIMITED.others_expire, Strength.DECISIVE), (LIMITED.few_others_expire, Strength.DECISIVE)),
    source="medicalcor.h337",
)

UNLINK = steps.unlink_prefix(
    RATE_LIMITS,
    LIMITS,
    by=ON_CALL,
    risk="Limits start anew: whoever is being turned away for asking too often may ask again at once.",
    validated_by=LIMITED.holds_little,
    source="medicalcor.c335 medicalcor.t335",
)

PROCESS = Manual(
    name="process_dead_letters",
    title="Have the dead letters processed, and never cleared",
    treats=DEAD_LETTERS,
    why_manual="each may be a patient's message, and whether it succeeds now depends on why it failed.",
    steps=(
        HOLDERS.tells(lambda r: [f"Seen: {r}."]),
        f"Find out why webhooks fail, and end that first: what is processed before fails again. `{DEAD}` is never"
        " cleared, since what it holds is nowhere else.",
        "Then follow medicalcor.dlq_reprocess: a few are processed again, and the others where those succeed.",
        "Say that it is done; what holds the memory is then looked at again.",
    ),
    validated_by=DEAD_HELD.holds_little,
    source="devised",
)

EXPIRE = Manual(
    name="give_sessions_an_expiry",
    title="Give the sessions an expiry, in the code and for those that are there",
    treats=NO_EXPIRY,
    why_manual="how long a person stays logged in is for the owner of the application to say.",
    steps=(
        HOLDERS.tells(lambda r: [f"Seen: {r}."]),
        "Find the release since which sessions are stored without an expiry, and deploy one that gives it.",
        "Let those that are there expire: walk with SCAN and send EXPIRE in small steps, never KEYS.",
        "Say that it is done; what holds the memory is then looked at again.",
    ),
    validated_by=LOGGED_IN.lasting_hold_little,
    source="devised",
)

ENLARGE = Manual(
    name="enlarge_instance",
    title="Give the Memorystore instance more memory",
    treats=TOO_SMALL,
    why_manual="it costs money each month, and on the Basic tier what is kept may be lost on the way.",
    steps=(
        MEMORY.probe.tells(lambda r: [f"Seen: {r}."]),
        "Read the instance's tier and its present size. The new size must be above it: `--size=4` as the old page has"
        " it may well be smaller.",
        "On the Standard tier connections break for a moment; on the Basic tier all that is kept is lost. Say so to"
        " whoever decides, then scale it.",
        "Say that it is done; the memory is then looked at again.",
    ),
    validated_by=MEMORY.room,
    source="medicalcor.c338 medicalcor.t338",
)

RUNBOOK = Runbook[MedicalCor, Params](
    name="medicalcor.redis_memory_full",
    title="Redis memory is full",
    about="Writes are refused with `OOM command not allowed`, or keys are evicted: limits and sessions are lost.",
    source="medicalcor.redis_memory_full medicalcor.p322 medicalcor.p323",
    version="1",
    severity=Severity.CRITICAL,
    environment="medicalcor-prod",
    starts_on=("MedicalCorRedisMemoryFull", "RedisMemoryFull", "medicalcor-redis-*memory*"),
    symptom=MEMORY.suffers,
    hypotheses=(RATE_LIMITS, DEAD_LETTERS, NO_EXPIRY, TOO_SMALL),
    mitigations=(UNLINK, PROCESS, EXPIRE, ENLARGE),
    also_asks=(seen.redis_letters(DEAD, "devised"),),
    refuses=(
        Refusal(
            what="Clearing rate limit keys by `EVAL` with `KEYS` and `DEL`.",
            why="It keeps every client waiting for seconds while it runs, and where dead letters hold the memory it"
            " frees nothing. Instead the keys are walked and unlinked in small steps, where they hold the memory.",
            source="medicalcor.c335",
        ),
    ),
    escalation=MedicalCor.ON_CALL,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def medicalcor_redis_memory_full(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out what takes Redis' memory and offer the safest fix."""
    return follow(RUNBOOK, MedicalCor, params, alert)
