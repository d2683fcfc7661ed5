"""The system shop: what the entry point `codeblue.systems` of this project names."""

from __future__ import annotations

from runbook.system import ScheduledCheck, System

SYSTEM = System(
    name="shop",
    about="A shop: a FastAPI service with its catalogue in PostgreSQL and its carts in Valkey.",
    environment="shop.environment:Shop",
    runbooks="shop.runbooks",
    drills="shop.drills",
    world="shop.world:open_world",
    checks=(
        ScheduledCheck(
            name="valkey_memory",
            asks="deployments.checks.symptoms.symptom",
            about="Ask whether Valkey's memory is nearly used up; start its runbook when it is.",
            cron="*/5 * * * *",
            parameters={"runbook": "shop.valkey_memory"},
        ),
    ),
)
