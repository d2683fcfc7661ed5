"""The stand-in for Google Cloud refuses what Google would: what is not in its documents, and who may not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from journal import clock
from sandbox.google.documents import Method, methods
from sandbox.google.identity import GRANT
from sandbox.google.permissions import ASKS_ITSELF, NEEDS
from sandbox.google.refused import Refused
from sandbox.google.run import Run
from sandbox.google.run_kept import LATEST, REVISION
from sandbox.google.server import serve
from sandbox.google.serving import CHANGING, READING, RUNS_AS, email
from sandbox.switchboard.serving import served
from tests.tasks.cloud import SECOND, THIRD, bakery
from tests.typing.bakery import PROJECT, SERVICE

REGION = f"v2/projects/{PROJECT}/locations/europe-west3"
AT = f"{REGION}/services/{SERVICE}"
MASK = f"{AT}?updateMask=traffic"
ENTRIES = "v2/entries:list"
PROJECTS = [f"projects/{PROJECT}"]
WHOLE = [{"type": REVISION, "revision": SECOND, "percent": 100}]


def traffic(*wanted: Any, **more: Any) -> dict[str, Any]:
    return {"traffic": list(wanted), **more}


NEW = f"{AT}?updateMask=template"
TEMPLATE = {"serviceAccount": email(RUNS_AS, PROJECT)}
DEGREES = {"name": "OVEN_DEGREES", "value": "180"}


def told(*env: dict[str, Any]) -> dict[str, Any]:
    """A template whose container is told this."""
    return {"template": {**TEMPLATE, "containers": [{"name": SERVICE, "env": list(env)}]}}


@pytest.fixture(scope="module")
def run() -> Run:
    return bakery()


@pytest.fixture(scope="module")
def url(run: Run) -> Iterator[str]:
    with served(serve(run.cloud)) as found:
        yield found


@pytest.fixture
def ask(run: Run, url: str) -> Any:
    """One request by an account of the project, that Google's libraries would not have made."""

    def one(method: str, path: str, body: Any = None, *, who: str = READING) -> httpx.Response:
        shown = {"Authorization": f"Bearer {run.cloud.accounts.token(email(who, PROJECT))}"}
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        return httpx.request(method, f"{url}/{path}", headers=shown, content=content, timeout=30)

    return one


