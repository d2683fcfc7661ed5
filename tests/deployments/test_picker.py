"""A start form offers what is saved, and takes what was saved a moment ago."""

from __future__ import annotations

from typing import Any

import pytest
from prefect.utilities.callables import parameter_schema

from deployments.checks.measures import measured
from deployments.checks.symptoms import symptom
from deployments.picker import ANOTHER, SAVED, with_choice
from flows.rung.connection_exhaustion import rung_connection_exhaustion


def form(flow: Any) -> dict[str, Any]:
    return parameter_schema(flow).model_dump_for_openapi()


RUNBOOK = form(rung_connection_exhaustion)


def environment(schema: dict[str, Any]) -> dict[str, Any]:
    return schema["definitions"]["Params"]["properties"]["environment"]


def test_saved_environments_are_offered_and_another_may_be_typed() -> None:
    plain = environment(RUNBOOK)
    chosen = environment(with_choice(RUNBOOK, ["a", "b"]))
    saved, another = chosen["anyOf"]
    assert saved == {"type": "string", "enum": ["a", "b"], "title": SAVED}
    assert another == {"type": "string", "minLength": 1, "title": ANOTHER}
    assert (chosen["default"], chosen["description"]) == (plain["default"], plain["description"])


def test_the_only_one_is_the_default() -> None:
    changed = with_choice(RUNBOOK, ["only"])
    assert environment(changed)["default"] == "only"
    assert changed["properties"]["params"]["default"]["environment"] == "only"


@pytest.mark.parametrize("names", [[], ["a"], ["a", "b"]])
def test_it_can_be_repeated_and_taken_back(names: list[str]) -> None:
    once = with_choice(RUNBOOK, names)
    assert with_choice(once, names) == once
    assert with_choice(with_choice(RUNBOOK, ["x", "y"]), names) == once
    if len(names) != 1:
        assert with_choice(once, []) == RUNBOOK


def test_the_form_of_a_check_has_the_choice_too_unless_it_may_be_empty() -> None:
    assert with_choice(form(measured), ["a"])["properties"]["environment"]["anyOf"][0]["enum"] == ["a"]
    assert with_choice(form(symptom), ["a"]) == form(symptom)


def test_everything_else_of_a_form_is_left_alone() -> None:
    changed = with_choice(RUNBOOK, ["a", "b"])
    environment(changed).clear()
    before = with_choice(RUNBOOK, [])
    environment(before).clear()
    assert changed == before
