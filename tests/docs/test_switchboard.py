"""What the page of the switchboard's contract shows is what the reference server takes and answers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from deployments.conformance.server import SWITCH, TASK
from sandbox.switchboard.board import Lifting, Switch, Wish
from sandbox.switchboard.jobs import Run, Start
from sandbox.switchboard.serving import practice
from tasks.switchboard.read import LastSet, TaskRun
from tasks.switchboard.read import Switch as Told
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs" / "switchboard.md"
TEXT = PAGE.read_text("utf-8")
SHOWN: list[dict[str, Any]] = [json.loads(one.text) for one in blocks(PAGE) if one.language == "json"]
SHAPES: tuple[type[BaseModel], ...] = (Switch, Wish, Lifting, Run, Start)


def test_each_shape_is_shown_as_the_reference_has_it() -> None:
    refusal, *rest = SHOWN
    assert set(refusal) == {"error", "says"}
    for shape, shown in zip(SHAPES, rest, strict=True):
        assert set(shown) == set(shape.model_fields)
        shape.model_validate(shown)
        with pytest.raises(ValidationError):
            shape.model_validate({**shown, "more": 1})


def test_every_route_is_named_and_no_other() -> None:
    named = set(re.findall(r"^\| `(GET|PUT|POST|DELETE) (\S+?)(?:\?dry_run=true)?` \|", TEXT, re.MULTILINE))
    there = {(method, one.path) for one in practice().routes if isinstance(one, APIRoute) for method in one.methods}
    assert named == there


def test_we_ask_for_no_field_that_is_not_shown() -> None:
    switch, run = SHOWN[1], SHOWN[4]
    assert set(Told.model_fields) - {"is_set"} <= set(switch)
    assert set(LastSet.model_fields) == set(switch["last_set"])
    assert set(TaskRun.model_fields) <= set(run)


def test_what_is_reserved_is_named() -> None:
    assert f"`{SWITCH}`" in TEXT
    assert f"`{TASK}`" in TEXT
