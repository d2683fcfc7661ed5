"""A look at an instance of Memorystore: what Google says of it, whoever can reach it."""

from __future__ import annotations

from typing import Final

from blocks.google import Google
from journal.wording import brief
from runbook import Facts, Permanent, look

SAID: Final = 200
"""Letters of a sentence that Google has written."""

READY: Final = "READY"
AT_WORK: Final = frozenset({"READY", "UPDATING", "MAINTENANCE", "IMPORTING"})
"""States in which it serves: what Google does meanwhile breaks connections for moments."""


class Instance(Facts):
    """One instance. `tier` is `BASIC` (one node, nothing is kept when that goes) or `STANDARD_HA`."""

    name: str
    state: str
    tier: str
    gigabytes: int
    why: str = ""

    @property
    def serves(self) -> bool:
        """Whether Google says that it serves."""
        return self.state in AT_WORK

    @property
    def stands_by(self) -> bool:
        """Whether another node can take over."""
        return self.tier == "STANDARD_HA"

    def __str__(self) -> str:
        why = f", {self.why}" if self.why else ""
        return f"{self.name}: {self.state}{why}; {self.tier}, {self.gigabytes} GB"


@look("google:redis.instances.get", bound="one instance")
def read_instance(google: Google, name: str) -> Instance:
    """An instance as it is. Raises `Permanent` where there is none, it may not be seen, or Google tells no state."""
    full = f"projects/{google.project}/locations/{google.region}/instances/{name}"
    with google.reading("redis") as api:
        found = api.ask(lambda one: one.projects().locations().instances().get(name=full), f"read the instance {name}")
    state, size = str(found.get("state") or ""), found.get("memorySizeGb")
    if not state or not isinstance(size, int):
        raise Permanent(f"Google does not tell state and size of the instance {name}; look by hand.")
    return Instance(
        name=name,
        state=state,
        tier=str(found.get("tier") or "of no known tier"),
        gigabytes=size,
        why=brief(str(found.get("statusMessage") or ""), SAID),
    )
