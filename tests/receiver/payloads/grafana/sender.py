"""Grafana, as a contact point with an HMAC signature and a timestamp header signs."""

import hashlib
import hmac
from datetime import timedelta
from typing import ClassVar

SECRET = b"practice secret of grafana"


class Sender:
    options: ClassVar = {"secrets": ["file:grafana.secret"]}
    signs, expires, replayed = True, timedelta(minutes=5), 409
    fetch = None

    def prepare(self, home):
        (home / "grafana.secret").write_bytes(SECRET)

    def seal(self, payload, now, *, message="", right=True, secret=SECRET, stamped=True):
        stamp = str(int(now.timestamp()))
        content = f"{stamp}:".encode() + payload if stamped else payload
        signature = hmac.new(secret if right else b"another", content, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Grafana-Alerting-Signature": signature}
        return payload, headers | ({"X-Grafana-Alerting-Timestamp": stamp} if stamped else {})
