"""What is saved at Prefect is seen whole: more than one page of it, and two of one name."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from blocks.environment import Environment
from blocks.rung import Rung
from deployments import environments, places
from deployments.cli import doctor_environments
from deployments.environments import saved_environments
from deployments.stack_home import Home
from journal.facts.words import Answer


class Other(Environment):
    """Another system's."""

    _block_type_name = "Another environment"
    _block_type_slug = "codeblue-another"


class Many(places.Prefect):
    """Answers as Prefect does: 200 of anything at once, unless fewer are asked for."""

    def __init__(self, documents: list[dict[str, Any]]) -> None:
        self.documents, self.ui, self.url = documents, "http://ui", "http://ui/api"

    def post(self, path: str, body: dict[str, Any]) -> Any:
        assert path == "/block_documents/filter"
        begin = body.get("offset", 0)
        return self.documents[begin : begin + min(body.get("limit", 200), 200)]


def document(name: str, kind: type[Environment] = Rung, **data: object) -> dict[str, Any]:
    return {"name": name, "block_type": {"slug": kind.get_block_type_slug()}, "is_anonymous": False, "data": data}


@pytest.fixture(autouse=True)
def _two_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "kinds", lambda: (Rung, Other))


def test_those_beyond_the_first_page_are_seen() -> None:
    names = [f"prod-{number:03}" for number in range(450)]
    assert [one.name for one in saved_environments(Many([document(one) for one in names]))] == names


def test_two_systems_may_each_have_one_of_the_same_name() -> None:
    seen = saved_environments(Many([document("prod", practice_pace=0.5), document("prod", Other)]))
    assert [(one.name, one.kind, one.pace) for one in seen] == [("prod", Other, None), ("prod", Rung, 0.5)]


def test_the_doctor_looks_at_both_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "before_prefect", lambda _: None)  # imported long ago, in this process
    monkeypatch.setattr(environments, "asking", lambda _: nullcontext())
    looked: list[type[Environment]] = []

    def saved(kind: type[Environment], _name: str) -> Environment:
        looked.append(kind)
        raise OSError("out of reach")

    monkeypatch.setattr("blocks.saved.saved", saved)
    there = Many([document("prod"), document("prod", Other)])
    said = list(doctor_environments.environments(Home.at(tmp_path), there))
    assert looked == [Other, Rung]
    assert {one.name for one in said if one.answer is Answer.NO} >= {"prod (another)", "prod (rung)"}
