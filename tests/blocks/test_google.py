"""A project of Google Cloud: who is let in, what is granted, what is really held, and nothing of it for others."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from starlette.responses import Response, StreamingResponse

from blocks.google import Google
from blocks.google_answers import explain
from blocks.google_roles import LEVELS, PREFIX
from blocks.notifier import Notifier
from blocks.permissions import Needs, NotNamed
from deployments.permissions import NotSpoken, granted, usual
from journal.facts.words import Answer
from runbook import Permanent, Temporary
from sandbox.google.access import ACT_AS
from sandbox.google.documents import methods
from sandbox.google.permissions import NEEDS as NEEDED_BY
from sandbox.google.run import Run
from sandbox.google.serving import CHANGING, READING, RUNS_AS, email, standing
from sandbox.google.sql import Sql
from tasks.cloudrun.change import SendTrafficBack
from tasks.cloudrun.read import read_revisions, read_service
from tasks.gcplogs.read import read_entries
from tasks.gcpmonitoring.read import read_series
from tests.tasks.cloud import bakery
from tests.typing.bakery import PROJECT, SERVICE, Bakery

READS = frozenset(need for one in (read_service, read_revisions, read_entries, read_series) for need in one.permissions)
NEEDS = Needs(reading=READS | frozenset(SendTrafficBack.reads), changing=frozenset(SendTrafficBack.permissions))
USERS = {f"{PREFIX}logging.logEntries.list": ("silent",), f"{PREFIX}run.services.update": ("silent",)}


@pytest.fixture
def run() -> Run:
    return bakery()


@pytest.fixture
def google(run: Run) -> Iterator[Google]:
    with standing(run.cloud) as found:
        yield found


@pytest.fixture
def env(google: Google) -> Bakery:
    return Bakery(notifier=Notifier(), google=google)


def saved(**other: Any) -> Google:
    given = {
        "project": PROJECT,
        "region": "europe-west3",
        "reading_account": email(READING, PROJECT),
        "changing_account": email(CHANGING, PROJECT),
    }
    return Google(**{**given, **other})


# -- nothing of it for others -----------------------------------------------------------------------------------------


def test_whoever_does_not_use_it_imports_nothing_of_google() -> None:
    """Blocks, runbooks and what `codeblue up` starts know the technology by name and need none of its libraries."""
    asked = (
        "import sys; import blocks.collection, deployments.deployed, tests.typing.bakery, deployments.warm;"
        "print([name for name in sys.modules if name.split('.')[0] in"
        " {'google', 'googleapiclient', 'google_auth_httplib2', 'httplib2', 'grpc'}])"
    )
    root = str(Path(__file__).parents[2])
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=root)
    assert found.stdout.strip() == "[]"


def test_where_the_libraries_are_missing_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httplib2", None)
    with pytest.raises(Permanent, match=r"install `codeblue\[google\]`"):
        saved().reading("run")
    (check,) = saved().checks()
    assert (check.answer, "codeblue[google]" in check.text) == (Answer.UNKNOWN, True)


# -- what is saved ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"project": "P"}, "project"),
        ({"project": "a/b"}, "project"),
        ({"region": "europe-west3/services"}, "region"),
        ({"reading_account": "somebody@example.com"}, "reading_account"),
        ({"reading_key": "sk-planted"}, "is no JSON key of codeblue-reading"),
        ({"reading_key": "[]"}, "is no JSON key of codeblue-reading"),
        ({"changing_key": json.dumps({"client_email": email(READING, PROJECT), "k": "sk-planted"})}, "is no JSON key"),
        ({"endpoint_url": "http://example.com"}, "is not protected on the way"),
    ],
)
def test_what_cannot_be_is_refused_and_no_key_is_repeated(other: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why) as refused:
        saved(**other)
    assert "sk-planted" not in str(refused.value)


def test_an_empty_key_is_none() -> None:
    assert saved(reading_key="").reading_key is None


def test_a_key_that_is_broken_is_said_without_it() -> None:
    key = {"client_email": email(READING, PROJECT), "token_uri": "http://127.0.0.1:1", "private_key": "sk-planted"}
    with pytest.raises(Permanent, match="is none that Google's library can read") as refused:
        saved(reading_key=json.dumps(key)).reading("run")
    assert "sk-planted" not in str(refused.value)


# -- who is let in ----------------------------------------------------------------------------------------------------


def test_the_first_look_says_whether_the_reading_account_is_let_in_and_may_look(google: Google, run: Run) -> None:
    def said(other: Google) -> tuple[Answer, str]:
        (check,) = other.checks()
        assert check.name == f"google {other.project}"
        return check.answer, check.text

    assert said(google) == (Answer.YES, "The reading account looks at project bakery-prod.")
    elsewhere = said(google.model_copy(update={"project": "another-project"}))
    assert (elsewhere[0], "does not allow" in elsewhere[1]) == (Answer.UNKNOWN, True)
    nobody = said(google.model_copy(update={"endpoint_url": "http://127.0.0.1:1"}))
    assert (nobody[0], "could not be reached" in nobody[1]) == (Answer.UNKNOWN, True)
    run.cloud.accounts.of(email(READING, PROJECT)).allowed.clear()
    nothing = said(google)
    assert (nothing[0], "may look at nothing" in nothing[1]) == (Answer.UNKNOWN, True)


def test_a_key_that_google_does_not_know_is_let_in_nowhere(google: Google) -> None:
    assert google.reading_key is not None
    strange = {**json.loads(google.reading_key.get_secret_value()), "client_email": "who@p-1.iam.gserviceaccount.com"}
    other = google.model_copy(
        update={"reading_account": strange["client_email"], "reading_key": SecretStr(json.dumps(strange))}
    )
    with pytest.raises(Permanent, match=r"gives who@p-1\.iam\.gserviceaccount\.com no token"):
        read_service(other, SERVICE)


def test_the_machines_own_identity_acts_as_either_account(
    google: Google, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert google.reading_key is not None
    token_uri = json.loads(google.reading_key.get_secret_value())["token_uri"]
    own = run.cloud.accounts.of(email(RUNS_AS, PROJECT))
    (tmp_path / "own.json").write_text(json.dumps(own.key(token_uri)))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "own.json"))
    bare = google.model_copy(update={"reading_key": None, "changing_key": None})
    with pytest.raises(Permanent, match="serviceAccountTokenCreator"):
        read_service(bare, SERVICE)
    own.allowed[f"projects/{PROJECT}"] = {ACT_AS}
    assert read_service(bare, SERVICE).name == SERVICE
    assert run.cloud.asked[-1] == ("run.projects.locations.services.get", email(READING, PROJECT))


def test_a_machine_without_an_identity_is_told_so(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
    bare = google.model_copy(update={"reading_key": None})
    with pytest.raises(Permanent, match="has no identity at Google that could act as codeblue-reading"):
        read_service(bare, SERVICE)


def test_looks_share_what_lets_them_in_and_no_connection(google: Google, run: Run) -> None:
    lets_in = run.cloud.accounts.let_in
    given: list[Any] = []
    run.cloud.accounts.let_in = lambda form: (given.append(form), lets_in(form))[1]  # pyright: ignore[reportAttributeAccessIssue] # counted
    looks = [threading.Thread(target=read_service, args=(google, SERVICE)) for _ in range(8)]
    for one in looks:
        one.start()
    for one in looks:
        one.join()
    assert len(given) == 1
    assert len([1 for method, _ in run.cloud.asked if method.endswith("services.get")]) == 8
    assert google.reading("run").line.http is not google.reading("run").line.http


# -- what is in the way -----------------------------------------------------------------------------------------------


def test_an_answer_in_drops_is_given_up(google: Google, run: Run) -> None:
    async def drops() -> Any:
        while True:
            yield b" "
            await asyncio.sleep(0.05)

    run.cloud.instead["run.projects.locations.services.get"] = lambda _: StreamingResponse(drops())
    with pytest.raises(Temporary, match="it answers too slowly"):
        read_service(google.model_copy(update={"patience": timedelta(seconds=0.3)}), SERVICE)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b'"text"', b"null"])
def test_what_is_no_object_is_no_answer(google: Google, run: Run, content: bytes) -> None:
    run.cloud.instead["run.projects.locations.services.get"] = lambda _: Response(content)
    with pytest.raises(Permanent, match="is no JSON"):
        read_service(google, SERVICE)


@pytest.mark.parametrize("body", [None, {}, {"error": "text"}, {"error": {"details": "x", "errors": [7]}}])
def test_an_error_of_another_form_is_still_told(body: Any) -> None:
    assert isinstance(explain(400, body, doing="look", account="who"), Permanent)
    assert isinstance(explain(500, body, doing="look", account="who"), Temporary)


def test_the_older_form_of_a_refusal_is_understood(google: Google, run: Run) -> None:
    Sql(cloud=run.cloud)
    with google.reading("sqladmin") as sql, pytest.raises(Permanent, match="The Cloud SQL instance does not exist"):
        sql.ask(lambda api: api.instances().get(project=PROJECT, instance="orders"), "read orders")


# -- what is granted --------------------------------------------------------------------------------------------------


def test_each_account_is_granted_what_is_needed_where_it_is_needed(env: Bakery) -> None:
    reading, changing = granted(NEEDS, env).connections["google"]
    service = f"projects/{PROJECT}/locations/europe-west3/services/{SERVICE}"
    assert isinstance(reading.document, dict)
    assert isinstance(changing.document, dict)
    held = {one["roleId"]: one["role"]["includedPermissions"] for one in reading.document["roles"]}
    assert held == {
        "codeblue_reading_project": [
            "logging.logEntries.list",
            "monitoring.timeSeries.list",
            "run.operations.get",
        ],
        "codeblue_reading_run_service": ["run.revisions.get", "run.revisions.list", "run.services.get"],
    }
    where = {(one["role"].rpartition("/")[2], one["resource"]) for one in changing.document["bindings"]}
    assert where == {
        ("codeblue_changing_run_service", service),
        ("codeblue_changing_run_identity", f"projects/{PROJECT}/serviceAccounts/{email(RUNS_AS, PROJECT)}"),
    }
    assert not any("update" in name or "actAs" in name for names in held.values() for name in names)


def test_the_roles_are_what_google_takes(env: Bakery) -> None:
    create = next(one for one in methods() if one.id == "iam.projects.roles.create")
    for grants in granted(NEEDS, env).connections["google"]:
        assert isinstance(grants.document, dict)
        for role in grants.document["roles"]:
            create.check_body(role)


def test_placeholders_are_granted_where_nobody_has_saved_one() -> None:
    reading, _ = granted(NEEDS, usual(Bakery)).connections["google"]
    assert "projects/PROJECT" in json.dumps(reading.document)


@pytest.mark.parametrize("kind", ["run_service", "run_identity"])
def test_what_is_not_named_is_not_granted_everywhere(env: Bakery, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {name: found for name, found in env.resources().items() if name != kind}
    monkeypatch.setattr(Bakery, "resources", lambda _: names)
    with pytest.raises(NotNamed, match=f"is granted by {kind}, and the environment names none"):
        granted(NEEDS, env)


def test_a_permission_that_nobody_knows_is_granted_by_nobody(env: Bakery) -> None:
    with pytest.raises(NotSpoken, match=r"google:run\.services\.delete"):
        granted(Needs(changing=frozenset({"google:run.services.delete"})), env)


def test_every_permission_is_that_of_a_method_of_google() -> None:
    """As the documents name methods: a permission is a method's id without the places that lead to it.

    The documents themselves name no permissions. Two of Google's are worded otherwise than the methods: `cloudsql` for
    `sql`, and `logEntries` for `entries`; a `patch` needs `update`.
    """
    known = {one.id for one in methods()}
    assert set(NEEDED_BY) <= known
    for method, permission in NEEDED_BY.items():
        api, *_, kind, verb = method.split(".")
        words = {"sql": "cloudsql", "entries": "logEntries", "patch": "update"}
        named = ".".join(words.get(one, one) for one in (api, kind, verb))
        at_the_instance = method == "sql.operations.list"  # whoever may see an instance may see what is done to it
        assert permission == ("cloudsql.instances.get" if at_the_instance else named)
    assert set(LEVELS) == {*NEEDED_BY.values(), "iam.serviceAccounts.actAs"}, "the last is asked along with a method"


# -- what is held -----------------------------------------------------------------------------------------------------


def looked(google: Google, env: Bakery) -> list[tuple[str, ...]]:
    return [one.look().said for one in google.held(NEEDS, env.resources(), USERS)]


def test_accounts_that_hold_what_is_generated_are_told_nothing(google: Google, env: Bakery, run: Run) -> None:
    run.cloud.accounts.of(email(READING, PROJECT)).allowed[f"projects/{PROJECT}"] -= {
        "cloudsql.instances.get",
        "redis.instances.get",
        "run.services.list",
    }
    run.cloud.accounts.of(email(CHANGING, PROJECT)).allowed[f"projects/{PROJECT}"].clear()
    assert looked(google, env) == [(), ()]


def test_what_an_account_lacks_and_what_it_has_beyond_is_told(google: Google, env: Bakery, run: Run) -> None:
    whole = f"projects/{PROJECT}"
    run.cloud.accounts.of(email(READING, PROJECT)).allowed[whole] = {
        "run.operations.get",
        "monitoring.timeSeries.list",
        "run.services.update",
    }
    run.cloud.accounts.of(email(CHANGING, PROJECT)).allowed = {}
    reading, changing = looked(google, env)
    service = f"{whole}/locations/europe-west3/services/{SERVICE}"
    assert reading == (
        f"The reading account lacks logging.logEntries.list on {whole}; silent would be blind without it.",
        f"The reading account is allowed more than is generated: run.services.update on {service}; take it away.",
    )
    assert (
        f"The changing account lacks run.services.update on {service}; silent would be unable to act without it."
        in (changing)
    )
    assert len(changing) == 2


def test_who_is_not_let_in_is_no_difference_but_an_error(google: Google, env: Bakery) -> None:
    gone = google.model_copy(update={"endpoint_url": "http://127.0.0.1:1"})
    for one in gone.held(NEEDS, env.resources(), USERS):
        with pytest.raises(Temporary, match="could not be reached to ask what it may do"):
            one.look()
