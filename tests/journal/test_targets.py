"""Everybody who approves can read every target, however many there are."""

import pytest

from deployments.cli.lines import clean
from journal.facts.decided import Planned, PlannedTarget
from journal.facts.words import Effect
from journal.targets import kinds
from journal.wording import plain, visible
from runbook.rendering import approval_as_markdown
from tests.cli.story import LEAK


def target(name, before="idle for 31 min", after="ended"):
    return PlannedTarget(name=name, before=before, after=after)


def test_targets_of_one_kind_stand_together_and_none_is_left_out():
    reports = [target(f"session {n} of rung-reports", f"idle for {n} min") for n in range(100, 173)]
    others = [target(f"session {n} of rung-api") for n in range(12)]
    first, second = kinds([*others, *reports])
    assert (first.count, first.name, first.before, first.after) == (
        73,
        "session … of rung-reports",
        "idle for …",
        "ended",
    )
    assert first.each[0] == "100 (100 min)"
    assert len(first.each) == 73
    assert (second.count, second.name, second.before) == (12, "session … of rung-api", "idle for 31 min")
    assert second.each == tuple(str(n) for n in range(12))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (target("rung-api-1"), target("rung-api-2")),  # names, not numbers
        (target("setting 1", after="10"), target("setting 2", after="20")),  # they become different things
        (target("session 1", "idle for 3 min"), target("session 2", "active for 3 min")),
    ],
)
def test_what_differs_in_more_than_numbers_is_listed_by_itself(one, other):
    assert [(kind.name, kind.before, kind.after) for kind in kinds([one, other])] == [
        (found.name, found.before, found.after) for found in (one, other)
    ]


def test_what_all_share_is_kept_though_it_is_a_number():
    (kind,) = kinds([target(f"port 5432 pid {n}", before=f"{n} rows") for n in (7, 8)])
    assert (kind.name, kind.before, kind.each) == ("port 5432 pid …", "… rows", ("7 (7)", "8 (8)"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("rung-api\u200b", "rung-api⟨U+200B⟩"),  # beside one without it
        ("rung-\u202eipa", "rung-⟨U+202E⟩ipa"),  # shown backwards
        ("rung\u00ad-api", "rung⟨U+00AD⟩-api"),
        ("rung\u200e-api", "rung⟨U+200E⟩-api"),
        ("\ufeffrung-api", "⟨U+FEFF⟩rung-api"),
        ("rung\u200dapi", "rung⟨U+200D⟩api"),
        ("\x1b[31mrung-api", "⟨U+001B⟩[31mrung-api"),
        ("rung-api\U000e0041", "rung-api⟨U+E0041⟩"),
        ("rung-api\u3164", "rung-api⟨U+3164⟩"),
    ],
)
def test_what_nobody_sees_in_a_target_is_a_sign_for_whoever_approves_it(name, shown):
    planned = PLANNED.model_copy(update={"targets": (target("rung-api"), target(name), target("x", before=name))})
    assert [kind.name for kind in kinds(planned.targets)] == ["rung-api", shown, "x"]
    text = approval_as_markdown("INC-1", planned, LEAK)
    assert plain(shown) in text
    assert name not in text
    assert name not in clean(text)


@pytest.mark.parametrize("text", ["Zoë", "👩\u200d🚒", "\u0645\u06cc\u200c\u062e\u0648", "a — b → c", "naïve\u00a0"])
def test_what_is_seen_stays_as_it_is(text):
    assert visible(text) == text


def test_a_target_that_is_named_twice_and_two_that_differ_in_what_they_were_are_listed_without_gaps():
    (twice,) = kinds([target("db 1"), target("db 1")])
    assert (twice.count, twice.name, twice.each) == (2, "db 1", ())
    (once,) = kinds([target("limit 10", before="1 GB"), target("limit 10", before="3 GB")])
    assert once.each == ("(1)", "(3)")


def test_who_approves_by_a_form_or_a_message_reads_every_target_after_the_risk_and_the_way_back():
    planned = PLANNED.model_copy(
        update={"targets": tuple(target(f"session {n} of rung-reports") for n in range(100, 173))}
    )
    text = approval_as_markdown("INC-1", planned, LEAK)
    assert "- **73x** session … of rung-reports: idle for 31 min → ended: 100, 101, " in text
    assert text.index("**Risk:**") < text.index("**Way back:**") < text.index("**73x**")
    assert all(str(n) in text for n in range(100, 173))


PLANNED = Planned(
    mitigation="end_idle_sessions",
    title="End sessions",
    treats="idle_leak",
    change="postgres.end_idle_sessions",
    effect=Effect.DISRUPTIVE,
    summary="End 73 sessions.",
    digest="3fa9c1d27be04a56",
    targets=(),
    out_of=97,
    warnings=(),
    risk="Clients must reconnect.",
    way_back="None.",
    validation="fewer than 70% are taken",
    plan={},
)
