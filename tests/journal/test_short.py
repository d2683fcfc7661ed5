"""Names made of digits: whatever is stored, none is taken for a number of a person, or what it names is lost."""

from __future__ import annotations

import hashlib
import json
import re
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from blocks.environment import Environment
from deployments.receiver.formats._group import GroupAlert, own_fingerprint
from journal import leases
from journal.facts.done import Intended
from journal.facts.words import Act
from journal.redaction import redact, redact_fact
from journal.short import short
from tasks import plan

ROOMS = ("blocks", "deployments", "flows", "journal", "runbook", "tasks")


def taken_for_a_card() -> bytes:
    """What would be named by a number that a payment card could have; about one of 57,000 is."""
    return next(
        what
        for what in (str(number).encode() for number in count())
        if redact(name := hashlib.sha256(what).hexdigest()[:16]) != name
    )


def test_a_name_that_would_be_a_payment_card_is_another_one() -> None:
    what = taken_for_a_card()
    assert hashlib.sha256(what).hexdigest()[:16].isdecimal()
    name = short(what)
    assert re.fullmatch("[0-9a-f]{16}", name)
    assert not name.isdecimal()
    assert redact(name) == name
    assert short(what) == name, "always the same"


@pytest.mark.parametrize("digits", [8, 16, 32])
def test_every_other_name_is_the_beginning_of_the_hash(digits: int) -> None:
    assert short(b"anything", digits) == hashlib.sha256(b"anything").hexdigest()[:digits]


def test_the_name_of_a_plan_survives_being_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "dumps", lambda *_args, **_more: taken_for_a_card().decode())
    case: Any = SimpleNamespace(incident="INC-1")
    digest = plan.manual_digest(case, "task", ())
    fact = Intended(mitigation="one", digest=digest, act=Act.APPLY, attempt=1, holder="one:1:1")
    assert redact_fact(fact) == fact


def test_an_alert_whose_monitor_named_it_so_is_told_from_others() -> None:
    cards = ("4488775720903558", "4938813400145830")
    alerts = [GroupAlert(status="firing", fingerprint=card, labels={"alertname": "one"}) for card in cards]
    named = {own_fingerprint(alert, "alertmanager") for alert in alerts}
    assert len(named) == len(cards)
    assert all(redact(name) == name for name in named)


@pytest.mark.parametrize("host", ["db-password-1", "worker-4488775720903558", "codeblue:worker"])
def test_a_process_knows_itself_on_a_host_of_any_name(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr("platform.node", lambda: host)
    me = leases.me()
    assert redact(me) == me
    assert not leases.is_gone(me)
    assert leases.is_gone(re.sub(r":\d+:", ":999999999:", me))


def test_an_environment_is_named_in_hexadecimal_digits() -> None:
    assert re.fullmatch("[0-9a-f]{32}", Environment.model_construct().place())


def test_nobody_else_cuts_a_hash_short() -> None:
    cut = re.compile(r"digest\(\)\[|fingerprint_of\([^\n]*\)\[")
    own = {Path("journal/short.py")}
    found = [
        str(path)
        for room in ROOMS
        for path in sorted(Path(room).rglob("*.py"))
        if path not in own and cut.search(path.read_text())
    ]
    assert found == []
