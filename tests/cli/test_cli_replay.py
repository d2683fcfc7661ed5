"""`codeblue replay` and `codeblue backtest`: recorded incidents by the installed runbook, and by that of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.errors import Exit
from journal.confirming import confirm
from journal.facts.closed import Closed
from journal.facts.opened import Opened
from journal.facts.words import Ending
from tests.cli.story import Story
from tests.golden.stories import STORIES
from tests.golden.teller import Teller

GOLDEN = Path(__file__).parents[1] / "golden" / "runbook.py"


@pytest.fixture
def told(journal, clock):
    """The golden incidents by their names."""
    found = {}
    for name, tell in STORIES.items():
        teller = Teller(journal, clock)
        tell(teller)
        found[name] = teller.incident
    return found


@pytest.fixture
def stricter(tmp_path):
    """The golden runbook with another threshold: as many idle sessions are no leak."""
    return edited(tmp_path / "stricter.py", "IDLE_SHARE = 1 / 3", "IDLE_SHARE = 0.9")


def edited(file, before, after):
    text = GOLDEN.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")
    return file


def test_the_declaration_that_judged_an_incident_judges_it_again_to_the_letter(codeblue, told):
    for incident in told.values():
        got = codeblue("replay", incident, "--runbook", GOLDEN)
        assert "All as before, to the letter." in got.flat
        assert codeblue("replay", incident, "--runbook", GOLDEN, "--json").json["same"] is True


def test_what_a_changed_threshold_changes_is_said_and_is_a_finding(codeblue, told, stricter):
    got = codeblue("replay", told["rejected"], "--runbook", stricter, code=Exit.FINDINGS)
    assert "planned first (gather): end_idle_sessions → nothing" in got.flat
    assert "idle_leak (gather): supported 96.3% → undecided" in got.flat
    assert (
        "for: long-idle sessions hold at least a third of the slots: yes → no (156 sessions for 197 slots" in got.flat
    )
    said = codeblue("replay", told["rejected"], "--runbook", stricter, "--json", code=Exit.FINDINGS).json
    assert (said["incident"], said["differs"], said["same"]) == (told["rejected"], True, False)
    assert [one["first_now"] for one in said["judgements"]] == [""]
    codeblue("replay", told["undone"], "--runbook", stricter)


def test_what_only_reads_otherwise_is_no_finding(codeblue, told, tmp_path):
    file = edited(tmp_path / "reworded.py", "long-idle sessions hold at least a third", "idle sessions hold a third")
    assert "only words read otherwise" in codeblue("replay", told["undone"], "--runbook", file).flat


def test_readings_that_the_installed_runbook_cannot_read_are_unknown_and_said(codeblue, told):
    got = codeblue("replay", told["resolved"], code=Exit.FINDINGS)
    assert "What sessions saw (gather) cannot be judged: it was recorded by another version of the runbook." in got.flat
    assert "by rung.connection_exhaustion (version " in got.flat


def test_an_incident_that_has_read_nothing_has_nothing_to_judge(codeblue, story):
    got = codeblue("replay", story.incident)
    assert got.out == ""
    assert "has read nothing that could be judged" in got.err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "There is no file"),
        ("RUNBOOK = 3\n", "declares no RUNBOOK"),
        ("RUNBOOK = (\n", "cannot be loaded (SyntaxError"),
        ("import nowhere_at_all\n", "cannot be loaded (ModuleNotFoundError: No module named 'nowhere_at_all')"),
        ("import sys\nsys.exit(0)\n", "cannot be loaded (SystemExit: 0)"),
        (f"{GOLDEN.read_text('utf-8')}\nrung_connection_exhaustion = 3\n", "is no flow of a runbook"),
        ("raise ValueError('password=hunter2hunter2')\n", "cannot be loaded (ValueError"),
        ("from flows.rung.high_latency import RUNBOOK\n", "declares rung.high_latency, and INC-"),
    ],
)
def test_a_file_that_cannot_judge_is_refused_in_a_sentence(codeblue, story, tmp_path, text, why):
    file = tmp_path / "mine.py"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    got = codeblue("replay", story.incident, "--runbook", file, code=Exit.USAGE)
    assert why in got.err
    assert (got.out, "hunter2" in got.err) == ("", False)


def test_what_a_file_prints_is_no_part_of_the_answer(codeblue, told, tmp_path):
    file = edited(tmp_path / "loud.py", "IDLE_SHARE = 1 / 3", "IDLE_SHARE = 1 / 3\nprint('hello')")
    got = codeblue("replay", told["undone"], "--runbook", file, "--json")
    assert (got.json["same"], "hello" in got.err) == (True, True)


def test_a_name_that_is_misspelt_in_a_predicate_is_unknown_and_stops_nothing(codeblue, told, tmp_path):
    file = edited(tmp_path / "misspelt.py", "IDLE_SHARE = 1 / 3", "")
    got = codeblue("replay", told["rejected"], "--runbook", file, code=Exit.FINDINGS)
    assert "the predicate could not decide (NameError: name 'IDLE_SHARE' is not defined)" in got.flat
    assert "4 judged otherwise" in codeblue("backtest", "rung", "--runbook", file, code=Exit.FINDINGS).flat


BROKEN = """
class _Broken(dict):
    def __iter__(self):
        raise RuntimeError("password=hunter2hunter2")

