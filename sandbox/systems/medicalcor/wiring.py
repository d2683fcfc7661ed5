"""The world as environments that Code Blue can work on: the block of MedicalCor, pointing at the sandbox."""

from __future__ import annotations

from pydantic import SecretStr

from blocks.medicalcor import MedicalCor
from blocks.medicalcor_parts import API, DEPENDENCIES, WEB, CallerKey
from blocks.notifier import Notifier
from blocks.redis import Redis
from blocks.redis_parts import DeadLetters, MemoryBounds, Regenerating
from blocks.switchboard import Allowed, Switchboard
from blocks.triggerdev import Replayable, Scheduled, TriggerDev
from sandbox.google.serving import RUNS_AS, email
from sandbox.saving import database
from sandbox.switchboard.serving import TOKENS
from sandbox.systems.medicalcor import jobs, project, valkey
from sandbox.systems.medicalcor.api.callers import ISSUED, ISSUED_AS
from sandbox.systems.medicalcor.api.usage import SCORING
from sandbox.systems.medicalcor.parts import Parts
from sandbox.triggerdev import server
from sandbox.turns import PACE

TEAM = "the platform team"


def medicalcor(parts: Parts, *, blind: bool = False, pace: float = PACE) -> MedicalCor:
    """The environment block for a world; where it is `blind`, whoever looks may enter and see nothing."""
    roles = parts.postgres.address.roles
    pages = tuple(
        one.model_copy(update={"status_page": f"{parts.address}/status/{one.breaker}"}) for one in DEPENDENCIES
    )
    return MedicalCor(
        notifier=Notifier(),
        practice_pace=pace,
        api=API.model_copy(update={"address": parts.address, "runs_as": email(RUNS_AS, project.PROJECT)}),
        web=WEB.model_copy(update={"address": parts.web, "runs_as": email(RUNS_AS, project.PROJECT)}),
        google_status=f"{parts.address}/status/google",
        dependencies=pages,
        issued_key=SecretStr(ISSUED),
        caller_key=CallerKey(version=ISSUED_AS),
        google=parts.project.connection(reader=project.BLIND if blind else project.READING),
        redis=redis(parts.valkey, valkey.BLIND if blind else valkey.READER),
        database=database(parts.postgres.address, roles.blind if blind else None),
        switchboard=Switchboard(
            url=parts.switchboard,
            reading_token=SecretStr(TOKENS.reading),
            changing_token=SecretStr(TOKENS.changing),
            switches=[Allowed(key=SCORING, owner=TEAM)],
        ),
        application_user=roles.application,
        table_owner=roles.owner,
        trigger=trigger(parts.trigger_address, server.BLIND if blind else server.READING),
        redis_user=valkey.APPLICATION,
    )


def redis(here: valkey.Valkey, reader: str = valkey.READER) -> Redis:
    """The block of its Redis."""
    return Redis(
        host="127.0.0.1",
        port=here.port,
        reader=reader,
        reader_password=SecretStr(here.passwords[reader]),
        changer=valkey.CHANGER,
        changer_password=SecretStr(here.passwords[valkey.CHANGER]),
        tls=False,
        prefixes=[Regenerating(prefix="rate_limit:", owner=TEAM, loses="limits start anew")],
        dead_letters=[DeadLetters(key="medicalcor:dlq", queue="medicalcor:webhooks", owner=TEAM)],
        memory=MemoryBounds(owner=TEAM, least=8 * valkey.MB, most=256 * valkey.MB),
    )


def trigger(address: str, reader: str = server.READING) -> TriggerDev:
    """The block of its environment of Trigger.dev; whoever is blind has a key that is not known there."""
    return TriggerDev(
        url=address,
        reading_key=SecretStr(reader),
        changing_key=SecretStr(server.CHANGING),
        schedules_key=SecretStr(server.BLIND if reader == server.BLIND else server.CHANGING),
        timetable=[
            Scheduled(task=one.task, cron=one.cron, timezone=one.timezone, owner=TEAM, late=jobs.OVERDUE)
            for one in jobs.schedules()
        ],
        replayable=[Replayable(task=name, owner=TEAM) for name in jobs.REPEATABLE],
    )
