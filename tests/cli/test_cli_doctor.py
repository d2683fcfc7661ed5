"""Each line of `codeblue doctor` is a question: here each says no, and says yes when that is over."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from blocks.aws import Aws
from blocks.notifier import Notifier
from blocks.postgres import Postgres
from blocks.rung import Rung
from deployments import places
from deployments.cli import doctor_environments, doctor_home, doctor_paging, doctor_prefect, doctor_receiver
from deployments.failing import Failures
from deployments.installation import known_name, name_of
from deployments.receiver import inbox_queries, settings
from deployments.receiver.answers import Deliveries, DispatchState, Health
from deployments.receiver.inbox_queries import AMBIGUOUS, UNHANDLED, UNKNOWN_PLACE, UNROUTED, left_over
from deployments.schedules import Scheduled
from deployments.stack_home import POOL, Home
from deployments.up_note import UpNote
from journal import shadow, switches
from journal.facts.words import Answer
from journal.inbox import Delivery, Inbox
from journal.store import Journal
from journal.wording import moment
from sandbox.rehearsal import wait
from tests.cli.story import listed

NOW = datetime(2026, 5, 4, 3, 0, tzinfo=UTC)
SIGNED = {"by": "Ana Lima", "why": "release night"}


def says(found):
    """The one thing that was found."""
    (one,) = [found] if not hasattr(found, "__next__") else list(found)
    return one


def answers(found):
    return [one.answer for one in found]


@pytest.fixture
def runs(home):
    """A `codeblue up` that has run here for a day, all of it there; this process stands for it."""
    began = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    return UpNote(ready=True, began=began).keep(home)


# -- home and journal -------------------------------------------------------------------------------------------------


def test_no_home_is_no(tmp_path):
    said = says(doctor_home.home(Home.named(tmp_path / "nowhere")))
    assert (said.answer, "codeblue up" in said.text) == (Answer.NO, True)
    assert not (tmp_path / "nowhere").exists()


def test_a_home_that_others_may_look_into_is_no(home):
    home.path.chmod(0o755)
    assert "chmod 700" in says(doctor_home.home(home)).text
    home.path.chmod(0o700)
    assert says(doctor_home.home(home)).answer is Answer.YES


def test_a_full_disk_is_no(home):
    assert "cannot grow" in says(doctor_home.home(home, room=2**63)).text


def test_every_open_incident_is_counted_however_many(home, journal):
    listed(journal, 1003)
    assert "1003 open incidents" in next(doctor_home.journal(home)).text


def test_a_stop_is_no(home, journal):
    switches.stop(journal, "Ana Lima", "release night")
    assert "codeblue go" in says(doctor_home.stop_switch(journal)).text
    switches.go(journal, "Ana Lima", "over")
    assert says(doctor_home.stop_switch(journal)).answer is Answer.YES


@pytest.mark.parametrize(
    ("system", "lift"), [("rung", "codeblue thaw rung --why TEXT"), ("*", "codeblue thaw '*' --why TEXT")]
)
def test_a_freeze_is_no_until_it_is_over_or_lifted(journal, clock, system, lift):
    window = {"starts": clock() + timedelta(hours=1), "ends": clock() + timedelta(hours=2)}
    switches.freeze(journal, system, **window, **SIGNED)
    assert answers(doctor_home.freezes(journal)) == [Answer.YES]  # it is yet to come
    clock.pass_(minutes=90)
    said = says(doctor_home.freezes(journal))
    assert (said.answer, lift in said.text) == (Answer.NO, True)
    clock.pass_(hours=1)
    assert answers(doctor_home.freezes(journal)) == [Answer.YES]


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("note", "why"),
    [
        (None, "never run"),
        ({"at": "yesterday"}, "cannot be read"),
        ({"at": -timedelta(hours=1)}, "ago: nobody is paged"),
        ({"at": timedelta(hours=1)}, "clock was set back"),
        ({"at": timedelta(0), "trouble": "INC-1 cannot be read"}, "INC-1 cannot be read"),
    ],
)
def test_a_watch_that_does_not_go_round_is_no(home, note, why):
    if note is not None:
        at = note["at"]  # from now: the suite may have run for long when this test begins
        at = (datetime.now(UTC) + at).isoformat() if isinstance(at, timedelta) else at
        (home.path / "watch.json").write_text(json.dumps(note | {"at": at}))
    said = says(doctor_home.watch(home))
    assert (said.answer, why in said.text) == (Answer.NO, True)


@pytest.mark.usefixtures("runs")
def test_what_fails_for_one_alone_is_no_until_it_is_over(home, clock):
    assert answers(doctor_home.failing(home)) == [Answer.YES]
    watch, receiver = (Failures(home, process, clock=clock) for process in ("watch", "receiver"))
    watch.note("paging", "INC-1", RuntimeError("its entries are gone"))
    clock.pass_(minutes=5)
    receiver.note("starting", "BackupFailed", RuntimeError("no such deployment"))
    paging, starting = doctor_home.failing(home)
    assert (paging.answer, starting.answer) == (Answer.NO, Answer.NO)
    assert re.fullmatch(r"Since .* UTC: paging fails for INC-1: RuntimeError: its entries are gone\.", paging.text)
    assert "starting fails for BackupFailed" in starting.text
    for number in range(doctor_home.SHOWN):
        watch.note("paging", f"INC-more-{number}", RuntimeError("likewise"))
    *told, rest = doctor_home.failing(home)
    assert (len(told), rest.text.startswith("And 2 more")) == (doctor_home.SHOWN, True)
    watch.keep("paging", ())
    receiver.over("starting", "BackupFailed")
    assert answers(doctor_home.failing(home)) == [Answer.YES]


def test_without_a_home_nobody_knows_what_fails(tmp_path):
    said = says(doctor_home.failing(Home.named(tmp_path / "nowhere")))
    assert said.answer is Answer.UNKNOWN


def test_a_system_in_shadow_is_no_until_it_is_lifted(journal):
    assert answers(doctor_home.shadows(journal)) == [Answer.YES]
    shadow.turn(journal, "rung", on=True, by="Ana Lima", why="first weeks")
    said = says(doctor_home.shadows(journal))
    assert (said.answer, "nobody is asked or paged for it" in said.text) == (Answer.NO, True)
    assert "codeblue shadow rung off --why TEXT" in said.text
    shadow.turn(journal, "rung", on=False, by="Ana Lima", why="it knows its way")
    assert answers(doctor_home.shadows(journal)) == [Answer.YES]


def test_a_system_that_cannot_be_loaded_is_no_and_the_others_are_named(install):
    said = says(doctor_home.systems())
    assert re.fullmatch(r"medicalcor \(\d+ runbooks\), rastup \(\d+ runbooks?\), rung \(14 runbooks\)", said.text)
    install("shop", "raise RuntimeError('no licence')")
    said = says(doctor_home.systems())
    assert said.answer is Answer.NO
    assert said.text.startswith("shop is installed and not loaded: ")
    assert "no licence" in said.text


def test_the_newest_test_of_each_sender_is_told(journal, clock):
    inbox = Inbox(journal)
    assert list(doctor_home.tests(journal)) == []
    for form, delivery in (("grafana", "1"), ("signed", "2"), ("grafana", "3")):
        clock.pass_(minutes=5)
        inbox.note(form, delivery, "A test.", inbox_queries.TESTED)
    grafana, signed = doctor_home.tests(journal)
    assert (grafana.answer, signed.answer) == (Answer.YES, Answer.YES)
    assert grafana.text == f"grafana: test received at {moment(clock())}"
    assert signed.text == f"signed: test received at {moment(clock() - timedelta(minutes=5))}"


@pytest.mark.parametrize("why", [UNROUTED, AMBIGUOUS, UNKNOWN_PLACE, UNHANDLED])
def test_alerts_that_started_nothing_are_no_for_a_day(journal, clock, why):
    inbox = Inbox(journal)
    for number in range(3):
        kept = Delivery(format="sns", delivery=str(number), fingerprint="f", alert={"name": "DiskFull", "labels": {}})
        inbox.done(inbox.put(kept).id, why)
    assert [one.text for one in doctor_home.alerts(journal)] == [str(one) for one in left_over(journal)]
    [said] = doctor_home.alerts(journal)
    assert (said.name, said.answer) == ("deliveries", Answer.NO)
    assert "'DiskFull'" in said.text
    clock.pass_(days=2)
    assert list(doctor_home.alerts(journal)) == []


def test_more_alerts_that_started_nothing_than_are_shown_are_counted(journal):
    inbox = Inbox(journal)
    for number in range(14):
        kept = Delivery(format="sns", delivery=str(number), fingerprint=f"f{number}", alert={"name": "x", "labels": {}})
        inbox.done(inbox.put(kept).id, UNROUTED)
    found = [one.text for one in doctor_home.alerts(journal)]
    assert (len(found), found[-1]) == (11, "And 4 more of the last day started nothing.")


@pytest.mark.usefixtures("runs")
def test_an_error_that_repeats_in_a_log_is_no(home):
    at = datetime.now().astimezone()
    (home.logs / "server.log").write_text(
        "".join(f"{at:%Y-%m-%d %H:%M:%S} | ERROR | Can't evaluate bulk DML statement {n}\n" for n in range(5))
    )
    (home.logs / "worker.log").write_text("all is well\n")
    said = says(doctor_home.logs(home))
    assert said.answer is Answer.NO
    assert "server has logged 5 times" in said.text
    assert "Can't evaluate bulk DML" in said.text
    (home.logs / "server.log").write_text("all is well\n")
    assert answers(doctor_home.logs(home)) == [Answer.YES]


def test_a_part_that_is_started_again_and_again_is_no(home):
    (home.logs / "receiver.log").write_text("--- started 2026-05-04 03:00:00 by stack 7\nno port\n" * 4)
    said = says(doctor_home.logs(home))
    assert "receiver does not stay up: it was started 4 times" in said.text


def test_no_logs_are_no_health(home):
    assert answers(doctor_home.logs(home)) == [Answer.UNKNOWN]


# -- the receiver -----------------------------------------------------------------------------------------------------


@contextmanager
def receiving(home):
    """A receiver of that home, as a process of its own; gives its address."""
    settings.begin(home)
    program = [sys.executable, "-m", "deployments.receiver", "--home", str(home.path), "--port", "0"]
    env = {**os.environ, "PREFECT_API_URL": "http://127.0.0.1:9/api", "CODEBLUE_HOME": str(home.path)}
    log = home.logs / "receiver.log"
    with log.open("wb") as output:
        process = subprocess.Popen(program, stderr=output, stdout=output, env=env)
    try:
        yield wait(lambda: listening(log), within=150, what="the receiver")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def listening(log):
    found = re.search(r"Receiving alerts at (http://\S+)/alerts/", log.read_text())
    return found[1] if found else None


def noted(home, url):
    UpNote(receiver=url, ready=True).keep(home)


def test_no_settings_are_no(home):
    assert "receiver.toml" in says(doctor_receiver.receiver(home)).text


def test_a_receiver_is_asked_whose_it_is_and_what_it_refused(home, tmp_path):
    other = Home.at(tmp_path / "other")
    settings.begin(other)
    with receiving(home) as url:
        noted(home, url)
        assert says(doctor_receiver.receiver(home)).answer is Answer.YES
        assert answers(doctor_receiver.deliveries(home)) == [Answer.YES]

        noted(other, url)  # its own crash-loops, because the port is taken
        said = says(doctor_receiver.receiver(other))
        assert (said.answer, "Another installation's receiver answers" in said.text) == (Answer.NO, True)
        assert answers(doctor_receiver.deliveries(other)) == [Answer.UNKNOWN]
        name_of(other)
        assert says(doctor_receiver.receiver(other)).answer is Answer.NO

        for _ in range(117):
            assert httpx.post(f"{url}/alerts/alertmanager", json={}).status_code == 401
        assert httpx.post(f"{url}/alerts/alertmanger", json={}).status_code == 404
        refused, nowhere = doctor_receiver.deliveries(home)
        assert (refused.answer, nowhere.answer) == (Answer.NO, Answer.NO)
        assert "alertmanager: 117 deliveries refused" in refused.text
        assert "(401: " in refused.text
        assert "none was ever taken" in refused.text
        assert nowhere.text.startswith("no such form: 1 delivery refused")
        later = datetime.now(UTC) + 2 * doctor_receiver.LATELY
        assert answers(doctor_receiver.deliveries(home, later)) == [Answer.YES]

        with closing(sqlite3.connect(home.path / "journal.db")) as rough:
            rough.execute("DROP TABLE inbox")
        assert "would keep no alerts now (503)" in says(doctor_receiver.receiver(home)).text
    assert "Does not answer" in says(doctor_receiver.receiver(home)).text


def test_what_is_no_receiver_is_no(home, prefect_alone):
    settings.begin(home)
    noted(home, prefect_alone.ui_url)
    said = says(doctor_receiver.receiver(home))
    assert (said.answer, "is no receiver of Code Blue" in said.text) == (Answer.NO, True)


def health(**said):
    return Health(**({"journal": "reachable", "waiting": 0, "dispatch": DispatchState(running=True)} | said))


def test_what_is_taken_and_gets_no_run_is_no():
    blocked = DispatchState(running=True, awaiting_runs=3, trouble="rung/x: there is no such deployment; deploy it")
    (said,) = doctor_receiver.troubles(health(dispatch=blocked), NOW)
    assert "3 open incidents without one" in said
    assert "there is no such deployment" in said
    (said,) = doctor_receiver.troubles(health(dispatch=DispatchState(running=False)), NOW)
    assert "starts nothing" in said


def test_a_sender_that_was_refused_lately_is_no_although_others_are_taken():
    one = Deliveries(form="sns", taken=9, refused=1, last_taken=NOW, last_refused=NOW, status=401, error="Not signed.")
    (said,) = doctor_receiver.troubles(health(deliveries=[one]), NOW + timedelta(minutes=5))
    assert said == "sns: 1 delivery refused, the last 5 min ago (401: Not signed.); the last one taken 5 min ago."


# -- Prefect ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(prefect_alone, prefect):
    with places.Prefect(prefect_alone.home) as asking:
        yield asking


def test_no_prefect_is_no_and_what_needs_it_is_unknown(codeblue, journal):
    found = {one["name"]: one["answer"] for one in codeblue("doctor", "--json", code=1).json["findings"]}
    assert found["prefect"] == "no"
    assert {
        found[name] for name in ("worker", "runs", "deployments", "schedules", "routes", "environments", "installation")
    } == {"unknown"}


def test_a_prefect_that_does_not_answer_is_no(monkeypatch, home):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with pytest.raises(places.Unreachable, match="does not answer"), places.Prefect(home) as asking:
        asking.get("/health")


def test_no_worker_a_silent_one_and_a_paused_pool_are_no(asked):
    assert "No worker is online" in says(doctor_prefect.worker(asked)).text
    beat(asked)
    assert says(doctor_prefect.worker(asked)).answer is Answer.YES
    later = datetime.now(UTC) + timedelta(minutes=10)
    assert "No worker was heard for 10 min" in says(doctor_prefect.worker(asked, later)).text
    patch(asked, f"/work_pools/{POOL}", {"is_paused": True})
    try:
        assert "is paused" in says(doctor_prefect.worker(asked)).text
    finally:
        patch(asked, f"/work_pools/{POOL}", {"is_paused": False})


def beat(asked):
    asked._client.post(f"/work_pools/{POOL}/workers/heartbeat", json={"name": "doctored"}).raise_for_status()


def patch(asked, path, body):
    asked._client.patch(path, json=body).raise_for_status()


@pytest.fixture
def deployment(asked):
    """A deployment of a flow, as `flow/deployment`, with its id."""
    flow = asked.post("/flows/", {"name": "doctored.flow"})["id"]
    made = asked.post("/deployments/", {"name": "doctored", "flow_id": flow, "paused": False})
    yield "doctored.flow/doctored", made["id"]
    asked._client.delete(f"/deployments/{made['id']}").raise_for_status()


def test_a_run_that_nobody_takes_is_no(asked, deployment):
    _, its_id = deployment
    assert says(doctor_prefect.runs(asked)).answer is Answer.YES
    run = asked.post(f"/deployments/{its_id}/create_flow_run", {})["id"]
    asked.post(f"/flow_runs/{run}/set_state", {"state": {"type": "SCHEDULED", "name": "Late"}, "force": True})
    assert says(doctor_prefect.runs(asked)).text.startswith("1 run is due")
    asked._client.delete(f"/flow_runs/{run}").raise_for_status()


def routed(home, *targets):
    rules = "".join(
        f'[[routes]]\nname = "A{n}"\ndeployment = "{target}"\nrunbook = "rung.x"\ntitle = "X"\nsystem = "rung"\n'
        f'environment = "doctored-prod"\n'
        for n, target in enumerate(targets)
    )
    (home.path / settings.FILE).write_text(rules)


def test_a_route_to_nothing_and_to_something_paused_is_no(home, asked, deployment):
    name, its_id = deployment
    routed(home, name)
    assert answers(doctor_prefect.routes(home, asked)) == [Answer.YES]
    routed(home, name, "rung.gone/default")
    said = says(doctor_prefect.routes(home, asked))
    assert (said.answer, "rung.gone/default" in said.text, "A1" in said.text) == (Answer.NO, True, True)
    routed(home, name)
    patch(asked, f"/deployments/{its_id}", {"paused": True})
    assert "is paused" in says(doctor_prefect.routes(home, asked)).text
    routed(home)
    assert "There is none" in says(doctor_prefect.routes(home, asked)).text
    (home.path / settings.FILE).write_text("[[routes")
    assert answers(doctor_prefect.routes(home, asked)) == [Answer.NO]


def scheduled(**said):
    kept = {"name": "escalation", "active": True, "said": "", "last": NOW - timedelta(seconds=20), "ended": "Completed"}
    return Scheduled(**(kept | {"due": NOW + timedelta(seconds=40), "late": False} | said))


@pytest.mark.parametrize(
    ("said", "answer", "words"),
    [
        ({}, Answer.YES, "escalation: last ran 20 s ago (Completed); due in 40 s"),
        ({"last": None, "ended": None}, Answer.YES, "escalation: has never run; due in 40 s"),
        ({"ended": "Found"}, Answer.YES, "last ran 20 s ago (Found)"),
        ({"late": True, "due": NOW - timedelta(minutes=3)}, Answer.NO, "late, it was due 3 min ago; last ran 20 s ago"),
        ({"late": True, "due": None, "last": None}, Answer.NO, "late, no run of it is planned; has never run"),
        ({"late": None, "due": None, "last": None}, Answer.UNKNOWN, "has never run; Prefect has planned none yet"),
        ({"ended": "Crashed"}, Answer.NO, "last ran 20 s ago (Crashed)"),
        ({"ended": "Unknown"}, Answer.UNKNOWN, "it could not look"),
        ({"ended": "Unknown", "said": "No environment 'a' is saved."}, Answer.UNKNOWN, "It said: No environment 'a'"),
        ({"ended": "Failed", "said": "The disk is full."}, Answer.NO, "It said: The disk is full."),
        ({"active": False}, Answer.NO, "somebody switched it off in Prefect"),
    ],
)
def test_a_schedule_says_when_it_last_ran_and_is_no_when_it_is_late(said, answer, words):
    found = doctor_prefect.of_schedule(scheduled(**said), NOW, wanted=True)
    assert (found.answer, words in found.text) == (answer, True), found.text


def test_checks_that_are_blind_for_the_same_reason_are_one_line(home, asked, monkeypatch):
    """A new home has six of them, and one cause: nothing is saved yet."""
    blind = {"ended": "Unknown", "said": "No environment 'rung-prod' is saved."}
    found = [
        scheduled(name="a.disk", **blind),
        scheduled(name="a.alarms", **(blind | {"last": NOW - timedelta(minutes=5)})),
        scheduled(name="a.certificates", **(blind | {"said": "No endpoint is given."})),
        scheduled(name="a.late", late=True, due=NOW - timedelta(hours=1), **blind),
        scheduled(),
    ]
    monkeypatch.setattr(doctor_prefect, "schedules", lambda *_: found)
    monkeypatch.setattr(doctor_prefect, "_switched_on", lambda _: set())
    certificates, late, escalation, both = doctor_prefect.by_the_clock(home, asked, NOW)
    assert (certificates.answer, escalation.answer) == (Answer.UNKNOWN, Answer.YES)
    assert (late.answer, late.text.startswith("a.late: late")) == (Answer.NO, True)
    assert both.answer is Answer.UNKNOWN
    assert both.text == (
        "2 checks could not look, last 20 s ago: a.disk, a.alarms. They said: No environment 'rung-prod' is saved."
    )


def test_a_program_of_somebody_else_under_our_name_is_no(home, asked, tmp_path):
    flow = asked.post("/flows/", {"name": "doctored.other"})["id"]
    made = [
        asked.post("/deployments/", {"name": name, "flow_id": flow, "entrypoint": f"{whose}.module.flow"})["id"]
        for name, whose in (("ours-taken", "theirs"), ("ours-kept", "ours"))
    ]
    listed = tmp_path / "prefect.yaml"
    entries = [f"{{name: {name}, entrypoint: ours.module.flow}}" for name in ("ours-kept", "ours-taken", "not-there")]
    listed.write_text(f"deployments: [{', '.join(entries)}]")
    UpNote(deployments=str(listed), ready=True).keep(home)
    taken = says(doctor_prefect.ours(home, asked))
    assert (taken.answer, "theirs.module.flow, and not ours.module.flow" in taken.text) == (Answer.NO, True)
    asked._client.delete(f"/deployments/{made[0]}").raise_for_status()
    assert says(doctor_prefect.ours(home, asked)).answer is Answer.YES
    asked._client.delete(f"/deployments/{made[1]}").raise_for_status()
    assert says(doctor_prefect.ours(home, asked)).answer is Answer.UNKNOWN, "nothing of ours is there to be looked at"


def test_a_schedule_that_prefect_lost_or_has_switched_off_is_no(home, asked, deployment, tmp_path):
    _, its_id = deployment
    listed = tmp_path / "prefect.yaml"
    every = 'schedules: [{cron: "* * * * *"}]'
    entries = [f"{{name: {name}, entrypoint: a.b.c, {every}}}" for name in ("doctored", "gone")]
    listed.write_text(f"deployments: [{', '.join(entries)}]")
    UpNote(deployments=str(listed), ready=True).keep(home)
    lost = {one.text.partition(":")[0]: one.answer for one in doctor_prefect.by_the_clock(home, asked)}
    assert lost == {"doctored": Answer.NO, "gone": Answer.NO}
    schedule = {"schedule": {"cron": "* * * * *"}, "active": True}
    asked.post(f"/deployments/{its_id}/schedules", [schedule])
    assert {one.text.partition(":")[0]: one.answer for one in doctor_prefect.by_the_clock(home, asked)} == {
        "gone": Answer.NO,
        "doctored": Answer.UNKNOWN,
    }
    later = datetime.now(UTC) + timedelta(minutes=10)
    late = {one.text.partition(":")[0]: one for one in doctor_prefect.by_the_clock(home, asked, later)}
    assert (late["doctored"].answer, "late" in late["doctored"].text) == (Answer.NO, True)
    patch(asked, f"/deployments/{its_id}", {"paused": True})
    off = {one.text.partition(":")[0]: one for one in doctor_prefect.by_the_clock(home, asked, later)}
    assert "switched it off" in off["doctored"].text


@pytest.fixture
def saved_rung(prefect):
    """An environment whose database nobody listens at; what was saved goes afterwards."""
    database = Postgres(
        host="127.0.0.1",
        port=9,
        dbname="rung",
        reader="reading",
        reader_password="a",
        changer="changing",
        changer_password="b",
    )
    aws = Aws(region="eu-central-1", account_id="123456789012", reading_role="r", changing_role="c")
    parts = {"database": database, "aws": aws, "notifier": Notifier()}
    for part, block in parts.items():
        block.save(f"doctored-{part}", overwrite=True)
    Rung(**parts).save("doctored", overwrite=True)
    yield "doctored"
    for name, kind in [("doctored", Rung), *((f"doctored-{part}", type(block)) for part, block in parts.items())]:
        kind.delete(name)


@pytest.fixture
def switched_off(home, asked, deployment, tmp_path):
    """A check of rung that the list has switched on, and somebody has switched off in Prefect."""
    _, its_id = deployment
    asked.post(f"/deployments/{its_id}/schedules", [{"schedule": {"cron": "* * * * *"}, "active": False}])
    listed = tmp_path / "prefect.yaml"
    every = 'schedules: [{cron: "* * * * *"}]'
    listed.write_text(f"deployments: [{{name: doctored, entrypoint: a.b.c, tags: ['system:rung'], {every}}}]")
    UpNote(deployments=str(listed), ready=True).keep(home)


@pytest.mark.usefixtures("switched_off", "saved_rung")
def test_a_check_that_was_switched_off_is_no(home, asked, monkeypatch):
    monkeypatch.setattr(places, "before_prefect", lambda home: None)  # imported long ago, in this process
    off = says(doctor_prefect.by_the_clock(home, asked))
    assert (off.answer, "somebody switched it off" in off.text) == (Answer.NO, True)


@pytest.mark.usefixtures("switched_off")
def test_a_check_may_be_off_where_nothing_of_its_system_is_saved(home, asked, prefect, monkeypatch):
    monkeypatch.setattr(places, "before_prefect", lambda home: None)  # imported long ago, in this process
    for document in prefect.read_block_documents():  # other tests share the server, and save theirs
        prefect.delete_block_document(document.id)
    off = says(doctor_prefect.by_the_clock(home, asked))
    assert (off.answer, off.text) == (Answer.YES, "switched off, and nothing asks for them: doctored")


def spoil(prefect, name, **data):
    document = prefect.read_block_document_by_name(name, Rung.get_block_type_slug())
    body = {"data": data, "merge_existing_data": True, "block_schema_id": str(document.block_schema_id)}
    prefect._client.patch(f"/block_documents/{document.id}", json=body, timeout=30).raise_for_status()


def test_no_environment_at_all_is_no(home, asked, prefect):
    for document in prefect.read_block_documents():  # other tests share the server, and save theirs
        prefect.delete_block_document(document.id)
    routed(home, "a/b")
    assert "None is saved" in says(doctor_environments.environments(home, asked)).text


def test_an_environment_that_is_missing_out_of_reach_or_unfit_is_no(home, asked, prefect, saved_rung, monkeypatch):
    monkeypatch.setattr(places, "before_prefect", lambda home: None)  # imported long ago, in this process
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    routed(home, "a/b")
    missing, *reached = doctor_environments.environments(home, asked)
    assert (missing.name, missing.answer) == ("environments", Answer.NO)
    assert "1 route works on doctored-prod unless the alert says otherwise, and it is not saved" in missing.text
    reached = [one for one in reached if one.name == saved_rung]  # other tests save theirs on this server
    assert reached
    assert Answer.YES not in answers(reached)
    spoil(prefect, saved_rung, practice_pace=0.1)
    paced, *_ = doctor_environments.environments(home, asked)
    assert (paced.answer, paced.text) == (Answer.YES, "pace: practice: waits and pages take 0.1 of their real time")
    spoil(prefect, saved_rung, practice_pace=7)
    *_, unfit = doctor_environments.environments(home, asked)
    assert (unfit.answer, "practice_pace" in unfit.text) == (Answer.NO, True)


# -- whose it is ------------------------------------------------------------------------------------------------------


def test_an_installation_is_named_once(home):
    assert known_name(home) is None
    name = name_of(home)
    assert name
    assert name_of(home) == known_name(home) == name


def test_a_journal_that_is_not_there_is_no(home):
    first, *rest = doctor_home.journal(home)
    assert (first.answer, "There is no journal" in first.text) == (Answer.NO, True)
    assert {one.answer for one in rest} == {Answer.UNKNOWN}
    assert not (home.path / "journal.db").exists()
    Journal.connect(places.journal_url(home)).close()
    assert answers(doctor_home.journal(home)) == [Answer.YES] * 4


def test_the_lines_are_all_tried_here():
    """A new line needs a test in which it says no."""
    asked_of = (doctor_home, doctor_receiver, doctor_prefect, doctor_environments, doctor_paging)
    source = "".join(Path(module.__file__).read_text() for module in asked_of)
    names = set(re.findall(r'\bno\(\s*"([^"]+)"', source)) | {"prefect"}
    assert names == {
        *("home", "journal", "stop switch", "freezes", "shadow", "watch", "logs", "receiver"),
        *("prefect", "worker", "runs", "deployments", "schedules", "routes", "environments"),
        *("failing", "systems", "installation", "deliveries"),
    }
