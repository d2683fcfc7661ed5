"""The how-tos of `docs/operating.md`, walked from top to bottom on one installation of their own."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deployments.receiver import formats
from deployments.receiver.settings import checked
from sandbox import control
from sandbox.postgres import free_port
from sandbox.world import Facts
from tests.docs.pages import ROOT, blocks
from tests.docs.walk import Walk

PAGE = ROOT / "docs" / "operating.md"
ELSEWHERE = {
    "Two roles on AWS": "json",
    "By Alertmanager": "yaml",
    "By Datadog": "json",  # tests/receiver/test_vendors.py holds it against what is read
    "Upgrade": "sh",
    "Behind a proxy": "sh text",  # tests/deployments/test_up.py starts it by another name
    "Several machines": "sh",  # tests/deployments/test_deploy.py carries it out
}
"""What only another machine or a vendor's screen is for, by heading: every other block is run or compared."""
SETTINGS = re.compile(r"^By |^Route ")
"""Below these headings stand pieces of `receiver.toml`, which the tests at the end of this file take."""


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    port, receiver = str(free_port()), str(free_port())
    home = tmp_path / ".codeblue"

    @cache
    def world() -> Facts:
        return control.attach(home / "sandbox").facts

    def shared() -> str:
        """A database of its own for the second machine, beside the sandbox's."""
        with psycopg.connect(world().database.admin(database="postgres"), autocommit=True) as admin:
            if not admin.execute("select from pg_database where datname = 'codeblue'").fetchone():
                admin.execute("create role codeblue login password 'codeblue'")
                admin.execute("create database codeblue owner codeblue")
        return f"postgresql://codeblue:codeblue@{world().database.host}:{world().database.port}/codeblue"

    def asked(command: str) -> Any:
        return json.loads(walk.run(f"{command} --json").stdout)

    @cache
    def incident() -> str:
        return str(next(iter(asked("codeblue incidents --all")["incidents"]))["id"])

    @cache
    def plan() -> str:
        return re.findall(r"\b[0-9a-f]{16}\b", walk.run(f"codeblue show {incident()}").stdout)[-1][:8]

    def database() -> str:
        return f'host="{world().database.host}",\n    port={world().database.port},\n    sslmode="disable"'

    def account() -> str:
        aws = world().aws
        keys = f'access_key_id="{aws.oncall.id}",\n    secret_access_key="{aws.oncall.secret}"'
        return f'account_id="{aws.account_id}",\n    {keys},\n    endpoint_url="{aws.endpoint_url}"'

    walk = Walk(
        folder=tmp_path,
        stands_for={
            "codeblue up\n": f"codeblue up --port {port} --receiver-port {receiver}\n",
            "deployments.receiver --begin": f"deployments.receiver --begin --port {(other := free_port())}",
            "127.0.0.1:4290/ready": f"127.0.0.1:{other}/ready",
            "127.0.0.1:4290": f"127.0.0.1:{receiver}",
            "https://codeblue.example.internal": f"http://127.0.0.1:{receiver}",
            "https://prefect.example.internal": f"http://127.0.0.1:{port}",
            "INC-20261123-1GG5": incident,
            "3fa9c1d2": plan,
            '"host=rung-prod.example.internal dbname=rung user=postgres"': lambda: f'"{world().database.admin()}"',
            'host="rung-prod.example.internal"': database,
            "codeblue_reader": "page_reader",
            "codeblue_changer": "page_changer",
            'region="eu-central-1"': lambda: f'region="{world().aws.region}"',
            'account_id="123456789012"': account,
            "arn:aws:iam::123456789012:role/codeblue-reading": lambda: world().aws.reading_role,
            "arn:aws:iam::123456789012:role/codeblue-changing": lambda: world().aws.changing_role,
            "mailto://alerts@example.internal": "json://127.0.0.1:9/",
            "mailto://operators@example.internal": "json://127.0.0.1:9/",
            "mailto://lead@example.internal": "json://127.0.0.1:9/",
            "json://pager.example.internal": "json://127.0.0.1:9",
            "unsilence 12": lambda: f"unsilence {asked('codeblue silences')['silences'][0]['number']}",
            "4:2c1f": lambda: asked("codeblue verify")["anchor"],
            "postgresql://codeblue@db.example.internal/codeblue": shared,
        },
    )
    try:
        yield walk
        walk.end()
    finally:
        down = walk.run("CODEBLUE_HOME=~/.codeblue codeblue sandbox down")  # the page ends with another machine's home
    assert down.returncode == 0, down.stdout


@pytest.mark.timeout(1200)
def test_every_how_to_leads_where_it_says(walk: Walk) -> None:
    for block in blocks(PAGE):
        walk.along(block)
    assert walk.used == set(walk.stands_for)
    assert len(walk.running) == 4  # `codeblue up`, and the three programs of another machine


def test_what_is_not_run_is_listed() -> None:
    rest: dict[str, list[str]] = {}
    for block in blocks(PAGE):
        if not block.runs and not (block.language == "toml" and SETTINGS.match(block.below)):
            assert block.mark == "elsewhere", block.text
            rest.setdefault(block.below, []).append(block.language)
    assert {below: " ".join(languages) for below, languages in rest.items()} == ELSEWHERE


def test_every_how_to_says_what_to_do_if_not() -> None:
    text = PAGE.read_text("utf-8")
    tasks = text.split("\n## ")[1:]
    exempt = {"When something is away", "After an incident", "Try it without a production of your own"}
    lacking = {one.partition("\n")[0] for one in tasks if "**If not:**" not in one} - exempt
    assert not lacking


def _section(heading: str) -> str:
    _, _, after = PAGE.read_text("utf-8").partition(f"### {heading}\n")
    return after.partition("\n### ")[0]


def settings() -> Iterator[tuple[str, str]]:
    for block in blocks(PAGE):
        if block.language == "toml" and SETTINGS.match(block.below):
            yield block.below, block.text


def test_every_form_has_its_how_to_and_its_settings_are_understood() -> None:
    shown: set[str] = set()
    for below, text in settings():
        read = checked(tomllib.loads(text), below)
        for form, options in read.formats.items():
            formats.module(form).Options.model_validate(options)
            assert f"/alerts/{form}" in _section(below), form
            shown.add(form)
    has = {file.stem for file in Path(str(formats.__file__)).parent.glob("[a-z]*.py")}
    assert shown | {"signed"} == has
    assert any(block.runs and "/alerts/signed" in block.text for block in blocks(PAGE))


def test_a_documented_route_leads_to_a_runbook() -> None:
    (route,) = [text for below, text in settings() if below.startswith("Route ")]
    rules = checked(tomllib.loads(route), "docs/operating.md").rules()
    assert rules[0].deployment == "rung.connection_exhaustion/connection_exhaustion"
