"""A sender of one's own, as the Standard Webhooks libraries sign."""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import ClassVar

SECRET = b"practice secret of a sender"


class Sender:
    options: ClassVar = {"secrets": ["file:signed.secret"]}
    signs, expires, replayed = True, timedelta(minutes=5), 409
    fetch = None

    def prepare(self, home):
        (home / "signed.secret").write_text("whsec_" + base64.b64encode(SECRET).decode())

    def seal(self, payload, now, *, message="msg_1", right=True, secret=SECRET):
        stamp = str(int(now.timestamp()))
        content = f"{message}.{stamp}.".encode() + payload
        digest = hmac.new(secret if right else b"another", content, hashlib.sha256).digest()
        return payload, {
            "Content-Type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": stamp,
            "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        }
