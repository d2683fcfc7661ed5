"""The receiver serves what the blocks point at, and nothing beside it."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from blocks.base import CodeBlueBlock
from deployments.receiver.pages import LOGO, router


def get(path: str) -> httpx.Response:
    app = FastAPI(docs_url=None)
    app.include_router(router)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://receiver") as client:
            return await client.get(path)

    return asyncio.run(ask())


@pytest.mark.parametrize("path", ["/docs/nothing.md", "/docs/..%2Fpyproject.md", "/docs/%2e%2e/README.md"])
def test_only_documents_that_are_there_are_served(path: str) -> None:
    assert get(path).status_code == 404


def test_logo_and_documents_are_where_the_blocks_say() -> None:
    logo, page = (
        str(url).split("127.0.0.1:4290")[1] for url in (CodeBlueBlock._logo_url, CodeBlueBlock._documentation_url)
    )
    assert get(logo).content == LOGO.read_bytes()
    assert "<h1>" in get(page).text
    assert "<table>" in get("/docs/glossary.md").text
