"""Google Cloud Monitoring, through a webhook channel with basic auth."""

import base64
from typing import ClassVar

PASSWORD = "practice-password-of-google-cloud"


class Sender:
    options: ClassVar = {"secrets": ["file:google_cloud.password"], "user": "monitoring"}
    signs, expires, replayed = False, None, 202
    fetch = None

    def prepare(self, home):
        (home / "google_cloud.password").write_text(PASSWORD + "\n")

    def seal(self, payload, now, *, message="", right=True):
        shown = f"monitoring:{PASSWORD if right else 'another'}"
        authorization = "Basic " + base64.b64encode(shown.encode()).decode()
        return payload, {"Content-Type": "application/json", "Authorization": authorization}
