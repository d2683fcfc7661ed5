"""Looks at couples merges, in the sandbox: counts by kind, yes and no about one link, and nothing that anybody told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from blocks.rung import Rung
from runbook import Permanent
from sandbox.rehearsal import wait
from sandbox.systems.rung import people
from sandbox.systems.rung.couples import ANOTHER, LINK, PARTNERS, THERAPIST, Couples
from sandbox.systems.rung.isolation import PHRASE
from sandbox.systems.rung.wiring import rung
from sandbox.systems.rung.world import World
from tasks.logs.merges import VIOLATED, read_failures, read_merges, read_violations
from tasks.logs.read import Events
from tasks.postgres.couples import read_couple_link

WINDOW = timedelta(seconds=5)
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def world(world: World) -> Iterator[World]:
    """The world; afterwards its couples are as they were."""
    yield world
    Couples(world.facts.database).restore()


def test_a_link_is_read_as_yes_and_no(env: Rung, world: World) -> None:
    seen = read_couple_link(env.database, LINK, str(THERAPIST))
    assert (seen.found, seen.active, seen.owns_both, seen.by_assigned) == (True, True, True, True)
    couples = Couples(world.facts.database)
    couples.give_partner_to(ANOTHER)
    couples.set_status("PENDING")
    seen = read_couple_link(env.database, LINK.upper(), str(ANOTHER))
    assert (seen.status, seen.owned, seen.by_assigned) == ("PENDING", 1, False)


def test_who_asked_is_unknown_when_nobody_says(env: Rung) -> None:
    with pytest.raises(LookupError, match="who asked"):
        _ = read_couple_link(env.database, LINK, None).by_assigned


def test_a_link_that_does_not_exist_is_not_inactive_but_missing(env: Rung) -> None:
    seen = read_couple_link(env.database, NOBODY, str(THERAPIST))
    assert not seen.found
    for ask in ("active", "owns_both"):
        with pytest.raises(LookupError, match="no such couple link"):
            getattr(seen, ask)


@pytest.mark.parametrize("link", [None, "", "7", f"{LINK}'; drop table couple_links; --"])
def test_what_is_no_id_of_a_link_never_reaches_the_database(env: Rung, link: str | None) -> None:
    with pytest.raises(Permanent, match="`link_id`") as refused:
        read_couple_link(env.database, link, None)
    assert "drop" not in str(refused.value)


def test_what_is_no_therapist_id_is_refused(env: Rung) -> None:
    with pytest.raises(Permanent, match="not a therapist id"):
        read_couple_link(env.database, LINK, "1 or 1=1")


def test_the_reading_role_may_read_how_ids_belong_together_and_nothing_else(world: World) -> None:
    with psycopg.connect(world.facts.dsn("rung_reader"), autocommit=True) as reader:
        assert reader.execute("select therapist_id from clients where id = %s", (PARTNERS[0],)).fetchone() == (2,)
        for statement in (
            "select created_at from clients",
            "select brief from clinical_briefs",
            "select * from clients",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(statement)  # pyright: ignore[reportArgumentType] # the statements are above


def test_a_role_without_the_grant_is_told_so(world: World) -> None:
    blind = rung(world.facts, reader="rung_blind")
    with pytest.raises(Permanent, match="grant what it lacks"):
        read_couple_link(blind.database, LINK, None)


def looks(env: Rung) -> list[Any]:
    return [
        read_merges(env.aws, env.logs.audit, window=WINDOW),
        read_failures(env.aws, env.logs.audit, window=WINDOW),
        read_violations(env.aws, env.logs.security, window=WINDOW),
    ]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("term_not_listed", "term not listed"),
        ("clinical_data_in_name", "clinical data in a name"),
        ("schema_mismatch", "schema"),
    ],
)
def test_violations_are_counted_by_kind_and_never_told(env: Rung, world: World, fault: str, kind: str) -> None:
    before = len(world.written())
    world.break_(fault)

    def look() -> Events | None:
        # What the fault before has left must have gone out of the window first.
        seen = read_violations(env.aws, env.logs.security, window=timedelta(seconds=1))
        return seen if 0 < seen.of(kind) == seen.total else None

    violations = wait(
        look,
        within=60,
        what=kind,
    )
    assert violations.kinds == {**dict.fromkeys((one.name for one in VIOLATED), 0), kind: violations.total}
    for look in looks(env):
        assert look.of("failed") + look.of("isolation") + look.of(kind) > 0
        for text in (*people.PLANTED, PHRASE, "miscarriage"):
            assert text not in look.model_dump_json()
            assert text not in str(look)
    assert world.written()[before:] == ()


def test_merges_of_one_link_are_told_apart(env: Rung, world: World) -> None:
    world.break_("link_inactive")
    refused = wait(
        lambda: read_merges(env.aws, env.logs.audit, window=WINDOW, link=LINK).of("refused") or None,
        within=60,
        what="a refusal",
    )
    assert refused > 0
    assert read_merges(env.aws, env.logs.audit, window=WINDOW, link=NOBODY).total == 0


def test_a_log_that_may_not_be_read_is_unreadable(world: World) -> None:
    blind = rung(world.facts, blind_aws=True)
    with pytest.raises(Permanent, match="grant the generated policy"):
        read_violations(blind.aws, blind.logs.security, window=WINDOW)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("IsolationViolation: term 'x' is not whitelisted", "term not listed"),
        ("IsolationViolation: PHI in framework name 'x' (term is not whitelisted)", "clinical data in a name"),
        ("IsolationViolation: 2 validation errors: ValidationError", "schema"),
        ("IsolationViolation: budget exceeded", "other"),
        ("IsolationViolation: term 'schema therapy' is not whitelisted", "term not listed"),
        ("IsolationViolation: term 'PHI' is not whitelisted", "term not listed"),
        ("IsolationViolation: partner 'on the whitelist' belongs to another clinic", "other"),
        (
            '{"error": "IsolationViolation: term \'schema therapy\' is not whitelisted", "patient": "x"}',
            "term not listed",
        ),
    ],
)
def test_the_gravest_kind_that_matches_counts(text: str, kind: str) -> None:
    assert next(one.name for one in VIOLATED if re.search(one.pattern, text)) == kind
