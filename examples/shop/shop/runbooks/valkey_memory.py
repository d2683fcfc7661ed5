"""Valkey's memory is full: no cart can be kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from pydantic import Field

from flows.follow import follow
from flows.incident import runbook_flow
from runbook import (
    Alert,
    Approval,
    Context,
    Form,
    Guardrail,
    Hypothesis,
    Irreversible,
    Manual,
    Mitigation,
    Runbook,
    Severity,
    Strength,
    probe,
)
from shop.carts import UnlinkCarts
from shop.environment import Shop
from shop.memory import CartsOf, Keys, Memory, read_keys, read_memory


class Params(Form):
    environment: str = Field(default="shop-prod", min_length=1, description="Saved environment to work on.")
    untouched_for: timedelta = Field(
        default=timedelta(days=30),
        ge=timedelta(hours=1),
        description="Carts that were not touched for longer than this, and never expire, are abandoned.",
    )


Here = Context[Shop, Params]


def abandoned(c: Here) -> CartsOf:
    """What evidence is sought in, and what the change may touch."""
    return CartsOf(prefix=c.env.cart_prefix, untouched_for=c.params.untouched_for)


@probe(read_memory, asks="How much of its memory does Valkey use?", source="devised")
def memory(c: Here) -> Memory:
    return read_memory(c.env.valkey)


@probe(read_keys, asks="What do the keys take, and which carts are abandoned?", source="devised", about=abandoned)
def keys(c: Here, of: CartsOf) -> Keys:
    return read_keys(c.env.valkey, of)


FULL = memory.shows("at least 90% of Valkey's memory is used", lambda r: r.share >= 0.90)
ROOM = memory.shows("less than 90% of Valkey's memory is used", lambda r: r.share < 0.90)

ABANDONED = keys.shows(
    "abandoned carts take at least a third of what all keys take", lambda r: r.of_taken(r.abandoned_taken) >= 1 / 3
)
FEW_ABANDONED = keys.shows(
    "abandoned carts take less than a tenth of what all keys take", lambda r: r.of_taken(r.abandoned_taken) < 0.1
)
ONE_LARGE = keys.shows(
    "a single key takes at least a quarter of what all keys take", lambda r: r.of_taken(r.largest_taken) >= 0.25
)
NONE_LARGE = keys.shows(
    "no single key takes a twentieth of what all keys take", lambda r: r.of_taken(r.largest_taken) < 0.05
)
MOST_LIVE = keys.shows(
    "carts in use take at least half of what all keys take", lambda r: r.of_taken(r.live_taken) >= 0.5
)
FEW_LIVE = keys.shows(
    "carts in use take less than a third of what all keys take", lambda r: r.of_taken(r.live_taken) < 1 / 3
)

ABANDONED_CARTS = Hypothesis(
    name="abandoned_carts",
    claim="Carts are kept for ever, though nobody comes back to them.",
    supported_by=(ABANDONED,),
    refuted_by=(FEW_ABANDONED,),
    strength=((ABANDONED, Strength.DECISIVE),),
    prior=0.4,
    source="devised",
)

LARGE_KEY = Hypothesis(
    name="large_key",
    claim="One key grows without bound.",
    supported_by=(ONE_LARGE,),
    refuted_by=(NONE_LARGE,),
    strength=((ONE_LARGE, Strength.DECISIVE),),
    source="devised",
)

HONEST_LOAD = Hypothesis(
    name="honest_load",
    claim="More carts are in use than Valkey has memory for.",
    supported_by=(MOST_LIVE,),
    refuted_by=(FEW_LIVE, ABANDONED, ONE_LARGE),
    strength=((MOST_LIVE, Strength.DECISIVE),),
    source="devised",
)

UNLINK = Mitigation(
    name="unlink_abandoned_carts",
    title="Unlink carts that nobody comes back to",
    treats=ABANDONED_CARTS,
    change=lambda c: UnlinkCarts(valkey=c.env.valkey, carts=abandoned(c)),
    approval=Approval(by="shop on-call", risk="Whoever comes back to such a cart finds it empty."),
    guardrail=Guardrail(at_most=2000, cooldown=timedelta(minutes=10)),
    undo=Irreversible("An unlinked cart is gone; its customer fills a new one."),
    validated_by=FEW_ABANDONED,
    source="devised",
)

TRIM = Manual(
    name="trim_large_key",
    title="Find who writes the large key, and trim it",
    treats=LARGE_KEY,
    why_manual="what the key is for, and what of it may go, only its owner knows.",
    steps=(
        keys.tells(lambda r: [f"It is of kind {r.largest} and takes {r.largest_taken / 1e6:.1f} MB."]),
        "Find it with `valkey-cli --memkeys`, ask its owner, and trim it; then bound it in the code.",
        "Say that it is done; the keys are then looked at again.",
    ),
    validated_by=NONE_LARGE,
    source="devised",
)

MORE_MEMORY = Manual(
    name="more_memory",
    title="Give Valkey more memory",
    treats=HONEST_LOAD,
    why_manual="it costs money, and the machine must have it.",
    steps=(
        memory.tells(lambda r: [f"Seen: {r}."]),
        "Raise `maxmemory` with CONFIG SET if the machine has room, else move to a larger one; write it down in the"
        " configuration as well.",
        "Say that it is done; the memory is then looked at again.",
    ),
    validated_by=ROOM,
    source="devised",
)

RUNBOOK = Runbook[Shop, Params](
    name="shop.valkey_memory",
    title="Valkey's memory is full",
    about="The shop answers 503 when something is put into a cart, because Valkey has no memory left.",
    source="devised",
    version="1",
    severity=Severity.CRITICAL,
    environment="shop-prod",
    starts_on=("ValkeyMemoryFull", "RedisOutOfMemory", "shop-valkey-*"),
    symptom=FULL,
    hypotheses=(ABANDONED_CARTS, LARGE_KEY, HONEST_LOAD),
    mitigations=(UNLINK, TRIM, MORE_MEMORY),
    escalation=Shop.OPERATIONS,
    review_by=date(2027, 6, 1),
)


@runbook_flow(RUNBOOK)
def shop_valkey_memory(params: Params = Params(), alert: Alert | None = None) -> State[Any]:  # noqa: B008 # frozen
    """Find out what fills Valkey's memory and offer the safest fix."""
    return follow(RUNBOOK, Shop, params, alert)
