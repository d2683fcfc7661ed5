"""What the application refuses whatever the form, and what it never does: lose, leak, or read without end."""

import asyncio
import json
import logging
import os
import threading

import httpx

from journal.errors import JournalUnavailable
from journal.inbox import Inbox
from tests.receiver.senders import PAYLOADS, refusal

FIRING = (PAYLOADS / "alertmanager" / "valid" / "firing.json").read_bytes()


def drive(app, path, chunks, headers=()):
    """Post to the bare application; the status, and how many chunks it took."""
    taken = 0
    sent = []

    async def receive():
        nonlocal taken
        chunk = next(chunks, None)
        if chunk is None:
            await asyncio.Event().wait()
        taken += 1
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": list(headers), "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "state": {},
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], taken, dict(sent[0]["headers"])


def test_a_body_of_50_mb_is_refused_after_the_first_megabyte(receiver):
    it = receiver("signed")
    chunks = (b"x" * 65_536 for _ in range(800))
    status, taken, headers = drive(it.app, "/alerts/signed", chunks)
    assert status == 413
    assert taken == 17
    assert headers[b"connection"] == b"close"


def test_a_body_that_claims_50_mb_is_refused_unread(receiver):
    it = receiver("alertmanager")
    claimed = [(b"content-length", b"52428800")]
    assert drive(it.app, "/alerts/alertmanager", iter(()), claimed)[:2] == (413, 0)


def test_a_body_that_claims_to_be_small_is_counted_all_the_same(receiver):
    it = receiver("alertmanager", body_limit=1024)
    status, taken, _ = drive(it.app, "/alerts/alertmanager", iter([b"x" * 600] * 9), [(b"content-length", b"5")])
    assert (status, taken) == (413, 2)


def test_a_body_that_never_ends_is_refused_in_time(receiver):
    it = receiver("alertmanager", body_within=0.05)
    assert drive(it.app, "/alerts/alertmanager", iter([b"{"]))[0] == 408


def test_a_compressed_body_is_refused(receiver):
    it = receiver("alertmanager")
    assert "compressed" in refusal(it.post(FIRING, {"Content-Encoding": "gzip"}), 415)


def test_an_unknown_form_is_refused(receiver):
    it = receiver("alertmanager")
    refusal(it.ask("POST", "/alerts/carrier-pigeon", content=FIRING), 404)
    off = it.ask("POST", "/alerts/sns", content=FIRING)
    assert "not switched on" in refusal(off, 404)
    assert "start codeblue up again" in off.json()["remedy"]  # who has added it already is told what is left to do
    refusal(it.ask("POST", "/alerts/_reading", content=FIRING), 404)
    refusal(it.ask("GET", "/nowhere"), 404)


def test_a_wrong_method_is_refused(receiver):
    it = receiver("alertmanager")
    refusal(it.ask("GET", "/alerts/alertmanager"), 405)
    refusal(it.ask("DELETE", "/health"), 405)


def test_an_alert_that_cannot_be_kept_is_not_acknowledged(receiver, monkeypatch):
    def away(*_):
        raise JournalUnavailable("sqlite:///journal.db", 0.3, "disk is gone")

    it = receiver("alertmanager")
    monkeypatch.setattr(Inbox, "put_all", away)
    answer = it.send(FIRING)
    assert "could not be kept" in refusal(answer, 503)
    assert int(answer.headers["retry-after"]) > 0
    assert it.dispatched == 0


def test_an_alert_that_is_not_kept_in_time_is_not_acknowledged(receiver, monkeypatch):
    come_on = threading.Event()
    monkeypatch.setattr(Inbox, "put_all", lambda *_: come_on.wait(10))
    it = receiver("alertmanager", keep_within=0.05)
    refusal(it.send(FIRING), 503)
    come_on.set()


def test_an_internal_error_costs_no_alert_and_shows_no_traceback(receiver, monkeypatch, caplog):
    def broken(_, deliveries):
        raise ZeroDivisionError(deliveries[0].alert["summary"])

    it = receiver("alertmanager")
    monkeypatch.setattr(Inbox, "put_all", broken)
    answer = it.send(FIRING)
    refusal(answer, 503)
    assert "retry-after" in answer.headers
    assert "ZeroDivisionError" in caplog.text
    assert "almost no connection slots" not in caplog.text


def test_no_secret_reaches_a_log_or_an_answer(receiver, caplog):
    caplog.set_level(logging.DEBUG)
    it = receiver("alertmanager")
    secret, almost = "practice-token-of-alertmanager", "practice-token-of-alertmanagex"
    answers = [
        it.send(FIRING),
        it.send(b"{}"),
        it.post(FIRING, {"Authorization": f"Bearer {almost}"}),
        it.post(FIRING, {"Authorization": f"Basic {secret}"}),
        it.ask("POST", f"/alerts/{almost}?token={secret}", content=FIRING),
    ]
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    assert len(ours) >= 3
    said = "".join(ours) + "".join(a.text for a in answers) + repr(it.app)
    assert secret not in said
    assert almost not in said


def test_a_planted_secret_is_redacted_before_it_is_kept(receiver):
    it = receiver("signed")
    planted = "AKIAIOSFODNN7EXAMPLE"
    assert it.send(json.dumps({"name": "x", "summary": f"key {planted} is leaked"}).encode()).status_code == 202
    assert planted not in json.dumps(it.kept())


def test_health_and_readiness_tell_of_the_journal(receiver, journal_file, monkeypatch):
    it = receiver("alertmanager")
    assert it.send(FIRING).status_code == 202
    health = it.ask("GET", "/health")
    assert (health.status_code, health.json()["journal"], health.json()["waiting"]) == (200, "reachable", 1)
    assert it.ask("GET", "/ready").json() == {"ready": True, "formats": ["alertmanager"], "installation": ""}

    def away(*_):
        raise JournalUnavailable("there", 0.3, "gone")

    monkeypatch.setattr(it.journal.database, "read", away)
    assert it.ask("GET", "/health").status_code == 503
    assert it.ask("GET", "/ready").json()["ready"] is False


def test_over_a_real_connection_50_mb_get_their_413(served, receiver):
    url = served(receiver("alertmanager"))

    def endless():
        for _ in range(800):
            yield os.urandom(1) * 65_536

    with httpx.Client() as client:
        for content in (endless(), b"x" * 52_428_800):
            refusal(client.post(f"{url}/alerts/alertmanager", content=content), 413)
