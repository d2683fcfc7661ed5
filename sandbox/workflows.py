"""An n8n look-alike: a real HTTP server that answers where n8n does, and as it does, at the places we look.

Its workflows live in a database of its own, so they survive a restart. Webhooks are registered when a workflow is
activated and when the server starts, as in n8n, so a workflow can be active and its webhook unknown all the same.
"""

from __future__ import annotations

import json
import secrets
import socket
import ssl
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from journal import clock
from sandbox.link import Message

Mode = Literal["serving", "refused", "silent", "unwell"]
"""How it meets a visitor: as a server, not at all, by accepting and saying nothing, or by an error."""

WEBHOOK = "n8n-nodes-base.webhook"
JOBS = "n8n_scaling_mode_queue_jobs"
HINT = (
    "The workflow must be active for a production URL to run successfully. You can activate the workflow using the"
    " toggle in the top-right of the editor. Note that unlike test URL calls, production URL calls aren't shown on the"
    " canvas (only in the executions list)"
)


@dataclass(kw_only=True)
class Workflow:
    """One workflow, with the path of its webhook where it has one."""

    id: str
    name: str
    path: str | None
    active: bool = True
    version: str = field(default_factory=lambda: str(uuid.uuid4()))

    def shown(self, *, pinned: bool) -> dict[str, Any]:
        """As the public API gives it."""
        nodes: list[dict[str, Any]] = [
            {
                "id": "n2",
                "name": "Analyse",
                "type": "@n8n/n8n-nodes-langchain.lmChatAwsBedrock",
                "typeVersion": 1,
                "position": [240, 0],
                "parameters": {"options": {}},
                "credentials": {"aws": {"id": "c1", "name": "planted-credential-of-a-workflow"}},
            }
        ]
        if self.path is not None:
            parameters: dict[str, Any] = {"httpMethod": "POST", "path": self.path, "options": {}}
            hook = {"id": "n1", "name": "Webhook", "type": WEBHOOK, "typeVersion": 2, "position": [0, 0]}
            nodes.insert(0, {**hook, "parameters": parameters, "webhookId": f"hook-{self.id}"})
        pins = {"pinData": {"Webhook": [{"json": {"client": "planted-patient Jane Roe"}}]}} if pinned else {}
        return {
            "id": self.id,
            "name": self.name,
            "active": self.active,
            "versionId": self.version,
            "createdAt": "2026-02-02T08:00:00.000Z",
            "updatedAt": "2026-02-02T08:00:00.000Z",
            "nodes": nodes,
            "connections": {},
            "settings": {"executionOrder": "v1"},
            "tags": [],
            **pins,
        }


def usual_workflows() -> dict[str, Workflow]:
    """The workflows of good times, one of them old and switched off on purpose."""
    every = (
        Workflow(id="kTq0preSession01", name="Pre-session", path="pre-session"),
        Workflow(id="kTq0postSession2", name="Post-session", path="post-session"),
        Workflow(id="kTq0weeklyReport", name="Weekly report", path=None),
        Workflow(id="kTq0oldIntake003", name="Intake (old)", path="intake-v1", active=False),
    )
    return {one.id: one for one in every}


@dataclass(frozen=True, kw_only=True)
class N8nFacts:
    """Where it is, and the keys of its public API: the first may look, the second may also activate.

    `tls_url` is where it may be reached by TLS, once somebody has given it a certificate.
    """

    url: str
    tls_url: str
    reading_key: str = field(repr=False)
    changing_key: str = field(repr=False)


