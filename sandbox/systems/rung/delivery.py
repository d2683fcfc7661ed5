"""The way of an event from the API to its workflow, as it really is, and what faults on that way have in common."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.aws import AwsFacts
from sandbox.errors import HealFailed
from sandbox.faults.fault import AwsFault, Scene
from sandbox.process import wait_until
from sandbox.systems.rung.api_faults import ALIAS, FUNCTION, usual_function, with_variable
from sandbox.turns import turn_seconds
from sandbox.workflows import usual_workflows

VARIABLE = "N8N_WEBHOOK_BASE"
SERVICE = "n8n"
WEBHOOKS = ("pre-session", "post-session")
EVENT = {"session": "rehearsed"}
SECONDS = 20.0
CERTIFICATE = "n8n.pem"
"""In the world's home: n8n's certificate, where it is reached by TLS, and what this machine trusts (SSL_CERT_FILE)."""


def turned_away(aws: AwsFacts) -> tuple[str, ...]:
    """The webhooks at which a real event, sent to where the API sends them, starts no workflow."""
    base = address(aws)
    return tuple(path for path in WEBHOOKS if not _starts(f"{base}/{path}"))


def _starts(url: str) -> bool:
    trust = ssl.create_default_context() if url.startswith("https:") else False
    try:
        return httpx.post(url, json=EVENT, timeout=0.5, trust_env=False, verify=trust).is_success
    except httpx.TransportError:
        return False


def address(aws: AwsFacts) -> str:
    """Where the API sends its events."""
    functions: Any = aws.client("lambda")
    found = functions.get_function_configuration(FunctionName=FUNCTION, Qualifier=ALIAS)
    return str(found["Environment"]["Variables"][VARIABLE])


def send_to(aws: AwsFacts, base: str) -> None:
    """Deploy the API with another address of n8n."""
    with_variable(aws.client("lambda"), VARIABLE, base)


@dataclass(kw_only=True)
class DeliveryFault(AwsFault):
    """A fault on the way of the events. `heal` puts the whole way back, whatever a runbook changed of it."""

    @property
    def conditions(self) -> Mapping[str, Any]:
        """None, unless the fault says otherwise."""
        return {}

    def heal(self, scene: Scene) -> None:
        """Take the conditions away, put the service and the workflows back, and wait until events arrive."""
        super().heal(scene)
        scene.n8n.put_back(usual_workflows())
        self._settle(scene)
        usual_function(scene.aws.facts.client("lambda"))
        wait_until(
            lambda: not turned_away(scene.aws.facts) or None,
            seconds=SECONDS,
            failing=lambda: HealFailed(f"Events do not reach n8n ({scene.n8n.mode}); see {scene.home}."),
            every=turn_seconds() / 2,
        )
        scene.aws.forget_tasks(SERVICE)

    def shows(self, scene: Scene) -> bool:
        """Whether a real event starts no workflow."""
        return bool(turned_away(scene.aws.facts))

    def _settle(self, scene: Scene) -> None:
        ecs: Any = scene.aws.facts.client("ecs")
        service = _service(ecs, scene)
        first = f"{service['taskDefinition'].rpartition(':')[0]}:1"
        if service["taskDefinition"] != first or service["desiredCount"] != 1:
            ecs.update_service(cluster=scene.system, service=SERVICE, taskDefinition=first, desiredCount=1)
        wait_until(
            lambda: _has_settled(ecs, scene),
            seconds=SECONDS,
            failing=lambda: HealFailed(f"{SERVICE} is still being deployed; see {scene.home}."),
            every=turn_seconds() / 2,
        )


def _service(ecs: Any, scene: Scene) -> dict[str, Any]:
    found: dict[str, Any] = ecs.describe_services(cluster=scene.system, services=[SERVICE])["services"][0]
    return found


def _has_settled(ecs: Any, scene: Scene) -> bool:
    """Whether the one task there is serves: another that came later would register every webhook anew."""
    service = _service(ecs, scene)
    tasks: list[str] = ecs.list_tasks(cluster=scene.system, serviceName=SERVICE)["taskArns"]
    return len(service["deployments"]) == 1 and service["runningCount"] == 1 and tasks == [scene.n8n.task]
