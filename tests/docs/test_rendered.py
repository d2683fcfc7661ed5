"""What documents take from the code is as the code says now."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest

from deployments.deployed import listed
from tests.docs.pages import ROOT, name


@pytest.fixture(scope="module")
def render() -> ModuleType:
    spec = importlib.util.spec_from_file_location("render", ROOT / "docs" / "render.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["render"] = module
    spec.loader.exec_module(module)
    return module


def test_no_rendered_document_is_stale(render: ModuleType) -> None:
    stale = [name(path) for path, text in render.rendered().items() if path.read_text("utf-8") != text]
    assert stale == [], "run: make docs"


def test_every_runbook_has_its_page(render: ModuleType) -> None:
    assert len(render.ours()) == len(listed())
    for one in listed():
        assert render.page_of(one.declaration).exists()


def test_no_page_is_left_of_a_runbook_that_is_gone(render: ModuleType) -> None:
    assert set((ROOT / "docs" / "runbooks").rglob("*.md")) <= set(render.rendered())


def test_an_excerpt_of_lines_that_are_gone_is_refused_with_their_beginning(render: ModuleType) -> None:
    with pytest.raises(LookupError, match=r"begins with 'NO SUCH LINE'"):
        render.quoted("README.md", "NO SUCH LINE ~ )")