class N8n:
    """The server. It serves once AWS runs a healthy task for it (`follow`); its address is the same for its whole life.

    It is in queue mode: an event is answered when its execution is in the queue, from which `workers` take it.
    `executions` counts, by path, the workflows that were run: what a look must never do.
    """

    def __init__(self) -> None:
        self.workflows = usual_workflows()
        self.registered: set[str] = set()
        self.executions: dict[str, int] = {}
        self.workers = True
        """Whether anybody takes executions from the queue."""
        self.admits = True
        """Whether webhooks know the credential that the API sends."""
        self.queued: list[str] = []
        """The webhooks whose executions wait there."""
        self.log: Callable[[str], None] = lambda _line: None
        self.mode: Mode = "refused"
        self.task = ""
        """The task of AWS that serves, by ARN."""
        self._lock = threading.RLock()
        self._stop: Callable[[], None] = lambda: None
        # Bound and never listening: it keeps the port ours while nobody serves, and visitors are refused.
        self._holds = (_held(), _held())
        self.port, self._tls_port = (int(one.getsockname()[1]) for one in self._holds)
        self._stop_tls: Callable[[], None] = lambda: None
        self.facts = N8nFacts(
            url=f"http://127.0.0.1:{self.port}",
            tls_url=f"https://127.0.0.1:{self._tls_port}",
            reading_key=secrets.token_hex(20),
            changing_key=secrets.token_hex(20),
        )

    def follow(self, order: Message) -> None:
        """Meet visitors as AWS's tasks say; called from the AWS stand-in. A new task registers its webhooks anew."""
        with self._lock:
            if self.mode == order["mode"] == "serving" and order["task"] != self.task:
                self._register()
            self.task = order["task"]
            self.become(order["mode"])

    def become(self, mode: Mode) -> None:
        """Serve, refuse, or stay silent. A server that starts registers the webhooks of its active workflows."""
        with self._lock:
            if mode == self.mode:
                return
            self._stop()
            self._stop = {
                "serving": self._serve,
                "silent": self._accept_only,
                "unwell": lambda: self._listen(Unwell),
                "refused": lambda: lambda: None,
            }[mode]()
            self.mode = mode

    def secure(self, certificate: Path | None) -> None:
        """Be reached by TLS as well, with this certificate (and its key, in one file); nothing ends that."""
        with self._lock:
            self._stop_tls()
            self._stop_tls = (lambda: None) if certificate is None else self._listen(Visit, certificate=certificate)

    def stop(self) -> None:
        """End it and give the ports back."""
        self.become("refused")
        self.secure(None)
        for one in self._holds:
            one.close()

    def start(self, path: str) -> None:
        """Put an execution into the queue, where a worker takes it at once, or nobody does."""
        self.queued.append(path)
        if self.workers:
            self.work_off()

    def work_off(self) -> None:
        """Have workers again, who carry out what waits."""
        self.workers = True
        while self.queued:
            path = self.queued.pop()
            self.executions[path] = self.executions.get(path, 0) + 1

    def find(self, path: str) -> Workflow:
        """The workflow with a webhook at this path."""
        return next(one for one in self.workflows.values() if one.path == path)

    def activate(self, workflow: Workflow, *, active: bool) -> None:
        """Switch a workflow on or off, as the toggle does."""
        workflow.active = active
        if workflow.path is not None:
            (self.registered.add if active else self.registered.discard)(workflow.path)

    def rename(self, path: str, to: str) -> None:
        """Give a workflow's webhook another path, as one does in its node; n8n registers that when it is saved."""
        workflow = self.find(path)
        self.registered.discard(path)
        workflow.path, workflow.version = to, str(uuid.uuid4())
        self.registered.add(to)

    def put_back(self, workflows: dict[str, Workflow]) -> None:
        """Have these workflows, and register the webhooks of the active ones."""
        self.workflows = workflows
        self._register()

    def _register(self) -> None:
        self.registered = {one.path for one in self.workflows.values() if one.active and one.path is not None}

    def _serve(self) -> Callable[[], None]:
        self._register()
        stop = self._listen(Visit)
        self.log(f"{clock.now():%Y-%m-%dT%H:%M:%SZ} | INFO | n8n ready on ::, port 5678")
        return stop

    def _listen(self, visit: type[Visit], *, certificate: Path | None = None) -> Callable[[], None]:
        port = self.port if certificate is None else self._tls_port
        server = QuietServer(("127.0.0.1", port), type("Handler", (visit,), {"n8n": self}))
        server.daemon_threads = True
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            # Shaken hands in the visitor's own thread: who does not trust us must not keep others waiting.
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return stop

    def _accept_only(self) -> Callable[[], None]:
        listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        return listener.close


def _held() -> socket.socket:
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


