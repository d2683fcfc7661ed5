"""Amazon EventBridge, through an API destination whose connection has an API key."""

from datetime import timedelta
from typing import ClassVar

TOKEN = "practice-token-of-eventbridge"


class Sender:
    options: ClassVar = {"secrets": ["file:eventbridge.token"], "header": "X-Api-Key"}
    signs, expires, replayed = False, timedelta(hours=25), 202
    fetch = None

    def prepare(self, home):
        (home / "eventbridge.token").write_text(TOKEN + "\n")

    def seal(self, payload, now, *, message="", right=True):
        token = TOKEN if right else "another-token"
        return payload, {"Content-Type": "application/json", "X-Api-Key": token}
