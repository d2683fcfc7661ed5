"""What identifies a target is storable as it is, in every form that a vendor gives it.

A plan that redaction would change is refused, since it could not be applied as approved. So each text of a target is
an id of a vendor's form, which is tried here five hundred times over, or a name or a text that people wrote.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
import re
import string
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import pytest

import tasks
from journal.redaction import redact
from journal.short import short
from runbook import Target
from sandbox.selftest.incident import RUNBOOK
from tasks.cloudrun.service import state_of

SEED, TIMES = 11, 500


def _of(letters: str, count: int) -> Callable[[random.Random], str]:
    return lambda some: "".join(some.choices(letters, k=count))


def _digits(first: str, count: int) -> Callable[[random.Random], str]:
    return lambda some: first + "".join(some.choices(string.digits, k=count))


def _named(kind: str, count: int) -> Callable[[random.Random], str]:
    return lambda some: kind + "".join(some.choices(string.ascii_lowercase + string.digits, k=count))


def _uuid(some: random.Random) -> str:
    return str(uuid.UUID(bytes=some.randbytes(16), version=4))


def _state(some: random.Random) -> str:
    etag = f'"{b64encode(some.randbytes(12)).decode()}/{b64encode(b"projects/p/locations/l/services/s").decode()}"'
    return state_of({"etag": etag})


def _short(some: random.Random) -> str:
    return short(some.randbytes(16))


def _lsn(some: random.Random) -> str:
    return f"{some.getrandbits(16):X}/{some.getrandbits(32):X}"


def _tested_at(some: random.Random) -> str:
    return f"Test of {datetime.fromtimestamp(some.randrange(2**31), UTC):%Y-%m-%d %H:%M:%S} UTC: nothing is wrong."


DEFINITION: Final = "arn:aws:ecs:eu-west-1:123456789012:task-definition/api:"
_HEX: Final = "0123456789abcdef"
IDS: Final[dict[tuple[str, str], Callable[[random.Random], str]]] = {
    ("tasks.awslambda.capacity.ProvisionTarget", "version"): _digits("4", 2),
    ("tasks.awslambda.change.SettingTarget", "code_sha256"): lambda some: b64encode(some.randbytes(32)).decode(),
    ("tasks.awslambda.change.SettingTarget", "revision"): _uuid,
    ("tasks.awslambda.change.SettingTarget", "version"): _digits("4", 2),
    ("tasks.awslambda.mapping.MappingTarget", "uuid"): _uuid,
    ("tasks.awslambda.rollback.AliasTarget", "revision"): _uuid,
    ("tasks.cloudrun.change.TrafficTarget", "state"): _state,
    ("tasks.cloudrun.template.VariableTarget", "state"): _state,
    ("tasks.cloudsql.grow.DiskTarget", "latest"): _uuid,
    ("tasks.cloudwatch.sounding.SoundedAlarm", "mark"): _tested_at,
    ("tasks.cognito.change.UserTarget", "user"): _uuid,
    ("tasks.ecs.change.CountTarget", "deployment"): _digits("ecs-svc/", 19),
    ("tasks.ecs.change.ServiceTarget", "deployment"): _digits("ecs-svc/", 19),
    ("tasks.ecs.memory.MemoryTarget", "revision"): _digits(DEFINITION, 3),
    ("tasks.n8n.change.WorkflowTarget", "id"): _of(string.ascii_letters + string.digits, 16),
    ("tasks.n8n.change.WorkflowTarget", "version"): _uuid,
    ("tasks.postgres.replay.ReplayTarget", "at"): _lsn,
    ("tasks.redis.reprocess.LetterTarget", "body"): _short,
    ("tasks.redis.reprocess.LetterTarget", "item"): _short,
    ("tasks.switchboard.run.TaskTarget", "plan"): _uuid,
    ("tasks.triggerdev.activate.ScheduleTarget", "schedule"): _named("sched_", 21),
    ("tasks.triggerdev.replay.RunTarget", "run"): _named("run_", 25),
}
"""Of each target the texts that a vendor or a server chose, and the form that they have."""

WRITTEN: Final = re.compile(
    "alarm|alias|bucket|cluster|column|container|cron|filter|function|group|identifier|index|instance|key|kind|metric"
    "|namespace|new|old|pattern|prefix|saved|service|setting|source|status|table|task|timezone|variable"
)
"""Texts that people chose: names and settings. A name that names a person is refused, as it should be."""


def targets() -> Iterator[type[Target]]:
    for module in pkgutil.walk_packages(tasks.__path__, "tasks."):
        importlib.import_module(module.name)
    todo = [Target]
    while todo:
        found = [one for one in todo.pop().__subclasses__() if one.__module__.startswith("tasks.")]
        todo += found
        yield from found


def test_each_text_of_a_target_is_an_id_of_a_known_form_or_was_written_by_people() -> None:
    found = {
        (f"{one.__module__}.{one.__qualname__}", name)
        for one in targets()
        for name, field in one.model_fields.items()
        if field.annotation is str and name not in Target.model_fields and not WRITTEN.fullmatch(name)
    }
    assert found == set(IDS)


@pytest.mark.parametrize("where", IDS, ids=".".join)
def test_an_id_of_a_vendors_form_stays_as_it_is(where: tuple[str, str]) -> None:
    some, name = random.Random(SEED), where[1]
    changed = [said for said in (IDS[where](some) for _ in range(TIMES)) if redact({name: said}) != {name: said}]
    assert changed == []


@pytest.mark.parametrize("cause", [one.name for one in RUNBOOK.hypotheses])
def test_a_case_of_the_self_test_names_nobody(cause: str) -> None:
    some = random.Random(SEED)
    cases = [f"{cause}-{_of(_HEX, 8)(some)}" for _ in range(TIMES)]
    assert [case for case in cases if redact({"case": case}) != {"case": case}] == []
