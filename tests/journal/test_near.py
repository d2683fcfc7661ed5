"""What was perhaps meant: the one rule for every name that nobody knows."""

import pytest

from journal.near import perhaps

CAUSES = ("idle_leak", "oversized_pools", "honest_load", "other")


@pytest.mark.parametrize(
    ("typed", "among", "meant"),
    [
        ("idle_leek", CAUSES, "idle_leak"),
        ("IDLE_LEAK", CAUSES, "idle_leak"),
        ("leak", CAUSES, "idle_leak"),
        ("pools", CAUSES, "oversized_pools"),
        ("rung-practise", ("rung-practice", "rung-prod"), "rung-practice"),
        ("RUNG", ("other", "rung"), "rung"),
        ("CONNECTION_EXHAUSTION", ("rung.triage", "rung.connection_exhaustion"), "rung.connection_exhaustion"),
        ("conection_exhaustion", ("rung.triage", "rung.connection_exhaustion"), "rung.connection_exhaustion"),
    ],
)
def test_the_nearest_name_is_meant(typed, among, meant):
    assert perhaps(typed, among) == f" Perhaps {meant!r}?"


@pytest.mark.parametrize("typed", ["", "le", "gremlins", "*"])
def test_what_is_near_to_nothing_is_not_guessed(typed):
    assert perhaps(typed, CAUSES) == ""


def test_a_part_of_two_names_means_neither():
    assert perhaps("of_the", ("a_leak_of_the_pools", "what_is_of_the_others_around")) == ""
