"""Senders that sign as their vendors do, and the real application to send to. Used by every test of this folder."""

import importlib.util
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from deployments.receiver.app import create_app
from deployments.receiver.settings import ReceiverSettings
from journal.inbox import Inbox

PAYLOADS = Path(__file__).parent / "payloads"
FORMATS = sorted(folder.name for folder in PAYLOADS.iterdir() if folder.is_dir())


@cache  # makes its RSA keys once
def load_sender(form):
    spec = importlib.util.spec_from_file_location(f"sender_of_{form}", PAYLOADS / form / "sender.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Clock:
    """The journal's clock; stands still until it is moved."""

    def __init__(self):
        self.now = datetime(2026, 1, 2, 3, 12, 0, 250_000, tzinfo=UTC)

    def __call__(self):
        return self.now

    def pass_(self, **time):
        self.now += timedelta(**time)


class Receiver:
    """The application with one format switched on, and its sender."""

    def __init__(self, form, journal, home, clock, options=None, **settings):
        self.form, self.journal, self.clock, self.home = form, journal, clock, home
        self.module = load_sender(form)
        self.sender = self.module.Sender()
        self.sender.prepare(home)
        self.dispatched = 0
        settings = ReceiverSettings(formats={form: self.sender.options | (options or {})}, **settings)
        self.app = create_app(settings, journal, self._dispatch, home=home, fetch=self.sender.fetch)

    def __enter__(self):
        self._held = ExitStack()
        self._portal = self._held.enter_context(start_blocking_portal())
        self._held.enter_context(self._portal.wrap_async_context_manager(self.app.router.lifespan_context(self.app)))
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://receiver.test")
        self._client = self._held.enter_context(self._portal.wrap_async_context_manager(client))
        return self

    def __exit__(self, *_):
        self._held.close()

    def _dispatch(self):
        self.dispatched += 1

    def ask(self, method, path, **options):
        return self._portal.call(partial(self._client.request, method, path, **options))

    def post(self, body, headers=None):
        return self.ask("POST", f"/alerts/{self.form}", content=body, headers=headers or {})

    def send(self, payload, **seal):
        return self.post(*self.sender.seal(payload, self.clock.now, **seal))

    def kept(self):
        # Alerts of one commit are numbered in any order.
        return sorted(
            (received.alert for received in Inbox(self.journal).pending(1000)), key=lambda alert: alert["fingerprint"]
        )


def refusal(response, *statuses):
    """Assert a clear refusal; its sentence."""
    assert response.status_code in statuses, response.text
    said = response.json()
    assert set(said) == {"error", "remedy"}, said
    assert all(text.endswith(".") and "Traceback" not in text for text in said.values()), said
    return said["error"]


def payloads(kind):
    """Every recorded payload of a kind, as pytest parameters `(form, file)`."""
    return [
        pytest.param(form, file, id=f"{form}-{file.stem}")
        for form in FORMATS
        for file in sorted((PAYLOADS / form / kind).iterdir())
        if not file.name.endswith(".alerts.json")
    ]
