"""A block as it was saved, or one sentence why there is none: not saved at all, or saved and no longer fit."""

from __future__ import annotations

import re
from typing import Any, TypeVar, cast

from prefect.blocks.core import Block
from pydantic import ValidationError

from blocks.environment import Environment
from journal.redaction import redact
from runbook import Permanent

B = TypeVar("B", bound=Block)

_NAME = re.compile(r"[a-z0-9-]{1,255}")
"""Names under which Prefect saves blocks."""
_SHOWN = 60
"""Characters of a name in a sentence."""


class NotSaved(Permanent):
    """Prefect has no block of this type and name."""


class Unfit(Permanent):
    """Prefect has it, and what was saved does not fit what this version needs."""


def saved(kind: type[B], name: str) -> B:
    """The block of this type and name. Raises NotSaved, Unfit, and Prefect's own errors when it does not answer."""
    shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
    title = kind.get_block_type_name()
    what = f"{title} {shown!r}"
    none = f"No environment {shown!r} is saved as {title}" if issubclass(kind, Environment) else f"No {what} is saved"
    missing = f"{none}; save it in Prefect under Blocks, or correct the name."
    if not _NAME.fullmatch(name):  # comes from an alert's label, perhaps; Prefect's client would build an address of it
        raise NotSaved(missing)
    try:
        return cast("Any", kind).load(name, _sync=True)  # typed as if always awaited
    except ValueError:
        raise NotSaved(missing) from None
    except RuntimeError as error:
        if not isinstance(error.__cause__, ValidationError):
            raise
        amiss = "; ".join(_amiss(one) for one in error.__cause__.errors(include_input=False, include_url=False))
        raise Unfit(f"The saved {what} does not fit: {amiss}. Correct it in Prefect under Blocks.") from None


def _amiss(one: Any) -> str:
    where = ".".join(str(part) for part in one["loc"])
    said = str(redact(str(one["msg"]))).rstrip(".")
    return f"{where}: {said}" if where else said