MALFORMED: tuple[tuple[str, str, Any, int, str], ...] = (
    # no such place
    ("GET", "v2/nothing", None, 404, "No method"),
    ("GET", f"v1/projects/{PROJECT}/locations/europe-west3/services/{SERVICE}", None, 404, "No method"),
    ("PUT", AT, traffic(), 404, "No method"),
    ("GET", f"{AT}:restart", None, 404, "No method"),
    ("GET", f"{REGION}/services/ovens", None, 404, "'ovens' of kind 'SERVICE'"),
    ("GET", f"v2/projects/{PROJECT}/locations/us-central1/services/{SERVICE}", None, 403, "run.services.get"),
    ("GET", f"v2/projects/another-one/locations/europe-west3/services/{SERVICE}", None, 403, "run.services.get"),
    ("GET", f"{AT}/revisions/api-9", None, 404, "'api-9' of kind 'REVISION'"),
    ("GET", f"{REGION}/operations/none", None, 404, "Operation .* does not exist"),
    ("GET", f"{REGION}/jobs", None, 501, "run.projects.locations.jobs.list is not served"),
    ("DELETE", AT, None, 501, "run.projects.locations.services.delete is not served"),
    # parameters
    ("GET", f"{AT}?verbose=1", None, 400, 'Unknown name "verbose"'),
    ("GET", f"{AT}/revisions?pageSize=many", None, 400, r"pageSize.*TYPE_INT32"),
    ("GET", f"{AT}/revisions?pageSize=1&pageSize=2", None, 400, "may be given once"),
    ("GET", f"{AT}/revisions?pageToken=mine", None, 400, "page token"),
    ("GET", f"{AT}/revisions?showDeleted=perhaps", None, 400, r"showDeleted.*TYPE_BOOLEAN"),
    # bodies
    ("GET", AT, {"name": "x"}, 400, "takes no body"),
    ("PATCH", MASK, b"{", 400, "cannot be read"),
    ("PATCH", MASK, b"\xff\xfe", 400, "cannot be read"),
    ("PATCH", MASK, None, 400, "an object is expected"),
    ("PATCH", MASK, [], 400, "an object is expected"),
    ("PATCH", MASK, {"trafic": WHOLE}, 400, 'Unknown name "trafic"'),
    ("PATCH", MASK, {"traffic": WHOLE[0]}, 400, "a list is expected"),
    ("PATCH", MASK, traffic("all"), 400, r"traffic\[0\]': an object is expected"),
    ("PATCH", MASK, traffic({"revison": SECOND}), 400, r"\"revison\" at 'traffic\[0\]'"),
    ("PATCH", MASK, traffic({**WHOLE[0], "percent": "100"}), 400, r"traffic\[0\].percent' \(TYPE_INT32\)"),
    ("PATCH", MASK, traffic({**WHOLE[0], "percent": 99.5}), 400, r"traffic\[0\].percent' \(TYPE_INT32\)"),
    ("PATCH", MASK, traffic({**WHOLE[0], "percent": True}), 400, r"traffic\[0\].percent' \(TYPE_INT32\)"),
    ("PATCH", MASK, traffic({**WHOLE[0], "type": "REVISION"}), 400, "is none of its names"),
    ("PATCH", MASK, {"generation": 3}, 400, r"generation' \(TYPE_INT64\)"),
    ("PATCH", MASK, {"createTime": "yesterday"}, 400, r"createTime' \(TYPE_GOOGLE-DATETIME\)"),
    ("PATCH", MASK, {"template": {"timeout": "5 min"}}, 400, r"template.timeout' \(TYPE_GOOGLE-DURATION\)"),
    # what documents cannot say
    ("PATCH", MASK, traffic({"percent": 100}), 400, "needs a type"),
    ("PATCH", MASK, traffic({"type": REVISION, "percent": 100}), 400, "names a revision"),
    ("PATCH", MASK, traffic({"type": LATEST, "revision": SECOND, "percent": 100}), 400, "names a revision"),
    ("PATCH", MASK, traffic({**WHOLE[0], "revision": "api-9"}), 400, "'api-9' does not exist"),
    ("PATCH", MASK, traffic({**WHOLE[0], "percent": 99}), 400, "add up to 100"),
    ("PATCH", MASK, traffic(WHOLE[0], {"type": LATEST, "percent": 1}), 400, "add up to 100"),
    ("PATCH", MASK, traffic({**WHOLE[0], "percent": 101}, {"type": LATEST, "percent": -1}), 400, "add up to 100"),
    ("PATCH", MASK, traffic(*WHOLE, etag='"old"'), 409, "its etag is another one"),
    ("PATCH", AT, traffic(*WHOLE), 501, "Only an updateMask of traffic"),
    ("PATCH", f"{AT}?updateMask=traffic,template", traffic(*WHOLE), 501, "Only an updateMask of traffic"),
    ("PATCH", NEW, {"template": {}}, 501, "may be another one here"),
    ("PATCH", NEW, {"template": {**TEMPLATE, "timeout": "60s"}}, 501, "may be another one here"),
    ("PATCH", NEW, {"template": {**TEMPLATE, "revision": SECOND}}, 409, "already exists"),
    ("PATCH", NEW, {"template": {**TEMPLATE, "containers": []}}, 501, "the one container"),
    ("PATCH", NEW, told({"value": "180"}), 400, "needs a name"),
    ("PATCH", NEW, told(DEGREES, DEGREES), 400, "needs a name of its own"),
    ("PATCH", NEW, told({"name": "OVEN"}), 400, "needs a value"),
    ("PATCH", NEW, told({**DEGREES, "valueSource": {"secretKeyRef": {"secret": "x"}}}), 400, "or a source"),
    ("PATCH", NEW, told({"name": "OVEN", "valueSource": {"secret": "x"}}), 400, 'Unknown name "secret"'),
    ("PATCH", NEW, {**told(DEGREES), "etag": '"old"'}, 409, "its etag is another one"),
    ("GET", f"v1/projects/{PROJECT}/secrets/oven/versions", None, 501, "versions.list is not served"),
    ("GET", f"v1/projects/{PROJECT}/secrets/oven/versions/1:access", None, 501, "versions.access is not served"),
    ("POST", f"{AT}:testIamPermissions", {"permissions": []}, 400, "permissions are tested"),
    ("POST", f"{AT}:testIamPermissions", {"permissions": ["run.*"]}, 400, "no wildcards"),
    ("POST", f"{AT}:testIamPermissions", {"permissions": "run.services.get"}, 400, "a list is expected"),
)
"""Method, path, body, status, and what the refusal says."""


