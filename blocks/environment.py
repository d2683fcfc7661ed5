"""What every environment has: somebody to tell, and connections that are checked before anything else."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from prefect.types import SecretDict
from pydantic import Field, SecretStr, model_validator

from blocks.house import HouseBlock
from blocks.notifier import Address, Contact, Notifier
from journal.facts.seen import Check


class Environment(HouseBlock):
    """Base of environments: one system's connections and names, saved under a name such as `rung-prod`."""

    notifier: Notifier
    contacts: list[Contact] = Field(
        default_factory=list[Contact], description="Who is paged at each level; the notifier where a level has nobody."
    )
    addresses: SecretDict = Field(
        default_factory=lambda: SecretDict({}), description="Apprise address of each contact, by name; secrets."
    )
    practice_pace: float = Field(
        default=1.0, gt=0, le=1, description="Factor on how long things must hold; below 1 only for practice."
    )

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if missing := sorted({contact.name for contact in self.contacts} - set(self.addresses.get_secret_value())):
            raise ValueError(f"No address is given for {', '.join(missing)}; add one under `addresses`.")
        return self

    def address_of(self, contact: str) -> Address:
        """Where a contact is told."""
        return Address(to=contact, url=SecretStr(str(self.addresses.get_secret_value()[contact])))

    def checks(self) -> Iterator[Check]:
        connections = [connection for _, connection in self if isinstance(connection, HouseBlock)]
        with ThreadPoolExecutor(max(1, len(connections)), thread_name_prefix="check") as threads:
            for answers in threads.map(_answers, connections):
                yield from answers


def _answers(connection: HouseBlock) -> tuple[Check, ...]:
    return tuple(connection.checks())
