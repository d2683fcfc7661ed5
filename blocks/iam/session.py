"""The policy of one session of the changing role: the actions of one change on the resources of its approved plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from blocks.iam.resources import EVERYWHERE
from runbook import Permanent

VERSION = "2012-10-17"


def session_policy(allow: Iterable[str], on: Sequence[str]) -> dict[str, Any]:
    """At most two statements. Raises `Permanent` when nothing is named for an action that could be narrowed."""
    narrow = sorted(action for action in allow if action not in EVERYWHERE)
    wide = sorted(action for action in allow if action in EVERYWHERE)
    if narrow and not on:
        raise Permanent(f"The plan names no resource for {', '.join(narrow)}; a change must say what it acts on.")
    statements: list[dict[str, Any]] = []
    if narrow:
        statements.append({"Effect": "Allow", "Action": narrow, "Resource": sorted(on)})
    if wide:
        statements.append({"Effect": "Allow", "Action": wide, "Resource": "*"})
    return {"Version": VERSION, "Statement": statements}
