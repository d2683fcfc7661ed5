"""The hour of need: nothing comforts that was not looked at, and every advice can be followed."""

import json
import os
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from deployments import cli
from deployments.cli import running, upping
from deployments.cli.everywhere import options_last
from deployments.cli.options import Options, console
from deployments.server import PortTakenError, listen
from deployments.up_note import UpNote
from journal import switches
from journal.facts.opened import Opened
from tests.cli.story import DIGEST, Story, crowd, listed
from tests.packs import declared

SIGNED = ("--by", "Ana Lima", "--why", "release night")

READING = (
    *(
        ("incidents",),
        ("incidents", "--all"),
        ("status",),
        ("show", "INC-1"),
        ("watch", "INC-1"),
        ("timeline", "INC-1"),
    ),
    *(("postmortem", "INC-1"), ("report",), ("verify",), ("silences",), ("freezes",), ("logs",)),
    *(("replay", "INC-1"), ("backtest", "rung")),
)
WRITING = (
    *(("approve", "INC-1", "--yes"), ("reject", "INC-1", "--yes"), ("done", "INC-1"), ("ack", "INC-1")),
    *(("confirm", "INC-1", "--cause", "other"), ("stop",), ("go",), ("freeze", "rung", "--to", "2h"), ("thaw", "rung")),
    *(("silence", "Disk*", "--to", "2h"), ("unsilence", "1"), ("shadow", "rung", "on")),
)


# -- where there is nothing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [*READING, *((*one, *SIGNED) for one in WRITING)], ids=" ".join)
def test_without_an_installation_every_command_says_so_and_makes_none(codeblue, sentence, tmp_path, command):
    nowhere = tmp_path / "nowhere"
    said = sentence(codeblue(*command, "--home", nowhere, code=3))
    assert re.search(r"no journal in|no logs in", said)
    assert "codeblue up" in said
    assert not nowhere.exists()


def test_every_command_that_asks_the_journal_is_tried_without_one():
    without_journal = {
        *("up", "doctor", "permissions", "completion", "runbooks", "systems", "environments", "sandbox", "drill"),
        *("run", "new", "switchboard"),
    }
    assert {name for _, name, _, _ in cli._COMMANDS} - without_journal == {one[0] for one in (*READING, *WRITING)}


def test_a_journal_whose_file_holds_nothing_is_empty_and_not_new(codeblue, home, sentence):
    (home.path / "journal.db").write_bytes(b"")
    for command in ("incidents", "verify"):
        said = sentence(codeblue(command, code=3))
        assert f"The journal in {home.path} is empty" in said
        assert "Restore it from its backup" in said
    with closing(sqlite3.connect(home.path / "journal.db")) as rough:
        assert rough.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_a_database_without_a_journal_is_not_given_one(codeblue, home, sentence, monkeypatch, tmp_path):
    monkeypatch.setenv("CODEBLUE_JOURNAL", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    assert "There is no journal at sqlite:///" in sentence(codeblue("incidents", code=3))
    assert not (tmp_path / "elsewhere.db").exists()


# -- what would do nothing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (
            ("freeze", "rnug", "--to", "2h", *SIGNED),
            "There is no system 'rnug'. Perhaps 'rung'? There are: medicalcor, rastup, rung.",
        ),
        (("freeze", "rung-prod", "--to", "2h", *SIGNED), "'rung-prod' is an environment; give its system: rung."),
        (("thaw", "rung", *SIGNED), "rung is not frozen, so there is nothing to lift. Nothing is."),
        (("thaw", "*", *SIGNED), "* is not frozen"),
        (("permissions", "rnug"), "There is no system 'rnug'. Perhaps 'rung'?"),
        (("run", "CONNECTION_EXHAUSTION"), "Perhaps 'rung.connection_exhaustion'?"),
        (("go", *SIGNED), "Nothing is stopped"),
        (("unsilence", "7", *SIGNED), "No silence 7 holds"),
        (("incidents", "--system", "rnug"), "There is no system 'rnug'"),
        (("report", "--system", "rnug"), "There is no system 'rnug'"),
    ],
)
def test_what_would_do_nothing_is_refused(codeblue, story, sentence, command, why):
    before = switches.freezes(story.journal)
    assert why in sentence(codeblue(*command, code=2))
    assert switches.freezes(story.journal) == before


