"""What every environment has: somebody to tell, and connections that are checked before anything else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Final, Self, cast

from prefect.types import SecretDict
from pydantic import Field, SecretStr, model_validator

from blocks.base import CodeBlueBlock
from blocks.notifier import Address, Contact, Notifier
from blocks.permissions import Names
from journal.chain import canonical
from journal.facts.seen import Check
from journal.short import short

TOLD: Final = frozenset({"notifier", "contacts", "addresses"})
"""Fields that say who is told. They are no part of where a change is made: a contact may be added at any time."""

_COST: Final = 2**12
"""Of one guess at a secret behind a fingerprint: 4 MiB and some ten milliseconds."""


class Environment(CodeBlueBlock):
    """Base of environments: one system's connections and names, saved under a name such as `shop-prod`."""

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

    def place(self) -> str:
        """What names these connections and nothing else: the same as long as no name or address in the block changed.

        Secrets are left out, so a change can be undone where it was made after a password was renewed.
        """
        return short(_content(self.model_dump(mode="json")), digits=32)

    def fingerprint(self, salt: str) -> str:
        """What names exactly this content, secrets included; nobody can read them from it, and guessing is slow."""
        whole = _content(self.model_dump(mode="json", context={"include_secrets": True}))
        kept = hashlib.scrypt(whole, salt=salt.encode(), n=_COST, r=8, p=1, dklen=16)
        return kept.hex()

    by_hand: ClassVar[frozenset[str]] = frozenset({"http"})
    """Kinds of permission that no connection grants, such as pages to reach; they are listed for people."""

    def resources(self) -> Names:
        """What this environment calls its resources, by the kinds that permission languages ask for."""
        return {}

    def connections(self) -> dict[str, CodeBlueBlock]:
        """Its connections, by the names of their fields."""
        return {name: value for name, value in self if isinstance(value, CodeBlueBlock) and name != "notifier"}

    def checks(self) -> Iterator[Check]:
        connections = [connection for _, connection in self if isinstance(connection, CodeBlueBlock)]
        with ThreadPoolExecutor(max(1, len(connections)), thread_name_prefix="check") as threads:
            for answers in threads.map(_answers, connections):
                yield from answers


def _content(dumped: dict[str, Any]) -> bytes:
    """What was saved, without who is told. Taken out here: Prefect puts secret fields in again after `exclude`."""
    return canonical(_saved({name: value for name, value in dumped.items() if name not in TOLD})).encode()


def _saved(value: Any) -> Any:
    """Without Prefect's own marks of a block document: the same content saved anew is the same."""
    match value:
        case dict():
            fields = cast("dict[str, Any]", value).items()
            return {name: _saved(item) for name, item in fields if not name.startswith(("_block_document", "_is_anon"))}
        case list():
            return [_saved(item) for item in cast("list[Any]", value)]
        case _:
            return value


def _answers(connection: CodeBlueBlock) -> tuple[Check, ...]:
    return tuple(connection.checks())
