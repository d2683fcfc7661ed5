"""Prefect answers our own pages and whoever knows the secret, and nobody else: asked over a real server."""

import asyncio
import base64
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from blocks.webhook_secret import WebhookSecret
from deployments import server_access
from deployments.private_files import OpenSecretError, closed, keep_secret, secret
from deployments.receiver.keys import Keys, MissingSecretError
from deployments.server_access import AUTH_FILE, PublicUrlError, header, known, links, public, settle
from deployments.stack import Stack
from deployments.stack_home import Home, environment
from deployments.stack_register import DeploymentSpec, register

PASSWORD = "practice-password-that-no-page-may-read"
PUBLIC = "https://prefect.example.com"


@pytest.fixture(scope="module")
def asked(prefect_alone: Stack) -> Iterator[tuple[str, dict[str, str], list[tuple[str, str, dict]]]]:
    """The server's root, who we are, and requests that a foreign page would like: read a password, start a run."""
    with prefect_alone.client() as client:
        WebhookSecret(current=PASSWORD).save("channel", overwrite=True)
        made = register(client, [DeploymentSpec(name="channel", entrypoint="deployments.escalating.escalation")])
        (deployment,) = made.values()
        yield (
            prefect_alone.api_url.removesuffix("/api"),
            prefect_alone.headers,
            [
                ("POST", "/api/block_documents/filter", {"include_secrets": True}),
                ("POST", f"/api/deployments/{deployment}/create_flow_run", {}),
            ],
        )
        client.delete_deployment(deployment)


@pytest.mark.parametrize(
    "foreign",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:3000"},  # another program of this machine serves that page
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Host": "evil.example"},
        {"Host": "evil.example:4200", "Origin": "http://evil.example:4200"},
        {"Host": ""},
        {"Host": "127.0.0.1.evil.example"},
    ],
)
def test_a_foreign_page_or_name_reads_no_block_and_starts_no_run_whoever_it_says_it_is(asked, foreign) -> None:
    root, who, wanted = asked
    for method, path, body in wanted:
        answer = httpx.request(method, root + path, json=body, headers=who | foreign, timeout=30)
        assert answer.status_code == 403, answer.text
        assert "--public-url" in answer.json()["detail"]
        assert PASSWORD not in answer.text
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("wrong", [{}, header("codeblue:wrong"), {"Authorization": "Bearer x"}])
def test_nobody_is_answered_without_the_secret(asked, wrong) -> None:
    root, _, wanted = asked
    for method, path, body in wanted:
        answer = httpx.request(method, root + path, json=body, headers=wrong, timeout=30)
        assert answer.status_code == 401, answer.text
    assert httpx.get(f"{root}/api/health", timeout=30).is_success  # says nothing, and the stack waits for it


def test_our_own_page_and_our_own_processes_are_answered(asked) -> None:
    root, who, wanted = asked
    for origin in ({}, {"Origin": root}):
        answers = [
            httpx.request(m, root + path, json=body, headers=who | origin, timeout=30) for m, path, body in wanted
        ]
        assert PASSWORD in answers[0].text
        assert answers[1].status_code == 201
    name = root.replace("127.0.0.1", "localhost")  # the same by its other name
    assert httpx.get(f"{name}/api/admin/version", headers=who | {"Origin": name}, timeout=30).is_success


def test_a_websocket_of_a_foreign_page_is_refused_and_one_without_the_secret_hears_nothing(asked) -> None:
    root, who, _ = asked
    address = root.replace("http", "ws", 1) + "/api/events/out"

    async def hears(origin: str | None, token: str) -> bool:
        async with connect(address, origin=origin, subprotocols=["prefect"], proxy=None) as socket:
            await socket.send(json.dumps({"type": "auth", "token": token}))
            try:
                return json.loads(await socket.recv())["type"] == "auth_success"
            except ConnectionClosed:
                return False

    token = _token(who)
    with pytest.raises(InvalidStatus):
        asyncio.run(hears("http://evil.example", token))
    assert asyncio.run(hears(None, "codeblue:wrong")) is False
    assert asyncio.run(hears(root, token)) is True


def _token(who: dict[str, str]) -> str:
    return base64.b64decode(who["Authorization"].removeprefix("Basic ")).decode()


def test_the_sign_in_page_never_holds_the_secret_and_is_in_no_frame(prefect_alone: Stack) -> None:
    before, _, after = prefect_alone.sign_in_url.partition("#")
    answer = httpx.get(before, timeout=30)
    assert after
    assert prefect_alone.auth not in answer.text
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"
    assert httpx.post(before, timeout=30).status_code == 405


def test_a_secret_is_made_once_kept_for_us_alone_and_an_operators_own_is_used_instead(tmp_path: Path) -> None:
    first = settle(tmp_path, {})
    assert len(first.partition(":")[2]) >= 32
    assert settle(tmp_path, {}) == first
    assert stat.S_IMODE((tmp_path / AUTH_FILE).stat().st_mode) == 0o600
    assert settle(tmp_path, {server_access.AUTH: "ops:chosen"}) == "ops:chosen"
    assert known(tmp_path) == "ops:chosen"  # for commands in another terminal
    assert environment(Home.at(tmp_path), "http://127.0.0.1:1/api")["PREFECT_API_AUTH_STRING"] == "ops:chosen"