def test_a_system_of_ones_own_list_can_be_frozen(codeblue, journal, tmp_path):
    listed = tmp_path / "prefect.yaml"
    listed.write_text("deployments: [{name: slow, entrypoint: a.shop.slow.flow, tags: ['runbook:shop.slow']}]")
    codeblue("freeze", "shop", "--to", "2h", "--deployments", listed, *SIGNED)
    assert [one.system for one in switches.freezes(journal)] == ["shop"]


def test_a_thaw_of_a_misspelt_system_names_the_one_that_is_frozen(codeblue, journal, sentence):
    codeblue("freeze", "rung", "--to", "2h", *SIGNED)
    assert "Perhaps 'rung'? Frozen are: rung." in sentence(codeblue("thaw", "RUNG", *SIGNED, code=2))


def test_freezes_are_listed_and_a_thaw_says_what_still_holds(codeblue, journal):
    assert "Nothing is frozen" in codeblue("freezes").err
    assert codeblue("freezes", "--json").json == {"freezes": []}
    codeblue("freeze", "rung", "--to", "2h", *SIGNED)
    codeblue("freeze", "*", "--from", "2099-01-01", "--to", "2h", "--maintenance", *SIGNED)
    codeblue("freeze", "*", "--to", "3h", *SIGNED)
    shown = codeblue("freezes").flat
    assert re.search(r"rung, until 20.* Ana Lima: release night", shown)
    assert "all systems, from 2099-01-01 00:00:00 UTC to 2099-01-01 02:00:00 UTC; its alerts open no incident" in shown
    assert [(one["system"], one["holds"]) for one in codeblue("freezes", "--json").json["freezes"]] == [
        ("rung", True),
        ("*", True),
        ("*", False),
    ]
    assert "One for all systems still holds until" in codeblue("thaw", "rung", *SIGNED).flat
    assert "rung is frozen" not in codeblue("status", code=3).flat
    assert "all systems are frozen" in codeblue("status", code=3).flat


# -- options and names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["--json", "incidents"], ["incidents", "--json"]),
        (["--home", "/x", "--debug", "run", "a"], ["run", "a", "--home", "/x", "--debug"]),
        (["--home=/x", "sandbox", "status"], ["sandbox", "status", "--home=/x"]),
        (["--json", "run", "a", "--", "-b"], ["run", "a", "--json", "--", "-b"]),
        (["incidents", "--json"], ["incidents", "--json"]),
        (["--home"], ["--home"]),
        (["--help"], ["--help"]),
    ],
)
def test_options_of_every_command_may_stand_before_it(given, read):
    assert options_last(given) == read


def test_a_home_given_before_the_command_is_used(codeblue, journal, home, monkeypatch):
    monkeypatch.delenv("CODEBLUE_HOME")
    assert codeblue("--home", home.path, "--json", "incidents").json == {"incidents": []}
    assert "Say which command, too" in codeblue("--home", home.path, code=2).err


def test_ones_name_is_said_once(codeblue, journal, monkeypatch):
    monkeypatch.setattr("deployments.cli.people.account", lambda: None)
    assert "set CODEBLUE_BY once" in codeblue("stop", "--why", "x", code=2).err
    monkeypatch.setenv("CODEBLUE_BY", "Ana Lima")
    codeblue("stop", "--why", "x")
    assert switches.stopped(journal).by == "Ana Lima"
    codeblue("go", "--why", "x", "--by", "Ben")
    assert journal.of_kind("switched", newest_first=True, limit=1)[0].fact.by == "Ben"


def test_every_command_that_asks_who_takes_the_same_name(codeblue):
    for command in ("approve", "reject", "done", "ack", "confirm", "stop", "go", "freeze", "thaw", "silence", "run"):
        assert "CODEBLUE_BY" in " ".join(codeblue(command, "--help").out.split()), command


# -- what is suggested exists -----------------------------------------------------------------------------------------


def test_every_command_that_up_suggests_is_one(home, capsys, prefect_alone):
    console.cache_clear()
    upping._say(Options(home=home.path), prefect_alone, "http://127.0.0.1:4290")
    suggested = re.findall(r"^  (codeblue .*?)(?:\s{2,}|$)", capsys.readouterr().out, re.MULTILINE)
    assert len(suggested) >= 3
    for line in suggested:
        command, *rest = shlex.split(line)[1:]
        cli.make_app(command).parse_args([command, *rest], exit_on_error=False, print_error=False)
        if command == "run":
            from deployments import deployed

            assert deployed.find(rest[0], deployed.listed())


