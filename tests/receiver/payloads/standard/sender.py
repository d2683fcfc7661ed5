"""A sender of Standard Webhooks and CloudEvents; what it sends is told by the payload."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import ClassVar

SECRET = b"practice secret of a standard sender"
BINARY = {
    "ce-specversion": "1.0",
    "ce-id": "A234-1234-1236",
    "ce-type": "org.example.alert.firing",
    "ce-source": "/monitors/%C3%BCber",
    "ce-subject": "rung-prod",
    "ce-time": "2026-01-02T03:11:42.137Z",
}


class Sender:
    options: ClassVar = {"secrets": ["file:standard.secret"]}
    signs, expires, replayed = True, timedelta(minutes=5), 409
    fetch = None

    def prepare(self, home):
        (home / "standard.secret").write_text("whsec_" + base64.b64encode(SECRET).decode())

    def seal(self, payload, now, *, message="msg_1", right=True):
        stamp = str(int(now.timestamp()))
        content = f"{message}.{stamp}.".encode() + payload
        digest = hmac.new(SECRET if right else b"another", content, hashlib.sha256).digest()
        return payload, _mode(payload) | {
            "webhook-id": message,
            "webhook-timestamp": stamp,
            "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        }


def _mode(payload):
    try:
        given = json.loads(payload)
    except ValueError:
        given = {}
    if isinstance(given, list):
        return {"Content-Type": "application/cloudevents-batch+json"}
    if "specversion" in given:
        return {"Content-Type": "application/cloudevents+json; charset=UTF-8"}
    if "name" in given:
        return {"Content-Type": "application/json"} | BINARY
    return {"Content-Type": "application/json"}
