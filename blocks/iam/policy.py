"""A generated IAM policy: actions grouped by the resources they can be narrowed to."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from blocks.iam.resources import GLOBAL, resources_of
from blocks.iam.session import VERSION
from blocks.permissions import Names, NotNamed

_KIND = re.compile(r"\{(\w+)(\??)\}")


def policy(needs: Iterable[str], names: Names, *, region: str, account: str) -> dict[str, Any]:
    """What `needs` come to with an environment's names.

    What cannot be narrowed gets `*`, in the region only where a call has one. Raises `NotNamed` for a need whose
    resource the environment does not name, and `LookupError` for an action that nobody has looked up.
    """
    fixed = {"region": region, "account": account}
    actions: defaultdict[tuple[tuple[str, ...], bool], list[str]] = defaultdict(list)
    for need in sorted(needs):
        resources = tuple(dict.fromkeys(_filled(need, names, fixed)))
        regional = resources == ("*",) and need.partition(":")[0] not in GLOBAL
        actions[resources, regional].append(need)
    statements = [
        {
            "Effect": "Allow",
            "Action": grouped,
            "Resource": list(resources),
            **({"Condition": {"StringEquals": {"aws:RequestedRegion": region}}} if regional else {}),
        }
        for (resources, regional), grouped in actions.items()
    ]
    return {"Version": VERSION, "Statement": statements}


def _filled(need: str, names: Names, fixed: Mapping[str, str]) -> Iterator[str]:
    """The ARNs of one need: each template once for each name of its kinds."""
    for template in resources_of(need):
        kinds = {kind: mark == "?" for kind, mark in _KIND.findall(template) if kind not in fixed}
        if any(may_lack and not names.get(kind) for kind, may_lack in kinds.items()):
            continue
        if lacking := [kind for kind in kinds if not names.get(kind)]:
            raise NotNamed(
                f"{need} is needed, and the environment names no {lacking[0].replace('_', ' ')}; name it in"
                " `resources()`, or leave the runbooks out that need it."
            )
        for chosen in itertools.product(*(names[kind] for kind in kinds)):
            values: dict[str, str] = {**fixed, **dict(zip(kinds, chosen, strict=True))}
            yield template.replace("?}", "}").format_map(values)
