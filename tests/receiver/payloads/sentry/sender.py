"""Sentry, as an internal integration signs."""

import hashlib
import hmac
from datetime import timedelta
from typing import ClassVar

SECRET = b"practice-client-secret-of-sentry"


class Sender:
    options: ClassVar = {"secrets": ["file:sentry.secret"]}
    signs, expires, replayed = True, timedelta(hours=25), 409
    fetch = None

    def prepare(self, home):
        (home / "sentry.secret").write_bytes(SECRET)

    def seal(self, payload, now, *, message="", right=True):
        return payload, {
            "Content-Type": "application/json",
            "Request-ID": "4d2f1c1e-9a52-4a4b-a7f7-0a1b1a2a3a4a",
            "Sentry-Hook-Resource": "event_alert",
            "Sentry-Hook-Timestamp": str(int(now.timestamp())),
            "Sentry-Hook-Signature": hmac.new(SECRET if right else b"another", payload, hashlib.sha256).hexdigest(),
        }
