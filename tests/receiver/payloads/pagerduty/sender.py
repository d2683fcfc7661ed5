"""PagerDuty, as a V3 subscription signs: one signature for each of its secrets."""

import hashlib
import hmac
from datetime import timedelta
from typing import ClassVar

SECRET = b"practice-secret-of-pagerduty"


class Sender:
    options: ClassVar = {"secrets": ["file:pagerduty.secret"]}
    signs, expires, replayed = True, timedelta(hours=25), 409
    fetch = None

    def prepare(self, home):
        (home / "pagerduty.secret").write_bytes(SECRET)

    def seal(self, payload, now, *, message="", right=True, secrets=(b"the one before", SECRET)):
        signed = [hmac.new(s, payload, hashlib.sha256).hexdigest() for s in (secrets if right else (b"another",))]
        return payload, {
            "Content-Type": "application/json",
            "X-PagerDuty-Signature": ",".join(f"v1={one}" for one in signed),
            "X-Webhook-Id": "77a3e7ac-5c4c-4b1b-a3b9-4e3c1f1e9c77",
        }
