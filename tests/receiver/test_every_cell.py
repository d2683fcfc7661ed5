"""Each form is tried with enough deliveries of each kind, or it is said why its sender makes none."""

import json
from collections import Counter

import pytest

from deployments.receiver.dispatch import Dispatcher
from deployments.receiver.routing import Routes
from journal.timeline_words import impact
from tests.receiver.as_they_are import clocks, ends, identity, odd, pings
from tests.receiver.senders import FORMATS, refusal
from tests.receiver.test_dispatch import FakePrefect, settle
from tests.receiver.test_groups import LEFT_OUT, RULE
from tests.receiver.test_odd_fields import ODD, UNMARKED, optional, recorded
from tests.receiver.test_senders_as_they_are import BEARERS, NOT_ASCII, sent

ENOUGH = 5

STORIES = {"FE": 0, "FEE": 0, "FFE": 1, "FEF": 1, "FFEFE": 2}
"""Whether a problem was there or over, one letter each, and how often it came again."""


def times(forms, kinds):
    return [(form,) for form in forms for _ in kinds]


KINDS = {
    "a test": pings.TESTS,
    "the same problem": identity.SAME,
    "another problem": identity.OTHER,
    "no end": [*ends.NO_ENDS, *ends.NOTHING],
    "an end": ends.ENDS,
    "an end and no repeat": times(ends.EPISODES, STORIES),
    "a start or a clock": [*clocks.TAKEN, *clocks.IN_TIME],
    "too late": clocks.TOO_LATE,
    "too early": clocks.TOO_EARLY,
    "a message of another kind": odd.ANOTHER_KIND,
    "a severity as a number": odd.NUMBERS,
    "a name with brackets": odd.NAMES,
    "a large group": odd.LARGE,
    "alerts left out": times(("alertmanager", "grafana"), LEFT_OUT),
    "a secret in UTF-8": times(BEARERS, NOT_ASCII),
    "bytes before and after": times((form for form in FORMATS if form != "sns"), UNMARKED),
    "an odd field": [(form,) for form in FORMATS for _ in optional(form, recorded(form)) for _ in ODD],
}
_NO_CLOCK = "neither header nor body says when it was sent"
_SIGNS = "the secret signs and is in no header"
_ONE = "a delivery holds one alert"
_NOBODY_COUNTS = "its sender says of nothing that it left alerts out"
NEVER = {
    ("a test", "eventbridge"): "EventBridge has none; an alarm set by hand is a change of state (pings.NO_TESTS)",
    ("no end", "signed"): "a status other than its three is refused",
    **{(kind, form): _NO_CLOCK for kind in ("too late", "too early") for form in ("alertmanager", "google_cloud")},
    ("a message of another kind", "opsgenie"): "its other messages are actions that lead to nothing (ends.NOTHING)",
    (
        "a message of another kind",
        "sentry",
    ): "its other messages lead to nothing (ends.NOTHING); its older hooks sign otherwise",
    ("a message of another kind", "signed"): "the form is our own, and what it does not know is refused by name",
    ("a message of another kind", "uptime_kuma"): "its other bodies are no JSON",
    **{
        ("a severity as a number", form): "the sender writes no severity"
        for form in ("eventbridge", "sns", "uptime_kuma")
    },
    ("a severity as a number", "sentry"): "its levels are words; a number costs nothing (an odd field)",
    ("a severity as a number", "signed"): "the form is our own; severities are words",
    **{("a large group", form): _ONE for form in FORMATS if form not in {"alertmanager", "grafana", "standard"}},
    **{("alerts left out", form): _NOBODY_COUNTS for form in FORMATS if form not in {"alertmanager", "grafana"}},
    **{("a secret in UTF-8", form): _SIGNS for form in ("grafana", "pagerduty", "sentry", "signed", "standard")},
    ("a secret in UTF-8", "sns"): "Amazon's certificate proves it, and no secret",
    ("bytes before and after", "sns"): "SNS writes its envelope itself",
}
"""Why a form has none of a kind."""


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_form_has_enough_of_each_kind_or_cannot_have_any(kind, form):
    tried = Counter(given[0] for given in KINDS[kind])[form]
    if (kind, form) in NEVER:
        assert tried == 0
    else:
        assert tried >= ENOUGH


def test_no_reason_is_given_for_what_there_is_not():
    assert {kind for kind, _ in NEVER} <= KINDS.keys()
    assert {form for _, form in NEVER} <= set(FORMATS)


@pytest.mark.parametrize(("form", "payload"), odd.ANOTHER_KIND)
def test_a_message_of_another_kind_gets_the_remedy_for_that(form, payload, receiver):
    answer = receiver(form).send(json.dumps(payload).encode())
    assert "does not fit" not in refusal(answer, 422)
    assert answer.json()["remedy"] != "Correct the body and send it again."


@pytest.mark.parametrize(("form", "payload", "severity"), odd.NUMBERS)
def test_a_severity_that_is_a_number_is_read(form, payload, severity, receiver):
    it = receiver(form)
    assert it.send(json.dumps(payload).encode()).status_code == 202
    assert [one["severity"] for one in it.kept()] == [severity]


@pytest.mark.parametrize(("form", "payload", "name"), odd.NAMES)
def test_the_brackets_and_digits_of_a_name_are_its_own(form, payload, name, receiver):
    it = receiver(form)
    assert it.send(json.dumps(payload).encode()).status_code == 202
    assert [one["name"] for one in it.kept()] == [name]


@pytest.mark.parametrize(("form", "payload", "link"), odd.LINKS)
def test_only_what_a_browser_can_open_is_a_link(form, payload, link, receiver):
    it = receiver(form)
    assert it.send(json.dumps(payload).encode()).status_code == 202
    assert [one["link"] for one in it.kept()] == [link]


@pytest.mark.parametrize(("form", "payload"), odd.LABELS)
def test_the_operators_own_labels_are_labels(form, payload, receiver):
    it = receiver(form)
    assert it.send(json.dumps(payload).encode()).status_code == 202
    assert [one["labels"]["environment"] for one in it.kept()] == ["rung-prod"]


@pytest.mark.parametrize(("form", "size"), odd.LARGE)
def test_a_large_group_is_taken_whole(form, size, receiver):
    it = receiver(form, keep_within=60)
    answer = it.send(json.dumps(odd.large(form, size)).encode())
    assert answer.status_code == 202, answer.text
    assert len(set(answer.json()["receipts"])) == size


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("form", ends.EPISODES)
def test_an_end_is_counted_as_none_of_the_repeats(form, story, receiver):
    it = receiver(form)
    for number, letter in enumerate(story):
        payload = ends.EPISODES[form][letter == "E"](number)
        assert sent(it, payload, message=f"m{number}").status_code == 202
        settle(Dispatcher(it.journal, FakePrefect(), Routes([RULE])))
        it.clock.pass_(minutes=2)
    [incident] = it.journal.incidents(limit=10)
    told = " ".join(impact(it.journal.entries(incident.id)))
    again = STORIES[story]
    assert (f"came again {again} time" in told) if again else ("came again" not in told)
