"""A subscriber does not read what it is sent, so that its answers wait in Redis' own memory; keys take nothing."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

from sandbox.errors import SandboxError
from sandbox.systems.medicalcor.fault import Fault
from sandbox.systems.medicalcor.filling import used
from sandbox.systems.medicalcor.parts import Parts
from sandbox.systems.medicalcor.valkey import APPLICATION, MB

MESSAGE = "x" * (MB // 4)
MOST = 256
FULL = 1.01


@dataclass(kw_only=True)
class SlowSubscriber(Fault):
    held: list[socket.socket] = field(default_factory=list[socket.socket], init=False, repr=False)

    def start(self, parts: Parts) -> None:
        """Subscribe, read nothing, and have something published until there is no memory left."""
        parts.valkey.does("CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 0 0")
        subscriber = socket.create_connection(("127.0.0.1", parts.valkey.port), timeout=5)
        self.held.append(subscriber)
        subscriber.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        words = f"AUTH {APPLICATION} {parts.valkey.passwords[APPLICATION]}\r\nSUBSCRIBE changes\r\n"
        subscriber.sendall(words.encode())
        self.live(parts)

    def live(self, parts: Parts) -> None:
        """Publish until there is no memory left."""
        for _ in range(MOST):
            if used(parts.valkey) >= FULL:
                return
            parts.valkey.does("PUBLISH", "changes", MESSAGE)
        raise SandboxError("The subscriber's answers do not wait in Redis.")

    def heal(self, parts: Parts) -> None:
        """End the subscriber."""
        while self.held:
            self.held.pop().close()