def test_a_secret_that_others_may_read_is_refused_by_name_without_its_value(tmp_path: Path) -> None:
    for name in (AUTH_FILE, "sender.token"):
        keep_secret(tmp_path / name, PASSWORD)
        assert secret(tmp_path / name) == PASSWORD
        for mode in (0o640, 0o604):
            (tmp_path / name).chmod(mode)
            with pytest.raises(OpenSecretError, match="chmod 600") as refused:
                secret(tmp_path / name)
            assert PASSWORD not in str(refused.value)
    with pytest.raises(OpenSecretError):
        settle(tmp_path, {})
    with pytest.raises(MissingSecretError, match="others on this machine may read it") as refused:
        Keys(["file:sender.token"], tmp_path)
    assert PASSWORD not in str(refused.value)


def test_a_home_that_was_open_is_closed_and_what_was_open_is_said(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "timelines").mkdir(parents=True, mode=0o755)
    home.chmod(0o755)
    (home / "timelines" / "INC-1.html").write_text("x")
    (home / "script").write_text("x")
    (home / "script").chmod(0o755)
    (home / "elsewhere").symlink_to(tmp_path)
    assert {path.name for path in closed(home)} == {"home", "timelines", "INC-1.html", "script"}
    assert not [path for path in home.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o077]
    assert closed(home) == []


def test_what_lies_in_a_closed_home_was_open_to_nobody(tmp_path: Path) -> None:
    """A library that we start makes its files as it likes: a home just made is no finding."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / ".sdk_telemetry").mkdir(mode=0o755)
    (home / ".sdk_telemetry" / "milestones.json").write_text("{}")
    assert closed(home) == []
    assert not [path for path in home.rglob("*") if path.stat().st_mode & 0o077]


def test_what_lies_in_a_closed_folder_of_an_open_home_was_open_to_nobody(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "prefect").mkdir(parents=True)
    home.chmod(0o755)
    (home / "prefect").chmod(0o700)
    (home / "prefect" / "notice").write_text("x")
    (home / "journal.db").write_text("x")
    assert {path.name for path in closed(home)} == {"home", "journal.db"}


def test_a_home_that_is_a_link_is_closed_where_it_leads(tmp_path: Path) -> None:
    disk, home = tmp_path / "disk", tmp_path / "home"
    disk.mkdir()
    disk.chmod(0o755)
    (disk / "journal.db").write_text("x")
    home.symlink_to(disk)
    closed(home)
    assert [path.stat().st_mode & 0o077 for path in (disk, disk / "journal.db")] == [0, 0]


def test_a_byte_order_mark_is_no_part_of_a_secret(tmp_path: Path) -> None:
    keep_secret(tmp_path / "sender.token", f"\ufeff{PASSWORD}\r\n")
    assert Keys(["file:sender.token"], tmp_path).current() == (PASSWORD.encode(),)


def test_whatever_a_stack_keeps_is_for_nobody_else(prefect_alone: Stack) -> None:
    home = prefect_alone.home.path
    assert not [path for path in (home, *home.rglob("*")) if path.lstat().st_mode & 0o077 and not path.is_symlink()]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("https://prefect.example.com", PUBLIC),
        ("https://prefect.example.com/", PUBLIC),
        ("https://prefect.example.com/v2", PUBLIC),
        ("http://10.0.0.7:4200", "http://10.0.0.7:4200"),
        # Browsers leave the usual port out of `Origin`; with it, our own page would be a stranger's.
        ("https://prefect.example.com:443", PUBLIC),
        ("https://prefect.example.com:80", f"{PUBLIC}:80"),
        ("http://10.0.0.7:80/", "http://10.0.0.7"),
        ("http://[::1]:4200", "http://[::1]:4200"),
        (None, None),
        ("", None),
    ],
)
def test_a_public_address_is_a_scheme_and_a_host(given: str | None, found: str | None) -> None:
    assert public(given) == found


@pytest.mark.parametrize(
    "wrong",
    [
        "prefect.example.com",
        "ftp://x",
        "https://",
        "https://x/prefect",
        "https://u:hunter2@x",
        "https://x?y=hunter2",
        "http://x:y",
    ],
)
def test_what_cannot_be_a_public_address_is_refused_with_an_example(wrong: str) -> None:
    with pytest.raises(PublicUrlError, match=r"https://prefect\.example\.com") as refused:
        public(wrong)
    assert "hunter2" not in str(refused.value)


def test_links_lead_to_the_version_of_the_ui_that_a_phone_can_show() -> None:
    assert links(PUBLIC) == f"{PUBLIC}/v2"
    assert links("https://host/with/a/path") == "https://host/with/a/path"
    env = environment(Home(Path("/nowhere")), "http://127.0.0.1:4200/api", ui_url=PUBLIC)
    assert env["PREFECT_UI_URL"] == f"{PUBLIC}/v2"
    assert environment(Home(Path("/nowhere")), "http://127.0.0.1:1/api")["PREFECT_UI_URL"] == "http://127.0.0.1:1/v2"
