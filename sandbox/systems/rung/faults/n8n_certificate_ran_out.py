"""n8n's certificate has run out: it is well, and nobody trusts it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.certificate import make
from sandbox.faults.fault import Scene
from sandbox.systems.rung.delivery import CERTIFICATE, DeliveryFault, send_to


@dataclass(kw_only=True)
class N8NCertificateRanOut(DeliveryFault):
    """The API sends its events by TLS; `days` ago the certificate ran out."""

    days: float = 2.0

    def start(self, scene: Scene) -> None:
        """Let it be reached by TLS, with that."""
        scene.n8n.secure(make(scene.home / CERTIFICATE, days=-self.days))
        send_to(scene.aws.facts, f"{scene.n8n.facts.tls_url}/webhook")

    def heal(self, scene: Scene) -> None:
        """Have the API send its events as usual."""
        super().heal(scene)
        scene.n8n.secure(None)
