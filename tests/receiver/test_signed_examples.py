"""The signed form as the documents and OpenAPI have it: what a stranger copies from there must work."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deployments.receiver.formats.signed import Body
from runbook.alert import Severity

OPERATING = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()
SECRET = "a secret that both sides know"
HOST = "https://codeblue.example.internal"


def example(language):
    [found] = [
        block
        for block in re.findall(rf"```{language}\b.*?\n(.*?)```", OPERATING, re.DOTALL)
        if "codeblue.example.internal/alerts/signed" in block
    ]
    return found


@pytest.fixture
def address(receiver, served):
    it = receiver("signed")
    it.clock.now = datetime.now(UTC)
    (it.home / "signed.secret").write_text(SECRET)
    it.app.state.keys[0].refresh()
    return it, served(it)


def run(command, text, url):
    given = os.environ | {"CODEBLUE_SIGNING_SECRET": SECRET}
    made = subprocess.run(
        [*command, text.replace(HOST, url)], env=given, capture_output=True, text=True, check=False, timeout=30
    )
    assert made.returncode == 0, made.stderr
    return made.stdout


def test_the_two_examples_begin_and_end_one_problem(address):
    it, url = address
    assert '"new":true' in run([sys.executable, "-c"], example("python"), url)
    assert '"new":true' in run(["sh", "-euc"], example("sh"), url)
    begun, ended = sorted(it.kept(), key=lambda alert: alert["status"])
    assert (begun["status"], ended["status"]) == ("firing", "resolved")
    assert begun["fingerprint"] == ended["fingerprint"]
    assert begun["severity"] == "critical"


def test_a_secret_that_is_wrong_shows_in_the_shell(address):
    _, url = address
    with pytest.raises(AssertionError, match="401"):
        run(["sh", "-euc"], f"CODEBLUE_SIGNING_SECRET=wrong\n{example('sh')}", url)


def test_openapi_has_each_field_of_the_signed_form_with_its_meaning(receiver):
    described = receiver("signed").ask("GET", "/openapi.json").json()["paths"]["/alerts/signed"]["post"]
    schema = described["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]) == set(Body.model_fields)
    assert schema["required"] == ["name"]
    assert all(field["description"] for field in schema["properties"].values())
    assert schema["properties"]["severity"]["enum"] == [str(severity) for severity in Severity]
    assert "test" in schema["properties"]["status"]["enum"]
    assert {one["name"] for one in described["parameters"]} == {"webhook-id", "webhook-timestamp", "webhook-signature"}


@pytest.mark.parametrize("word", [*Body.model_fields, *Severity, "firing", "resolved", "test"])
def test_the_documents_name_each_field_and_word_of_the_signed_form(word):
    table = OPERATING.partition("### By our own signed form")[2].partition("```python")[0]
    assert f"`{word}`" in table
