"""Raw answers of AWS on a real socket: what boto3 is given is what AWS would have sent, byte for byte.

The answers are in `tests/recorded/raw`, one file for each service. Each has the page that publishes its shape, the
operation, and what it sends: `json` or `xml`, with a status and headers where those matter. An operation that is asked
several times is answered in the order of the file; one that is asked too often, or is not there, fails the test.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from blocks.aws import Aws

RAW = Path(__file__).parents[1] / "recorded" / "raw"
ACCOUNT = "123456789012"
ASSUMED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/reading/codeblue-reading</Arn>
<AssumedRoleId>ARO123EXAMPLE123:codeblue-reading</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>example</SecretAccessKey>
<SessionToken>example</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
</AssumeRoleResult><ResponseMetadata><RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId></ResponseMetadata>
</AssumeRoleResponse>"""
"""https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""


def recorded(service: str, name: str) -> list[dict[str, Any]]:
    """The answers of one case, in order."""
    return json.loads((RAW / f"{service}.json").read_text("utf-8"))[name]["answers"]


@dataclass(kw_only=True)
class Answers:
    """What is answered, and what was asked: each operation with its parameters, as they came."""

    left: list[dict[str, Any]]
    asked: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])

    def take(self, operation: str, given: Any) -> tuple[int, dict[str, str], str]:
        if operation == "AssumeRole":
            return 200, {}, ASSUMED
        self.asked.append((operation, given))
        found = next((one for one in self.left if one["operation"] == operation), None)
        if found is None:
            return 400, {}, json.dumps({"__type": "NotRecorded", "message": operation})
        self.left.remove(found)
        body = found["xml"] if "xml" in found else json.dumps(found["json"])
        return found.get("status", 200), found.get("headers", {}), body


def operation_of(method: str, path: str, target: str | None, body: str) -> tuple[str, Any]:
    """The operation's name where the protocol says it, else method and address."""
    if target:
        return target.rpartition(".")[2], json.loads(body)
    form = parse_qs(body)
    if "Action" in form:
        return form["Action"][0], form
    address = urlsplit(path)
    return f"{method} {address.path}" + (f"?{address.query}" if address.query else ""), body


@contextmanager
def answering(*cases: tuple[str, str]) -> Generator[tuple[Aws, Answers]]:
    """An account that answers what is recorded in these cases, each `(service, name)`."""
    answers = Answers(left=[one for case in cases for one in recorded(*case)])

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            operation, given = operation_of(self.command, self.path, self.headers.get("X-Amz-Target"), body)
            status, headers, text = answers.take(operation, given)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text.encode())), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text.encode())

        do_GET = do_POST = do_HEAD = _answer  # noqa: N815 # the names that the library asks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the name that the library gives
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield (
                Aws(
                    region="eu-central-1",
                    account_id=ACCOUNT,
                    reading_role=f"arn:aws:iam::{ACCOUNT}:role/reading",
                    changing_role=f"arn:aws:iam::{ACCOUNT}:role/changing",
                    access_key_id="AKIAIOSFODNN7EXAMPLE",
                    secret_access_key=SecretStr("example"),
                    endpoint_url=f"http://127.0.0.1:{server.server_address[1]}",
                ),
                answers,
            )
        finally:
            server.shutdown()
            thread.join()