object.__setattr__(RUNBOOK, "hypotheses", _Broken())
"""


def test_a_declaration_that_cannot_judge_is_said_of_each_incident(codeblue, told, tmp_path, sentence):
    file = tmp_path / "broken.py"
    file.write_text(GOLDEN.read_text("utf-8") + BROKEN, encoding="utf-8")
    said = sentence(codeblue("replay", told["undone"], "--runbook", file, code=Exit.USAGE))
    assert f"as declared cannot judge {told['undone']} (RuntimeError" in said
    assert "hunter2" not in said
    got = codeblue("backtest", "rung", "--runbook", file, code=Exit.FINDINGS)
    assert all(f"as declared cannot judge {incident}" in got.flat for incident in told.values())


def test_an_incident_that_is_damaged_is_no_health(codeblue, journal, clock, sentence):
    bad = Story(journal, clock, fingerprint="bad").whole().incident
    with journal.database.engine.begin() as tx:
        tx.exec_driver_sql("DROP TRIGGER IF EXISTS entries_no_update")
        tx.exec_driver_sql("UPDATE entries SET fact = '{}' WHERE incident = ? AND number = 3", (bad,))
    got = codeblue("replay", bad, code=Exit.UNREACHABLE)
    assert "Traceback" not in got.err
    assert "codeblue verify" in sentence(got)


def test_a_file_in_a_package_finds_what_lies_beside_it(codeblue, told, tmp_path, monkeypatch):
    package = tmp_path / "of_mine"
    package.mkdir()
    (package / "__init__.py").touch()
    edited(package / "beside.py", "IDLE_SHARE = 1 / 3", "IDLE_SHARE = 0.9")
    (package / "mine.py").write_text("from .beside import RUNBOOK\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    codeblue("replay", told["rejected"], "--runbook", package / "mine.py", code=Exit.FINDINGS)


def test_a_file_is_read_as_it_stands_and_nothing_is_left_beside_it(codeblue, told, tmp_path):
    """A compiled copy of the same second would judge by what was written before."""
    folder = tmp_path / "alone"
    folder.mkdir()
    file = edited(folder / "mine.py", "IDLE_SHARE = 1 / 3", "IDLE_SHARE = 0.9")
    codeblue("replay", told["rejected"], "--runbook", file, code=Exit.FINDINGS)
    edited(file, "IDLE_SHARE = 1 / 3", "IDLE_SHARE = 0.3")
    codeblue("replay", told["rejected"], "--runbook", file)
    assert list(folder.iterdir()) == [file]


def test_a_runbook_that_is_not_installed_is_asked_for_by_file(codeblue, journal, sentence):
    incident = of_another(journal)
    said = sentence(codeblue("replay", incident, code=Exit.USAGE))
    assert "The runbook rung.gone is not installed; give the file that declares it by --runbook." in said


def of_another(journal):
    fact = Opened(
        title="Gone",
        runbook="rung.gone",
        runbook_version="1",
        system="rung",
        environment="rung-prod",
        severity="error",
        fingerprint="gone",
        params={},
        requested_by="ada",
    )
    return journal.open_incident(fact)[0].id


def test_a_backtest_by_the_same_declaration_changes_nothing(codeblue, told):
    got = codeblue("backtest", "rung", "--runbook", GOLDEN)
    assert "4 incidents of rung.connection_exhaustion since" in got.flat
    assert "0 judged otherwise" in got.flat
    assert "Of 1 confirmed cause: 1 right before, 1 now." in got.flat


def test_a_backtest_names_exactly_the_incidents_that_a_threshold_changes(codeblue, told, stricter, journal):
    confirm(journal, told["undone"], "idle_leak", by="Ana")
    got = codeblue("backtest", "rung", "--since", "30d", "--runbook", stricter, code=Exit.FINDINGS)
    changed = {told[name] for name in ("resolved", "rejected", "unresolved")}
    assert "3 judged otherwise" in got.flat
    assert all(incident in got.flat for incident in changed)
    assert told["undone"] not in got.flat
    assert "Of 2 confirmed causes: 1 right before, 0 now." in got.flat
    assert "confirmed: idle_leak; right before, wrong now" in got.flat
    said = codeblue("backtest", "rung", "--runbook", stricter, "--json", code=Exit.FINDINGS).json
    assert set(said["changed"]) == changed
    assert (said["confirmed"], said["right_before"], said["right_now"]) == (2, 1, 0)
    line = next(one for one in said["incidents"] if one["incident"] == told["resolved"])
    assert (line["likely_before"], line["likely_now"], line["confirmed"]) == ("idle_leak", None, "idle_leak")


def test_what_nobody_can_tell_now_is_not_called_wrong(codeblue, told, tmp_path):
    file = edited(tmp_path / "renamed.py", "    usable: int = 197", "    usable: int = 197\n    waiting: int")
    got = codeblue("backtest", "rung", "--runbook", file, code=Exit.FINDINGS)
    assert "Of 1 confirmed cause: 1 right before, 0 now, and of 1 nobody can tell." in got.flat
    assert "right before, not known now" in got.flat


def test_a_backtest_by_a_file_leaves_out_other_runbooks(codeblue, told, journal):
    of_another(journal)
    codeblue("backtest", "rung", "--runbook", GOLDEN)


def test_what_nobody_can_judge_is_said_and_is_no_health(codeblue, journal, clock):
    gone, bad = of_another(journal), Story(journal, clock, fingerprint="bad").whole().incident
    with journal.database.engine.begin() as tx:
        tx.exec_driver_sql("DROP TRIGGER IF EXISTS entries_no_update")
        tx.exec_driver_sql("UPDATE entries SET fact = '{}' WHERE incident = ? AND number = 3", (bad,))
    got = codeblue("backtest", "rung", code=Exit.FINDINGS)
    assert f"The runbook rung.gone is not installed; give the file that declares it by --runbook. {gone}" in got.flat
    assert f"It cannot be read; see codeblue verify. {bad}" in got.flat
    assert "Nobody has confirmed a cause, so nobody can tell which judgement is right." in got.flat


def test_what_holds_for_many_is_said_once(codeblue, journal, clock):
    many = [Story(journal, clock, fingerprint=f"gone {number}").gathered().incident for number in range(7)]
    got = codeblue("backtest", "rung", code=Exit.FINDINGS)
    said = "What slots saw (gather) cannot be judged: it was recorded by another version of the runbook."
    assert f"{said} {', '.join(many[:5])} and 2 more" in got.flat


def test_a_period_without_incidents_is_said_and_is_no_result(codeblue, story):
    story.say("closed", Closed(ending=Ending.UNRESOLVED, text="over"))
    got = codeblue("backtest", "rung", "--since", "1s")
    assert got.out == ""
    assert "No incidents of rung since" in got.err


def test_a_system_or_a_time_that_is_none_is_refused(codeblue, journal, sentence):
    assert "There is no system 'rnug'" in sentence(codeblue("backtest", "rnug", code=Exit.USAGE))
    assert "write a span such as 90d" in sentence(codeblue("backtest", "rung", "--since", "lately", code=Exit.USAGE))


def test_a_file_of_another_system_is_refused_and_not_answered_as_if_all_were_well(codeblue, told, tmp_path, sentence):
    file = edited(tmp_path / "theirs.py", 'name="rung.connection_exhaustion"', 'name="shop.connection_exhaustion"')
    said = sentence(codeblue("backtest", "rung", "--runbook", file, code=Exit.USAGE))
    assert "declares shop.connection_exhaustion, which is none of rung's; give its system." in said