@pytest.mark.parametrize("case", MALFORMED, ids=[f"{number}" for number in range(len(MALFORMED))])
def test_a_malformed_request_is_refused_in_googles_form(
    ask: Any, run: Run, case: tuple[str, str, Any, int, str]
) -> None:
    method, path, body, status, says = case
    before = dict(run.services[SERVICE].__dict__)
    answer = ask(method, path, body, who=CHANGING if method == "PATCH" else READING)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, status), error
    assert error["status"].isupper()
    assert re.search(says, error["message"]), error["message"]
    assert run.services[SERVICE].__dict__ == before


def test_there_are_forty_of_them() -> None:
    assert len(MALFORMED) >= 40


def test_who_shows_no_token_a_strange_one_or_one_that_ended_is_not_known(run: Run, url: str, ask: Any) -> None:
    for shown in ("", "Bearer", "Basic dTpw", "Bearer strange"):
        answer = httpx.get(f"{url}/{AT}", headers={"Authorization": shown})
        assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED"), shown
    token = run.cloud.accounts.token(email(READING, PROJECT))
    run.cloud.accounts._tokens[token] = (email(READING, PROJECT), clock.now() - timedelta(seconds=1))
    assert httpx.get(f"{url}/{AT}", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert ask("GET", AT).status_code == 200


@pytest.mark.parametrize("form", [{}, {"grant_type": "password"}, {"grant_type": GRANT, "assertion": "a.b.c"}])
def test_only_a_signed_claim_is_given_a_token(url: str, form: dict[str, str]) -> None:
    answer = httpx.post(f"{url}/token", data=form)
    assert answer.status_code == 400
    assert answer.json()["error"] in {"unsupported_grant_type", "invalid_grant"}


def test_pages_are_as_long_as_is_asked_and_go_on(ask: Any) -> None:
    first = ask("GET", f"{AT}/revisions?pageSize=2").json()
    assert [one["name"].rpartition("/")[2] for one in first["revisions"]] == [THIRD, SECOND]
    rest = ask("GET", f"{AT}/revisions?pageToken={first['nextPageToken']}").json()
    assert len(rest["revisions"]) == 1
    assert "nextPageToken" not in rest
    assert len(ask("GET", f"{REGION}/services").json()["services"]) == 1


def test_a_dry_run_changes_nothing(ask: Any, run: Run) -> None:
    before = run.services[SERVICE].etag
    answer = ask("PATCH", f"{MASK}&validateOnly=true", traffic(*WHOLE), who=CHANGING)
    assert (answer.status_code, run.services[SERVICE].etag) == (200, before)


def test_what_we_would_answer_wrongly_is_our_own_error(ask: Any, run: Run) -> None:
    run.services[SERVICE].etag, kept = 7, run.services[SERVICE].etag  # pyright: ignore[reportAttributeAccessIssue] # that is what is wrong
    try:
        answer = ask("GET", AT)
    finally:
        run.services[SERVICE].etag = kept
    assert answer.status_code == 500
    assert "etag" in answer.json()["error"]["message"]


def test_acting_as_an_account_takes_the_right_to_it(ask: Any) -> None:
    path = f"v1/projects/-/serviceAccounts/{email(READING, PROJECT)}:generateAccessToken"
    answer = ask("POST", path, {"scope": ["https://www.googleapis.com/auth/cloud-platform"]}, who=RUNS_AS)
    assert answer.status_code == 403


def _changing() -> list[Method]:
    """Every method of the documents that is no look and does not ask what its asker may do."""
    looks = {*ASKS_ITSELF, "logging.entries.list"}
    return [one for one in methods() if one.described["httpMethod"] != "GET" and one.id not in looks]


def test_every_change_of_the_documents_is_refused_to_the_reading_identity(run: Run) -> None:
    shown = f"Bearer {run.cloud.accounts.token(email(READING, PROJECT))}"
    place = {"projectsId": PROJECT, "project": PROJECT, "locationsId": "europe-west3", "servicesId": SERVICE}
    refused: dict[str, int] = {}
    for one in _changing():
        path = {name: place.get(name, "x") for name in one.path.groupindex}
        query = {
            name: ["x"]
            for name, said in one.described.get("parameters", {}).items()
            if said["location"] == "query" and said.get("required")
        }
        with pytest.raises(Refused) as why:
            run.cloud.answer(one, path, query, {} if "request" in one.described else None, shown)
        refused[one.id] = why.value.status
    assert len(refused) > 200
    served = {name: status for name, status in refused.items() if name in NEEDS}
    assert served == {"run.projects.locations.services.patch": 403, "sql.instances.patch": 403}
    assert set(refused.values()) <= {400, 403, 501}