def test_the_address_that_up_prints_is_whole_on_a_narrow_terminal(home, capsys, prefect_alone, monkeypatch):
    """It is for copying: an address that is broken into two lines leads nowhere."""
    monkeypatch.setenv("COLUMNS", "60")
    console.cache_clear()
    upping._say(Options(home=home.path), prefect_alone, "http://127.0.0.1:4290")
    assert f"{prefect_alone.sign_in_url}  (" in capsys.readouterr().out


def test_a_port_that_is_taken_names_the_option(codeblue, home, sentence):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match="--port; --port 0 takes a free one"):
            listen(port)
        said = sentence(without_hints(codeblue("up", "--port", "0", "--receiver-port", port, code=4)))
        assert f"The receiver's port {port} on 127.0.0.1 is taken" in said
        assert "--receiver-port" in said


def without_hints(result):
    """The error alone; `up` says first that it starts."""
    *_, last = result.err.partition("codeblue: ")
    return type(result)(code=result.code, out=result.out, err=f"codeblue: {last}")


def test_completion_completes(codeblue):
    script = codeblue("completion", "bash").out
    asked = f'{script}\nCOMP_WORDS=(codeblue free); COMP_CWORD=1; _codeblue; echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["freeze", "freezes"]
    for shell in ("zsh", "fish"):
        assert "codeblue" in codeblue("completion", shell).out


def test_completion_of_an_unknown_shell_is_asked_for(codeblue, sentence, monkeypatch):
    monkeypatch.setenv("SHELL", "/bin/sh")
    assert "codeblue completion bash|zsh|fish" in sentence(codeblue("completion", code=2))


# -- what there is ----------------------------------------------------------------------------------------------------


def test_runbooks_are_listed_and_one_says_what_it_takes(codeblue, sentence):
    assert "rung.connection_exhaustion" in codeblue("runbooks").out
    one = codeblue("runbooks", "connection_exhaustion", "--json").json
    assert one["parameters"]["idle_for"]["default"] == "30 min"
    assert "idle_for" in codeblue("runbooks", "connection_exhaustion").flat
    assert "Perhaps" in sentence(codeblue("runbooks", "conection_exhaustion", code=2))


def test_systems_are_listed_and_a_broken_one_says_why(codeblue, sentence, install, journal):
    *_, rung = codeblue("systems", "--json").json["systems"]
    assert (rung["system"], rung["distribution"], rung["why"]) == ("rung", "codeblue", None)
    assert {"triage", "connection_exhaustion"} <= set(rung["runbooks"])
    assert "disk" in rung["checks"]

    install("shop", "raise RuntimeError('no licence')")
    shown = codeblue("systems", code=1).flat
    assert "14 runbooks" in shown
    assert "shop_pack.system:SYSTEM of theirs cannot be loaded (RuntimeError: no licence)." in shown
    why = {one["system"]: one["why"] for one in codeblue("systems", "--json", code=1).json["systems"]}
    assert (why["rung"], "no licence" in why["shop"]) == (None, True)
    refused = sentence(codeblue("freeze", "shop", "--to", "2h", "--by", "Ana Lima", "--why", "launch", code=2))
    assert "The system 'shop' is installed and could not be loaded" in refused


def test_somebody_elses_system_is_listed_beside_ours(codeblue, install):
    install("shop", declared("shop"), runbooks=("triage", "checkout_slow"))
    assert "2 runbooks, 0 checks; of theirs." in codeblue("systems").flat


def test_logs_are_printed_and_followed(codeblue, home, sentence):
    (home.logs / "worker.log").write_text("".join(f"line {n}\n" for n in range(50)) + "\x1b[2Jevil\n")
    (home.logs / "watch.log").write_text("round\n")
    shown = codeblue("logs", "worker", "--lines", "2").out
    assert shown == "line 49\n[2Jevil\n"
    assert "round" in codeblue("logs").out
    assert codeblue("logs", "--lines", "1", "--json").lines == [
        {"part": "watch", "line": "round"},
        {"part": "worker", "line": "[2Jevil"},
    ]
    assert "Perhaps 'worker'?" in sentence(codeblue("logs", "wroker", code=2))


