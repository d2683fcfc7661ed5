"""Traffic of Cloud Run is sent back and put back, by Google's own client, on a project of our own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from blocks.google import Google
from blocks.google_line import Asking
from blocks.notifier import Notifier
from journal.facts.words import Answer
from runbook import Context, Drifted, Evidence, NotNeeded, NotSafe, Permanent, Reading
from sandbox.google.run import Run
from sandbox.google.run_kept import LATEST, REVISION, Service
from sandbox.google.serving import CHANGING, READING, email, standing
from tasks.cloudrun.change import SendTrafficBack
from tasks.cloudrun.read import read_revisions, read_service
from tests.tasks.cases import DRIFTED, GUARDRAIL, NEEDED, NOT_NEEDED, UNDO, UNKNOWN, WARRANT, Guarded, planned
from tests.tasks.cloud import CI, FIRST, SECOND, THIRD, bakery
from tests.typing.bakery import API, PROJECT, SERVICE, Bakery, Params


@pytest.fixture
def run() -> Run:
    return bakery()


@pytest.fixture
def google(run: Run) -> Iterator[Google]:
    with standing(run.cloud) as found:
        yield found


@pytest.fixture
def env(google: Google) -> Bakery:
    """What `guarded` judges guardrails in."""
    return Bakery(notifier=Notifier(), google=google)


def back(google: Google, **other: Any) -> SendTrafficBack:
    return SendTrafficBack(**{"google": google, "service": SERVICE, "within": timedelta(0), **other})


def asking(one: Asking, request: Callable[[Any], Any]) -> dict[str, Any]:
    with one:
        return one.ask(request, "try it")


def on(revision: str, percent: int, **other: Any) -> dict[str, Any]:
    return {"type": REVISION, "revision": revision, "percent": percent, **other}


def so(run: Run, *traffic: dict[str, Any]) -> Service:
    """The service with this traffic, as somebody has sent it before."""
    service = run.services[SERVICE]
    service.traffic = service.is_so = list(traffic)
    return service


@pytest.mark.case(SendTrafficBack, NEEDED, GUARDRAIL, UNDO)
def test_the_traffic_goes_to_the_revision_before_and_back(google: Google, run: Run, guarded: Guarded) -> None:
    change, service = back(google), run.services[SERVICE]
    plan = planned(change)
    guarded(plan)
    assert (plan.targets[0].before, plan.targets[0].after) == ("100% to the latest revision", f"100% to {SECOND}")
    assert "get no traffic until" in plan.warnings[0]
    assert change.landed(plan)[0] is Answer.NO
    assert change.apply(plan, WARRANT).ok
    assert (service.share(SECOND), service.share(THIRD)) == (100, 0)
    assert change.landed(plan)[0] is Answer.YES
    assert read_service(google, SERVICE).pinned
    assert change.undo(plan, WARRANT).ok
    assert (service.share(SECOND), service.share(THIRD)) == (0, 100)
    assert change.undone(plan)[0] is Answer.YES
    assert change.undo(plan, WARRANT).note == f"{SERVICE} wants 100% to the latest revision, as before."
    assert [who for method, who in run.cloud.asked if method.endswith(".patch")] == [email(CHANGING, PROJECT)] * 2


@pytest.mark.case(SendTrafficBack, NOT_NEEDED)
def test_what_has_all_the_traffic_is_left_alone(google: Google, run: Run) -> None:
    so(run, on(SECOND, 100))
    assert isinstance(back(google, to=SECOND).plan(), NotNeeded)


def test_traffic_that_follows_the_latest_is_pinned_though_it_is_there_already(google: Google) -> None:
    assert planned(back(google, to=THIRD)).targets[0].after == f"100% to {THIRD}"


def test_tags_stay_without_traffic_and_a_split_is_put_back_as_it_was(google: Google, run: Run) -> None:
    split = (on(SECOND, 30), {"type": LATEST, "percent": 70, "tag": "green"})
    service = so(run, *split)
    change = back(google)
    plan = planned(change)
    assert plan.targets[0].after == f"100% to {FIRST}", "what came before the oldest that answers"
    assert change.apply(plan, WARRANT).ok
    assert service.traffic == [on(FIRST, 100), {"type": LATEST, "percent": 0, "tag": "green"}]
    assert change.undo(plan, WARRANT).ok
    assert service.traffic == list(split)


# -- what is not planned ----------------------------------------------------------------------------------------------


def test_nothing_is_planned_while_an_operation_is_under_way(google: Google, run: Run) -> None:
    run.services[SERVICE].touch(CI)
    with pytest.raises(NotSafe, match="An operation on api is under way"):
        back(google).plan()


@pytest.mark.parametrize(
    ("to", "why"), [("api-00009-xyz", "has no revision api-00009-xyz"), (FIRST, f"{FIRST} is not ready")]
)
def test_a_revision_that_is_gone_or_could_not_answer_is_refused(google: Google, run: Run, to: str, why: str) -> None:
    run.services[SERVICE].revisions[0].why = "The container failed to start."
    with pytest.raises(NotSafe, match=why):
        back(google, to=to).plan()


def test_what_never_was_ready_is_passed_over_and_where_nothing_is_left_there_is_no_way_back(
    google: Google, run: Run
) -> None:
    first, second, _ = run.services[SERVICE].revisions
    second.why = "The container failed to start."
    assert planned(back(google)).targets[0].after == f"100% to {FIRST}"
    first.why = second.why
    with pytest.raises(NotSafe, match="there is no way back"):
        back(google).plan()


def test_a_service_that_nobody_knows_is_refused_by_its_name(google: Google) -> None:
    with pytest.raises(Permanent, match="knows nothing there when trying to read the service ovens"):
        back(google, service="ovens").plan()


# -- what happens meanwhile -------------------------------------------------------------------------------------------


@pytest.mark.case(SendTrafficBack, DRIFTED)
def test_a_service_that_was_changed_since_is_left_alone(google: Google, run: Run) -> None:
    change = back(google)
    plan, service = planned(change), run.services[SERVICE]
    service.touch(CI)
    service.observed = service.generation
    with pytest.raises(Drifted, match="was changed since this was planned"):
        change.apply(plan, WARRANT)
    assert service.share(THIRD) == 100


@pytest.mark.case(SendTrafficBack, DRIFTED)
def test_who_is_faster_between_the_look_and_the_act_is_found_out_by_the_etag(google: Google, run: Run) -> None:
    change = back(google)
    plan, service = planned(change), run.services[SERVICE]
    read = run.cloud.handlers["run.projects.locations.services.get"]

    def and_then_somebody_changes_it(call: Any) -> dict[str, Any]:
        told = read(call)
        service.touch(CI)
        service.observed = service.generation
        return told

    run.cloud.handlers["run.projects.locations.services.get"] = and_then_somebody_changes_it
    with pytest.raises(Drifted, match="nothing was done"):
        change.apply(plan, WARRANT)
    assert service.share(THIRD) == 100


@contextmanager
def losing(google: Google, method: str) -> Iterator[Google]:
    """Before the project stands something that hands everything on, and loses the answer to the first of a method."""
    left = [method]

    class Handler(BaseHTTPRequestHandler):
        def _hand_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kept = {name: self.headers[name] for name in ("Authorization", "Content-Type") if self.headers[name]}
            url = f"{google.endpoint_url}{self.path}"
            answer = httpx.request(self.command, url, content=body, headers=kept, timeout=30)
            if self.command in left:
                left.remove(self.command)
                return
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_PATCH = _hand_on  # noqa: N815 # the names that the library asks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the name that the library gives
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield google.model_copy(update={"endpoint_url": f"http://127.0.0.1:{server.server_address[1]}"})
        finally:
            server.shutdown()
            thread.join()
    assert not left


def test_an_answer_that_was_lost_is_no_drift(google: Google, run: Run) -> None:
    with losing(google, "PATCH") as other:
        change = back(other)
        plan = planned(change)
        outcome = change.apply(plan, WARRANT)
    assert outcome.ok, outcome.note
    assert run.services[SERVICE].share(SECOND) == 100
    assert sum(method.endswith("services.patch") for method, _ in run.cloud.asked) == 2, "it is sent twice"
    assert run.services[SERVICE].generation == 2, "and done once"


def test_an_operation_that_may_not_be_seen_is_told_by_the_service(google: Google, run: Run) -> None:
    plan = planned(back(google))
    for held in run.cloud.accounts.of(email(READING, PROJECT)).allowed.values():
        held.discard("run.operations.get")
    assert back(google).apply(plan, WARRANT).ok
    run.fails = "The region has no capacity."
    outcome = back(google).undo(plan, WARRANT)
    assert not outcome.ok
    assert "The region has no capacity" in outcome.note


def test_a_lost_answer_to_what_failed_is_no_success(google: Google, run: Run) -> None:
    run.fails = "The region has no capacity."
    with losing(google, "PATCH") as other:
        change = back(other)
        outcome = change.apply(planned(change), WARRANT)
    assert not outcome.ok
    assert "The region has no capacity" in outcome.note


def test_a_revision_that_is_deleted_after_the_plan_is_refused_by_google(google: Google, run: Run) -> None:
    change = back(google)
    plan, service = planned(change), run.services[SERVICE]
    del service.revisions[1]
    with pytest.raises(Permanent, match=f"Revision '{SECOND}' does not exist"):
        change.apply(plan, WARRANT)
    assert service.share(THIRD) == 100


@pytest.mark.case(SendTrafficBack, UNKNOWN)
def test_while_the_operation_goes_on_nobody_knows(google: Google, run: Run) -> None:
    run.takes = timedelta(hours=1)
    change, service = back(google), run.services[SERVICE]
    plan = planned(change)
    outcome = change.apply(plan, WARRANT)
    assert not outcome.ok
    assert "had not ended within" in outcome.note
    assert (service.share(SECOND), service.share(THIRD)) == (0, 100), "what is asked for is not so yet"
    answer, said = change.landed(plan)
    assert answer is Answer.UNKNOWN
    assert "it is not so yet" in said
    for one in run.operations.values():
        one.ends -= run.takes
    assert change.landed(plan)[0] is Answer.YES


def test_an_operation_that_fails_is_no_success_and_unknown_afterwards(google: Google, run: Run) -> None:
    run.fails = "The region has no capacity."
    change = back(google)
    plan = planned(change)
    outcome = change.apply(plan, WARRANT)
    assert not outcome.ok
    assert outcome.note == "Cloud Run could not send the traffic of api: The region has no capacity."
    assert change.landed(plan)[0] is Answer.UNKNOWN


def test_what_somebody_else_has_sent_elsewhere_is_not_undone(google: Google, run: Run) -> None:
    change = back(google)
    plan = planned(change)
    assert change.apply(plan, WARRANT).ok
    so(run, on(FIRST, 100))
    outcome = change.undo(plan, WARRANT)
    assert not outcome.ok
    assert "by somebody else's doing; it was left alone" in outcome.note
    assert change.undone(plan)[0] is Answer.NO


# -- what is said of it -----------------------------------------------------------------------------------------------


def said(env: Bakery, sentence: Evidence[Bakery, Params]) -> Answer:
    """What a sentence of the part makes of the service as it is."""
    reading = sentence.probe.read(Context(env=env, params=Params(environment=PROJECT)))
    return sentence.find({sentence.probe.name: Reading.model_construct(value=reading)}).answer


def test_whether_the_newest_revision_works_is_told_by_the_part(env: Bakery, run: Run) -> None:
    service = run.services[SERVICE]
    assert (said(env, API.newest_failed), said(env, API.newest_ready)) == (Answer.NO, Answer.YES)
    assert said(env, API.pinned) is Answer.NO
    service.revisions[-1].why = service.why = "The container failed to start."
    assert (said(env, API.newest_failed), said(env, API.newest_ready)) == (Answer.YES, Answer.NO)
    assert str(read_service(env.google, SERVICE)).endswith("not ready: The container failed to start.")
    assert read_service(env.google, SERVICE).serving == SECOND, "the latest that is ready answers"
    service.touch(CI)
    assert said(env, API.newest_failed) is Answer.UNKNOWN, "nothing is decided while an operation is under way"
    so(run, on(FIRST, 100))
    assert said(env, API.pinned) is Answer.YES


def test_what_was_released_is_told_newest_first_and_a_rollback_is_no_release(google: Google, run: Run) -> None:
    assert back(google).apply(planned(back(google)), WARRANT).ok
    found = read_revisions(google, SERVICE, window=timedelta(days=2))
    assert [one.version for one in found.releases] == [THIRD, SECOND]
    assert {one.by for one in found.releases} == {CI}
    assert not found.none_for(timedelta(hours=2))
    assert found.none_for(timedelta(minutes=30))


def test_of_more_revisions_than_are_read_nothing_is_known_to_be_all(
    google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.cloudrun.service.PAGE", 1)
    monkeypatch.setattr("tasks.cloudrun.service.PAGES", 2)
    found = read_revisions(google, SERVICE, window=timedelta(days=30))
    assert len(found.releases) == 2
    with pytest.raises(LookupError, match="are known only"):
        found.none_for(timedelta(minutes=1))
    with pytest.raises(NotSafe, match="came before cannot be told"):
        back(google).plan()


# -- who may ----------------------------------------------------------------------------------------------------------


def test_the_reading_account_may_not_send_traffic(google: Google, run: Run) -> None:
    name, body = google.service(SERVICE), {"traffic": [on(FIRST, 100)]}
    with pytest.raises(Permanent, match=f"does not allow {email(READING, PROJECT)} to try it"):
        asking(
            google.reading("run"),
            lambda api: api.projects().locations().services().patch(name=name, body=body, updateMask="traffic"),
        )
    assert run.services[SERVICE].share(THIRD) == 100


@pytest.mark.parametrize("lost", ["run.services.update", "iam.serviceAccounts.actAs"])
def test_a_changing_account_without_one_of_its_permissions_is_told(google: Google, run: Run, lost: str) -> None:
    plan = planned(back(google))
    for held in run.cloud.accounts.of(email(CHANGING, PROJECT)).allowed.values():
        held.discard(lost)
    with pytest.raises(Permanent, match="grant it the generated roles"):
        back(google).apply(plan, WARRANT)
    assert run.services[SERVICE].share(THIRD) == 100


def test_the_changing_account_may_look_at_nothing(google: Google) -> None:
    with pytest.raises(Permanent, match="does not allow"):
        asking(
            google.changing("run", WARRANT),
            lambda api: api.projects().locations().services().get(name=google.service(SERVICE)),
        )


def test_without_a_warrant_nobody_changes(google: Google) -> None:
    with pytest.raises(Permanent, match="without a warrant"):
        google.changing("run", None)  # pyright: ignore[reportArgumentType] # that is what is refused
