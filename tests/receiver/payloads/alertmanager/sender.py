"""Alertmanager, as `http_config.authorization` makes it send."""

from typing import ClassVar

TOKEN = "practice-token-of-alertmanager"


class Sender:
    options: ClassVar = {"secrets": ["file:alertmanager.token"]}
    signs, expires, replayed = False, None, 202
    fetch = None

    def prepare(self, home):
        (home / "alertmanager.token").write_text(TOKEN + "\n")

    def seal(self, payload, now, *, message="", right=True):
        token = TOKEN if right else "another-token"
        return payload, {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
