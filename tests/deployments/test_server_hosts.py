"""Which hosts and pages reach Prefect's application at all: asked of the check itself, with a page behind it."""

import asyncio

import httpx
import pytest
from starlette.responses import HTMLResponse

from deployments.server_hosts import OwnHosts

PUBLIC = "https://prefect.example.com"
OURS = "127.0.0.1:4200"


def asked(headers: dict[str, str], public: str | None = PUBLIC) -> httpx.Response:
    behind = OwnHosts(HTMLResponse("the UI", headers={"Content-Security-Policy": "default-src 'self'"}), public=public)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(behind), base_url="http://x") as client:
            return await client.get("/dashboard", headers=headers)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "somebody@127.0.0.1"},
        {"Host": "127.0.0.1/evil.example"},
        {"Host": "127.0.0.1#evil.example"},
        {"Host": "127.0.0.1?evil.example"},
        {"Host": "127.0.0.1\\\\evil.example"},
        {"Host": "localhost."},
        {"Host": "127.1"},
        {"Host": "0.0.0.0:4200"},
        {"Host": "2130706433"},
        {"Host": "prefect.example.com."},
        {"Host": "prefect.example.com", "Origin": "http://prefect.example.com"},  # in the clear: anybody on the way
        {"Host": "prefect.example.com:81", "Origin": "http://prefect.example.com:81"},
        {"Host": "PREFECT.example.com", "Origin": "http://PREFECT.example.com"},
        {"Host": OURS, "Origin": "http://localhost:4200"},
        {"Host": OURS, "Origin": "http://prefect.example.com"},
        {"Host": OURS, "Origin": "chrome-extension://abc"},
        {"Host": OURS, "Origin": ""},
    ],
)
def test_a_foreign_host_or_page_gets_nothing(headers: dict[str, str]) -> None:
    answer = asked(headers)
    assert answer.status_code == 403
    assert "the UI" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": OURS},
        {"Host": "[::1]:4200"},
        {"Host": OURS, "Origin": f"http://{OURS}"},
        {"Host": OURS, "Origin": PUBLIC},  # a proxy that tells the host it asks, and not the one that was asked for
        {"Host": "prefect.example.com", "Origin": PUBLIC},
        {"Host": "prefect.example.com:443", "Origin": PUBLIC},
    ],
)
def test_our_own_are_answered_and_shown_in_no_frame(headers: dict[str, str]) -> None:
    answer = asked(headers)
    assert (answer.status_code, answer.text) == (200, "the UI")
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers.get_list("Content-Security-Policy") == ["default-src 'self'", "frame-ancestors 'none'"]


@pytest.mark.parametrize("public", [None, "http://127.0.0.1:8080", "http://localhost:8080"])
def test_a_tunnel_to_this_machine_does_not_shut_out_its_own_browser(public: str | None) -> None:
    assert asked({"Host": OURS, "Origin": f"http://{OURS}"}, public).status_code == 200
    assert asked({"Host": OURS, "Origin": "http://127.0.0.1:3000"}, public).status_code == 403
