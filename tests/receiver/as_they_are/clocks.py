"""When a delivery was sent, by whose clock, and what of it says something else."""

import json
from datetime import timedelta

from tests.receiver.as_they_are.forms import (
    at,
    bridge,
    datadog,
    google,
    group,
    iso,
    kuma,
    ms,
    opsgenie,
    pagerduty,
    put,
    sentry_event,
    sentry_metric,
)
from tests.receiver.test_odd_fields import recorded


def beat(time):
    known = kuma(1, "a")
    return known | {"heartbeat": known["heartbeat"] | {"time": time}}


STAMPED = {
    "datadog": lambda when: datadog(date=str(int(when.timestamp() * 1000))),
    "eventbridge": lambda when: bridge(time=when.strftime("%Y-%m-%dT%H:%M:%SZ")),
    "opsgenie": lambda when: opsgenie(updatedAt=int(when.timestamp()) * 10**9),
    "pagerduty": lambda when: put(pagerduty(), event__occurred_at=when.isoformat().replace("+00:00", "Z")),
    "sentry": lambda when: sentry_event(received=when.timestamp()),
    "uptime_kuma": lambda when: beat(when.strftime("%Y-%m-%d %H:%M:%S.000")),
}
"""Forms whose body says when it was sent."""
WINDOWS = {
    "datadog": timedelta(days=1), "eventbridge": timedelta(hours=25), "grafana": timedelta(minutes=5),
    "opsgenie": timedelta(days=1), "pagerduty": timedelta(hours=25), "sentry": timedelta(hours=25),
    "signed": timedelta(minutes=5), "sns": timedelta(minutes=75), "standard": timedelta(minutes=5),
    "uptime_kuma": timedelta(days=1),
}  # fmt: skip
"""For how long a vendor tries again, or signs anew; the others of these forms are stamped where they are signed."""
MINUTE = timedelta(minutes=1)
IN_TIME = [
    (form, ago) for form, window in WINDOWS.items()
    for ago in (timedelta(), window / 4, window / 2, window - MINUTE, -4 * MINUTE)
]  # fmt: skip
TOO_LATE = [
    (form, window + more) for form, window in WINDOWS.items()
    for more in (2 * MINUTE, 30 * MINUTE, timedelta(days=1), timedelta(days=30), timedelta(days=400))
]  # fmt: skip
TOO_EARLY = [
    (form, ahead) for form in WINDOWS
    for ahead in (6 * MINUTE, 9 * MINUTE, timedelta(hours=1), timedelta(days=1), timedelta(days=400))
]  # fmt: skip


def stamped(it, form, when):
    """The answer to a delivery that says that it was sent then."""
    make = STAMPED.get(form)
    body = json.dumps(make(when) if make else recorded(form)).encode()
    return it.post(*it.sender.seal(body, it.clock.now if make else when))


TAKEN = [
    *(("sentry", sentry_event(datetime=iso(days=days), received=at(minutes=1).timestamp())) for days in (3, 30, 400)),
    ("sentry", sentry_event(datetime=iso(days=-3), received=at(seconds=3).timestamp())),
    ("sentry", sentry_event(datetime=iso(days=3), received=at(hours=24).timestamp())),
    ("sentry", sentry_event(datetime=iso(days=3), received=None)),
    *(("sentry", sentry_metric(action, date_detected=iso(days=9))) for action in ("critical", "warning", "resolved")),
    ("sentry", sentry_metric("resolved", date_closed=iso(minutes=1))),
    ("pagerduty", pagerduty(created_at=iso(days=40))), ("pagerduty", pagerduty(created_at=None)),
    ("eventbridge", put(bridge(), detail__state={"value": "ALARM", "timestamp": "2020-01-01T00:00:00.000+0000"})),
    ("opsgenie", opsgenie("Close", createdAt=ms(days=60), updatedAt=ms() * 10**6)),
    ("opsgenie", opsgenie("Close", createdAt=ms(days=60), updatedAt=None)),
    ("opsgenie", opsgenie("Close", createdAt=iso(days=60), updatedAt=iso(minutes=3))),
    *(("opsgenie", opsgenie(createdAt=None, updatedAt=odd)) for odd in (
        None, 10**40, 10**19, 10**11, -5, 0, True, "soon", 1.5, "2026-99-99", "0001-01-01T00:00:00+14:00",
    )),
    *(("datadog", datadog(date=date)) for date in (float(ms()), ms() / 1000, ms(hours=20), str(ms()), ms() // 1000)),
    *(("google_cloud", google(**told)) for told in (
        {"started_at": int(at(days=90).timestamp())}, {"started_at": None}, {"started_at": 0},
        {"started_at": int(at(days=-1).timestamp())},
        {"state": "closed", "started_at": int(at(days=90).timestamp()), "ended_at": int(at(days=30).timestamp())},
    )),
    *((form, group(form, startsAt=start)) for form in ("alertmanager", "grafana") for start in (
        iso(days=200), iso(days=-1), "0001-01-01T00:00:00Z", None, "2025-06-01T12:00:00.123456789+02:00",
    )),
    ("uptime_kuma", beat("2026-01-01 12:00:00.000")), ("uptime_kuma", beat("2026-01-02 03:11")),
    *(("signed", {"name": "x", "starts_at": start}) for start in (iso(days=90), iso(days=-90), None)),
    *(("standard", {"type": "a", "timestamp": stamp}) for stamp in (iso(days=90), iso(days=-90), "soon", 0, None)),
    *(("sns", recorded("sns") | {"StateChangeTime": time}) for time in (
        "2020-01-01T00:00:00.000+0000", "2030-01-01T00:00:00.000+0000", None, "",
    )),
]  # fmt: skip
LATE = [
    ("sentry", sentry_metric("resolved", date_closed=iso(days=2))),
    ("opsgenie", opsgenie("Close", updatedAt=iso(days=2))),
]
