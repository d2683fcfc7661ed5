"""What `doctor` and `status` say while `codeblue up` begins and after it has stopped: never what was before."""

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deployments import places, up_note
from deployments.cli import doctor_home, doctor_prefect, doctor_receiver, upping
from deployments.cli.arriving import Arrivals
from deployments.cli.finding import no, yes
from deployments.cli.options import Options
from deployments.receiver import settings
from deployments.up_note import UpNote
from deployments.watch_note import Pulse
from journal.facts.words import Answer


@pytest.fixture
def gone():
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(60)
    return process.pid


@pytest.fixture
def neighbour():
    """Another installation's receiver; gives its port and who asked it what."""
    asked = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = json.dumps({"installation": "another"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Nothing on the screen."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, asked
        server.shutdown()


def test_only_a_living_up_is_believed_and_only_its_own_end_takes_the_note(home, gone):
    assert up_note.running(home) is None
    for text in ("{half", "[]", '{"receiver": null, "deployments": null}', '{"pid": 1, "began": "once"}'):
        (home.path / up_note.NOTE).write_text(text)
        assert up_note.running(home) is None, text
    UpNote(pid=gone).keep(home)
    assert up_note.running(home) is None
    mine = UpNote().keep(home)
    assert up_note.running(home) == mine
    UpNote(pid=gone).end(home)
    assert up_note.running(home) == mine
    mine.end(home)
    assert not (home.path / up_note.NOTE).exists()


def test_while_up_begins_nothing_is_told_to_be_started(home, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")  # somebody's own; it is not asked meanwhile
    settings.begin(home)
    began = datetime.now(UTC) - timedelta(hours=1)  # however slow the machine is
    note = UpNote(receiver="http://127.0.0.1:9", began=began.isoformat()).keep(home)
    for look in (doctor_home.watch, doctor_receiver.receiver):
        found = look(home)
        assert (found.answer, "It is being started just now" in found.text) == (Answer.UNKNOWN, True), found
        assert "Start it" not in found.text
    with pytest.raises(places.Unreachable, match="being started just now"):
        places.api_url(home)
    note.complete(home)
    for look in (doctor_home.watch, doctor_receiver.receiver):
        found = look(home)
        assert (found.answer, "Start it with: codeblue up" in found.text) == (Answer.NO, True), found


def test_the_watch_of_the_life_before_is_no_watch(home):
    Pulse(home=home).beat(None)
    note = UpNote().keep(home)
    found = doctor_home.watch(home)
    assert (found.answer, "before codeblue up began" in found.text) == (Answer.UNKNOWN, True)
    note.complete(home)
    assert doctor_home.watch(home).answer is Answer.NO
    Pulse(home=home).beat(None)
    assert doctor_home.watch(home).answer is Answer.YES


def test_a_worker_of_the_life_before_is_no_worker(home):
    class Asked:
        def __init__(self):
            self.home = home

        def get(self, _):
            return {"is_paused": False}

        def post(self, *_):
            return [{"status": "ONLINE", "last_heartbeat_time": heard.isoformat()}]

    heard = datetime.now(UTC)
    assert doctor_prefect.worker(Asked()).answer is Answer.YES
    note = UpNote().keep(home)
    assert doctor_prefect.worker(Asked()).answer is Answer.UNKNOWN
    note.complete(home)
    assert doctor_prefect.worker(Asked()).answer is Answer.NO
    heard = datetime.now(UTC)
    assert doctor_prefect.worker(Asked()).answer is Answer.YES


@pytest.mark.parametrize("ended", ["stopped", "killed"])
def test_after_the_end_nothing_is_well(home, gone, ended):
    Pulse(home=home).beat(None)
    (home.logs / "worker.log").write_text("all is well\n")
    if ended == "killed":
        UpNote(pid=gone, ready=True).keep(home)
    found = doctor_home.watch(home)
    assert (found.answer, "nobody is paged" in found.text) == (Answer.NO, True)
    for look in (doctor_home.logs, doctor_home.failing):
        [found] = look(home)
        assert (found.answer, "Nothing runs here now" in found.text) == (Answer.UNKNOWN, True)


def test_parts_that_run_alone_by_somebodys_prefect_are_asked(home, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    Pulse(home=home).beat(None)
    assert doctor_home.watch(home).answer is Answer.YES


def test_no_other_installations_port_is_asked_while_up_begins_or_after_its_end(home, neighbour):
    port, asked = neighbour
    settings.begin(home)
    file = home.path / settings.FILE
    file.write_text(f"port = {port}\n{file.read_text()}")
    assert settings.load(home).port == port
    found = doctor_receiver.receiver(home)
    assert (found.answer, "Does not run here. Start it" in found.text) == (Answer.NO, True)
    note = UpNote(receiver="http://127.0.0.1:9").keep(home)
    assert "http://127.0.0.1:9 " in doctor_receiver.receiver(home).text
    UpNote(receiver=None, ready=True).keep(home)
    found = doctor_receiver.receiver(home)
    assert (found.answer, "--no-receiver" in found.text) == (Answer.UNKNOWN, True)
    assert asked == []
    note.end(home)


def test_up_notes_its_ports_before_it_imports_prefect(home, monkeypatch):
    """What it begins with takes minutes on a busy machine."""
    seen = []

    def looked(*_, **__):
        seen.append(up_note.running(home))
        raise KeyboardInterrupt

    monkeypatch.setattr(places, "journal", looked)
    monkeypatch.setattr(places, "before_prefect", lambda *_, **__: None)
    with pytest.raises(KeyboardInterrupt):
        upping.up(receiver_port=0, options=Options(home=home.path))
    [note] = seen
    assert (note.pid, note.ready) == (os.getpid(), False)
    assert note.receiver.startswith("http://127.0.0.1:")
    assert up_note.running(home) is None


def test_each_part_is_said_once_when_it_comes_and_the_rest_is_waited_for(home, monkeypatch):
    there = set()

    def look(name):
        return lambda _: yes(name, "") if name in there else no(name, "not yet")

    for module, name in ((doctor_prefect, "worker"), (doctor_home, "watch"), (doctor_receiver, "receiver")):
        monkeypatch.setattr(module, name, look(name))
    said, ended = [], threading.Event()
    arrivals = Arrivals(home, None, receiver=True, say=said.append)
    there.add("watch")
    assert not arrivals.until_there(ended, within=0)
    assert (said, [one.name for one in arrivals.missing]) == (["watch: there"], ["worker", "receiver"])
    there.update(("worker", "receiver"))
    assert arrivals.until_there(ended)
    assert said == ["watch: there", "worker: there", "receiver: there"]


def test_status_ends_with_3_where_nothing_runs(codeblue, journal, home, monkeypatch):
    assert "does not run here" in codeblue("status", code=3).flat
    note = UpNote(receiver="http://127.0.0.1:9").keep(home)
    assert "begun; codeblue up has not said yet" in codeblue("status").flat
    assert codeblue("status", "--json").json["starting"] is True
    note.end(home)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert "names a Prefect elsewhere" in codeblue("status").flat