def _heed_interrupts():
    """Whoever is started in a shell's background ignores interrupts, and so do all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_following_a_log_shows_whole_lines_as_they_come(home):
    log = home.logs / "worker.log"
    log.write_text("before\n")
    program = [sys.executable, "-u", "-m", "deployments.cli", "logs", "worker", "--follow", "--json"]
    with subprocess.Popen(
        program,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_interrupts,  # noqa: PLW1509  (it takes no lock)
    ) as following:
        assert "before" in following.stdout.readline()
        with log.open("a") as out:
            out.write("half")
            out.flush()
            out.write(" and half\n")
        assert "half and half" in following.stdout.readline()
        log.write_text("anew\n")
        assert "anew" in following.stdout.readline()
        following.send_signal(signal.SIGINT)
        assert following.wait(timeout=20) == 130


def test_status_says_what_is_open_and_who_is_waited_for(codeblue, story, sentence):
    story.waiting()
    said = codeblue("status", "--json", code=3).json
    assert (said["open"], said["waiting"], said["prefect"], said["changes"]) == (1, [story.incident], None, [])
    shown = codeblue("status", code=3).flat
    assert "1 open; 1 waits for a person" in shown
    assert "does not run here" in shown
    codeblue("stop", *SIGNED)
    assert "stopped everywhere by Ana Lima: release night" in codeblue("status", code=3).flat


def test_who_waits_is_said_however_many_are_open(codeblue, journal, clock):
    """The one that has waited longest is the last of a list that begins with the newest."""
    waits = Story(journal, clock).waiting()
    clock.pass_(seconds=2)
    crowd(journal, 60)
    said = codeblue("status", "--json", code=3).json
    assert (said["open"], said["more"], said["waiting"]) == (61, True, [waits.incident])
    shown = codeblue("status", code=3)
    assert "61 open; 1 waits for a person" in shown.flat
    assert waits.incident in shown.out
    assert "and 41 more: codeblue incidents --limit 61" in shown.err


def test_a_list_that_is_cut_says_how_many_it_left_out(codeblue, journal):
    crowd(journal, 53)
    assert "and 3 older; all of them: --limit 53" in codeblue("incidents").err
    assert "older" not in codeblue("incidents", "--limit", 53).err
    assert codeblue("incidents", "--json").json["more"] == 3
    assert "more" not in codeblue("incidents", "--limit", 53, "--json").json


def test_an_old_incident_is_found_by_its_last_part(codeblue, journal, clock):
    old = Story(journal, clock).waiting().incident
    clock.pass_(seconds=2)
    listed(journal, 1001)
    assert codeblue("show", old.rpartition("-")[2], "--json").json["incident"] == old


@pytest.mark.parametrize("gone", ["1 = 1", "number = 1"])
def test_an_incident_whose_beginning_is_gone_is_listed_as_such_and_said_in_a_sentence(
    codeblue, alerted, story, sentence, gone
):
    with story.journal.database.engine.begin() as tx:
        tx.exec_driver_sql("DROP TRIGGER IF EXISTS entries_no_delete")
        tx.exec_driver_sql(f"DELETE FROM entries WHERE incident = '{alerted}' AND {gone}")
    for command, code in (("incidents", 0), ("status", 3)):
        said = codeblue(command, code=code).flat
        assert f"{alerted} cannot be read; see codeblue verify" in said
        assert story.incident in said
    for command in ("show", "timeline"):
        result = sentence(codeblue(command, alerted, code=3))
        assert "first entries" in result
        assert "codeblue verify" in result
    assert alerted in codeblue("verify", code=1).flat


def test_status_calls_no_stack_there_that_is_only_begun(codeblue, story, home):
    (home.path / "stack.json").write_text(json.dumps({"api_url": "http://127.0.0.1:9/api", "pid": os.getpid()}))
    begun = codeblue("status").flat
    assert "has not said yet" in begun
    assert "no alerts are taken" not in begun  # that is what --no-receiver means
    amiss = codeblue("doctor", code=1).flat
    assert "It is being started just now" in amiss
    assert "Start it with" not in amiss
    UpNote(ready=True).keep(home)
    assert "no alerts are taken" in codeblue("status").flat


# -- an incident's line -----------------------------------------------------------------------------------------------


@pytest.fixture
def alerted(journal, clock):
    opened = Opened(
        title="Connection exhaustion",
        runbook="rung.connection_exhaustion",
        runbook_version="1",
        system="rung",
        environment="rung-prod",
        severity="critical",
        fingerprint="alerted",
        params={"environment": "rung-prod"},
        requested_by="alert:alertmanager",
        alert={"name": "PostgresTooManyConnections", "labels": {}},
    )
    return journal.open_incident(opened)[0].id


def test_every_line_of_an_incident_names_its_alert(codeblue, alerted, story):
    for command, code in ((("incidents",), 0), (("status",), 3), (("show", alerted), 0)):
        assert "alert: PostgresTooManyConnections" in codeblue(*command, code=code).flat
    listed = {one["id"]: one["alert"] for one in codeblue("incidents", "--json").json["incidents"]}
    assert listed == {alerted: "PostgresTooManyConnections", story.incident: None}


def test_an_incident_that_cannot_be_read_is_listed_as_such_beside_the_others(codeblue, alerted, story, journal):
    with journal.database.engine.begin() as tx:
        tx.exec_driver_sql("DROP TRIGGER IF EXISTS entries_no_update")
        tx.exec_driver_sql("UPDATE entries SET fact = '{}' WHERE incident = ?", (alerted,))
    for command, code in (("incidents", 0), ("status", 3)):
        said = codeblue(command, code=code).flat
        assert f"{alerted} cannot be read; see codeblue verify" in said
        assert story.incident in said
    assert {one["id"] for one in codeblue("incidents", "--json").json["incidents"]} == {alerted, story.incident}


def test_a_freeze_that_cannot_be_read_is_said_and_keeps_no_incident_from_being_told(codeblue, alerted, journal):
    codeblue("freeze", "rung", "--to", "2h", *SIGNED)
    with journal.database.engine.begin() as tx:
        tx.exec_driver_sql("DROP TRIGGER IF EXISTS entries_no_update")
        tx.exec_driver_sql("UPDATE entries SET fact = '{}' WHERE kind = 'frozen'")
    said = codeblue("status", code=3).flat
    assert "cannot be read; see codeblue verify" in said
    assert alerted in said


def test_lists_fit_eighty_columns_and_break_no_word(codeblue, alerted, journal, clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    Story(journal, clock, fingerprint="b").whole()
    codeblue("freeze", "rung", "--to", "2h", *SIGNED)
    codeblue("silence", "Disk*", "--label", "system=rung", "--to", "2h", *SIGNED)
    words = {
        ("incidents", "--all"): ["Connection exhaustion in rung-prod; alert: PostgresTooManyConnections", alerted],
        ("report",): ["rung.connection_exhaustion: idle_leak", "acknowledged"],
        ("status",): [alerted],
        ("freezes",): ["rung, until"],
        ("silences",): ["Disk* system=rung until"],
        ("runbooks",): ["rung.merge_authorization_failures"],
    }
    for command, said in words.items():
        lines = codeblue(*command, code=3 if command == ("status",) else 0).out.splitlines()  # nothing runs here
        assert [line for line in lines if len(line) > 80] == []
        assert all(any(one in line for line in lines) for one in said), (command, lines)


# -- answers and interruptions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["approve", "reject", "done"])
@pytest.mark.parametrize("named", [(), ("--yes",), ("--plan", DIGEST), ("--plan", "0123456789abcdef")])
def test_a_closed_incident_is_said_before_anything_is_asked(codeblue, story, sentence, command, named):
    story.whole()
    given = [] if command == "done" else named
    said = sentence(codeblue(command, story.incident, *given, code=4))  # nobody's name or reason is asked for
    assert "already closed (Resolved)" in said


def test_an_interrupted_run_says_whether_it_started(codeblue, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(running.deployed, "find", interrupt)
    result = codeblue("run", "connection_exhaustion", code=130)
    assert "nothing was started" in result.err
    said = running.interrupted(["INC-20260504-1GG5"])
    assert "INC-20260504-1GG5 is open" in said
    assert "codeblue show INC-20260504-1GG5" in said


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_closed_output_is_no_internal_error(home, options):
    """`codeblue doctor --json >&-`: nobody listens, and the exit code is what the command found."""
    command = shlex.join([sys.executable, "-m", "deployments.cli", "doctor", *options])
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        done = subprocess.run(["bash", "-c", f"{command} {closed}"], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (1, ""), closed


def test_retries_of_libraries_are_not_printed(program, monkeypatch):
    away = {"CODEBLUE_JOURNAL": "postgresql://codeblue:hunter2@127.0.0.1:9/codeblue"}
    result = program("incidents", code=3, **away)
    assert result.err.count("\n") == 1
    assert result.err.startswith("codeblue: The journal at")
    assert "stamina" in program("incidents", "--debug", code=3, **away).err


def test_a_pace_is_explained_where_it_shows():
    from deployments.cli.environments import paced

    assert paced(1.0) == "real"
    assert paced(0.1) == "practice: waits and pages take 0.1 of their real time"
