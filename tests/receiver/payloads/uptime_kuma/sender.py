"""Uptime Kuma, with the additional header that its notification was given."""

from datetime import timedelta
from typing import ClassVar

TOKEN = "practice-token-of-uptime_kuma"


class Sender:
    options: ClassVar = {"secrets": ["file:uptime_kuma.token"]}
    signs, expires, replayed = False, timedelta(days=1), 202
    fetch = None

    def prepare(self, home):
        (home / "uptime_kuma.token").write_text(TOKEN + "\n")

    def seal(self, payload, now, *, message="", right=True):
        token = TOKEN if right else "another-token"
        return payload, {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