class QuietServer(ThreadingHTTPServer):
    """Says nothing of visitors who hang up, as those do who do not trust its certificate."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


class Visit(BaseHTTPRequestHandler):
    """One request."""

    n8n: N8n
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the base's name
        """Say nothing on standard error."""

    def do_GET(self) -> None:
        """Health, workflows, or a webhook, which runs for any method it is registered with: POST, for all of ours."""
        path, asked = self._address()
        if path in ("/healthz", "/healthz/readiness"):
            self._say(200, {"status": "ok"})
        elif path == "/metrics":
            self._tell(f"{JOBS}_waiting {len(self.n8n.queued)}\n{JOBS}_active 0\n".encode(), "text/plain")
        elif path.startswith("/webhook/"):
            self._turn_away(path.removeprefix("/webhook/"), "GET")
        elif not self._may("reading"):
            return
        elif path == "/api/v1/workflows":
            pinned = asked.get("excludePinnedData") != ["true"]
            self._page([one.shown(pinned=pinned) for one in self.n8n.workflows.values()], asked)
        elif (workflow := self.n8n.workflows.get(path.removeprefix("/api/v1/workflows/"))) is not None:
            self._say(200, workflow.shown(pinned=asked.get("excludePinnedData") != ["true"]))
        else:
            self._say(404, {"message": "Not Found"})

    def do_POST(self) -> None:
        """Run a webhook's workflow, or activate one by the API."""
        path, _ = self._address()
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if path.startswith("/webhook/"):
            hook = path.removeprefix("/webhook/")
            if hook in self.n8n.registered and not self.n8n.admits:
                self._say(403, {"code": 403, "message": "Authorization data is wrong!"})
            elif hook in self.n8n.registered:
                self.n8n.start(hook)
                self._say(200, {"message": "Workflow was started"})
            else:
                self._turn_away(hook, "POST")
            return
        if not self._may("changing"):
            return
        identifier, _, verb = path.removeprefix("/api/v1/workflows/").partition("/")
        workflow = self.n8n.workflows.get(identifier)
        if workflow is None or verb not in ("activate", "deactivate"):
            self._say(404, {"message": "Not Found"})
            return
        self.n8n.activate(workflow, active=verb == "activate")
        self._say(200, workflow.shown(pinned=False))

    def do_OPTIONS(self) -> None:
        """A preflight: the methods that are registered at the path; nothing is run."""
        path, _ = self._address()
        hook = path.removeprefix("/webhook/")
        allowed = ["OPTIONS", *(["POST"] if path.startswith("/webhook/") and hook in self.n8n.registered else [])]
        told = {"Access-Control-Allow-Methods": ", ".join(allowed)} if self.headers.get("Origin") else {}
        self._say(204, None, told)

    def _address(self) -> tuple[str, Mapping[str, list[str]]]:
        split = urlsplit(self.path)
        return split.path, parse_qs(split.query)

    def _may(self, purpose: Literal["reading", "changing"]) -> bool:
        key = self.headers.get("X-N8N-API-KEY")
        if key is None:
            self._say(401, {"message": "'X-N8N-API-KEY' header required"})
        elif key not in (self.n8n.facts.reading_key, self.n8n.facts.changing_key):
            self._say(401, {"message": "unauthorized"})
        elif purpose == "changing" and key == self.n8n.facts.reading_key:
            self._say(403, {"message": "Forbidden"})
        else:
            return True
        return False

    def _page(self, every: list[dict[str, Any]], asked: Mapping[str, list[str]]) -> None:
        start, size = int(asked.get("cursor", ["0"])[0]), int(asked.get("limit", ["100"])[0])
        more = str(start + size) if start + size < len(every) else None
        self._say(200, {"data": every[start : start + size], "nextCursor": more})

    def _turn_away(self, hook: str, method: str) -> None:
        if hook in self.n8n.registered:
            text = f"This webhook is not registered for {method} requests. Did you mean to make a POST request?"
        else:
            text = f'The requested webhook "{method} {hook}" is not registered.'
        self.n8n.log(f"{clock.now():%Y-%m-%dT%H:%M:%S.000Z} | error | Received request for unknown webhook: {text}")
        self._say(404, {"code": 404, "message": text, "hint": HINT})

    def _say(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        text = b"" if body is None else json.dumps(body).encode()
        self._tell(text, "application/json; charset=utf-8", headers, status=status)

    def _tell(self, text: bytes, kind: str, headers: Mapping[str, str] | None = None, *, status: int = 200) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class Unwell(Visit):
    """Where its database is away, every request meets the same error."""

    def do_GET(self) -> None:
        """Say so."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._say(503, {"code": 503, "message": "Database is not ready!"})

    do_POST = do_OPTIONS = do_GET  # noqa: N815 # the base's names
