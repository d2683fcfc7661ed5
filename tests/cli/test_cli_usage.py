"""What every command has in common: refusals in one sentence, exit codes, streams, and how fast it starts."""

import json
import re
import subprocess
import sys

import pytest

from deployments.cli.starting import checked
from deployments.deployed import find, listed
from deployments.errors import Exit, Usage, explain
from journal.errors import JournalUnavailable


def test_an_unknown_command_is_refused_with_what_was_perhaps_meant(codeblue, sentence):
    said = sentence(codeblue("aprove", code=2))
    assert said == "There is no command 'aprove'. Perhaps `codeblue approve`? See: codeblue --help"


def test_a_command_that_is_called_by_another_word_is_named(codeblue, sentence):
    assert "Perhaps `codeblue reject`?" in sentence(codeblue("decline", code=2))


def test_what_is_no_command_of_its_own_is_said_how_to_do(codeblue, sentence):
    assert "Ctrl-C where `codeblue up` runs stops it" in sentence(codeblue("down", code=2))


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (("approve", "INC-1", "8c91cccb6af136be"), "--plan 8c91cccb6af136be"),
        (("reject", "INC-1", "8c91cccb"), "--plan 8c91cccb"),
        (("done", "INC-1", "8c91cccb6af136be"), "--task 8c91cccb6af136be"),
        (("run", "connection_exhaustion", "rung-practice"), "--environment rung-practice"),
        (("run", "connection_exhaustion", "idle_for=2s"), "--param idle_for=2s"),
        (("sandbox", "break", "idle_leak", "most=4"), "--bound most=4"),
    ],
)
def test_a_word_too_many_is_told_as_it_was_typed_with_the_option_it_was_meant_for(program, given, meant):
    """In a program of its own, where what is written to standard error is redacted."""
    assert f"Perhaps {meant}? See: codeblue {given[0]}" in program(*given, code=2).err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--environment", "x", "run", "triage"), "--environment belongs behind `run`. See: codeblue run --help"),
        (("--why=stop", "--yes", "approve", "INC-1"), "--why belongs behind `approve`."),
        (("--environment", "stop", "run", "triage"), "--environment belongs behind `run`."),
        (("--bound", "most=4", "sandbox", "break"), "--bound belongs behind `sandbox break`."),
        (("--enviroment", "x", "run", "triage"), "`run` has no --enviroment. Perhaps --environment? See: codeblue run"),
        (("--colour",), "There is no option --colour before a command. See: codeblue --help"),
    ],
)
def test_an_option_before_its_command_is_told_where_it_belongs(codeblue, sentence, given, said):
    assert said in sentence(codeblue(*given, code=2))


@pytest.mark.parametrize(
    "arguments",
    [("show",), ("show", "INC", "--colour"), ("incidents", "--limit", "many"), ("approve", "INC", "--plan")],
)
def test_wrong_usage_is_one_sentence_that_names_the_help(codeblue, sentence, arguments):
    assert sentence(codeblue(*arguments, code=2)).endswith(f"See: codeblue {arguments[0]} --help")


HALF = "a\udcff"
"""What Python makes of a byte that is no UTF-8."""


@pytest.mark.parametrize("given", [
    (HALF,), ("show", HALF), ("incidents", "--system", HALF), ("report", "--system", HALF), ("timeline", HALF),
    ("postmortem", HALF), ("freeze", HALF, "--to", "2h", "--by", "Ana", "--why", "x"),
    ("thaw", HALF, "--by", "Ana", "--why", "x"), ("silence", HALF, "--to", "2h", "--by", "Ana", "--why", "x"),
    ("silence", "A", "--label", f"a={HALF}", "--to", "2h", "--by", "Ana", "--why", "x"),
    ("reject", HALF, "--by", "Ana", "--why", "x"), ("stop", "--by", "Ana", "--why", HALF),
])  # fmt: skip
def test_a_word_that_is_no_text_is_refused_in_a_sentence(codeblue, journal, sentence, given):
    assert sentence(codeblue(*given, code=2)).endswith("is no text in UTF-8. Type it again.")


def test_an_unknown_incident_is_refused(codeblue, journal, sentence):
    assert "There is no incident 'INC-1'" in sentence(codeblue("show", "INC-1", code=2))


def test_an_ambiguous_prefix_is_refused_and_names_the_incidents(codeblue, journal, clock, story, sentence):
    clock.pass_(seconds=5)
    other = type(story)(journal, clock, fingerprint="other")
    said = sentence(codeblue("show", "INC", code=2))
    assert story.incident in said
    assert other.incident in said


def test_an_incident_can_be_named_by_its_last_part(codeblue, story):
    assert codeblue("show", story.incident[-4:].lower(), "--json").json["incident"] == story.incident


def test_errors_of_scripts_are_json_on_standard_error(codeblue, journal):
    result = codeblue("show", "INC-1", "--json", code=2)
    assert result.out == ""
    said = json.loads(result.err)
    assert set(said) == {"error", "exit"}
    assert said["error"].startswith("There is no incident 'INC-1'")
    assert said["exit"] == 2


def test_a_journal_that_is_no_database_is_said_with_its_remedy(codeblue, home, sentence):
    (home.path / "journal.db").write_text("this is no database " * 100)
    assert "file is not a database" in sentence(codeblue("incidents", code=3))


def test_a_damaged_file_is_said_with_its_remedy(codeblue, story, home, sentence):
    story.waiting()
    story.journal.close()
    file = home.path / "journal.db"
    with file.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(b"\xff" * (file.stat().st_size - 4096))
    assert "cannot" in sentence(codeblue("show", story.incident, code=3))


def test_an_entry_that_is_none_is_said_with_its_remedy(codeblue, story, home, sentence):
    import sqlite3

    story.gathered()
    with sqlite3.connect(home.path / "journal.db") as rough:
        for (trigger,) in rough.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            rough.execute(f"DROP TRIGGER {trigger}")
        rough.execute("UPDATE entries SET fact = '{}' WHERE number = 3")
    rough.close()
    said = sentence(codeblue("show", story.incident, code=3))
    assert said.startswith("The journal holds an entry that cannot be read.")
    assert "`codeblue verify` says what is damaged" in said
    found = codeblue("verify", "--json", code=1).json
    assert found["intact"] is False
    assert "entry 3 was edited" in found["findings"][0]["text"]


def test_an_address_that_is_no_journal_is_refused(codeblue, monkeypatch, sentence):
    monkeypatch.setenv("CODEBLUE_JOURNAL", "mysql://somewhere/else")
    assert "cannot hold a journal" in sentence(codeblue("incidents", code=3))


def test_a_journal_out_of_reach_is_said_without_its_password(codeblue, monkeypatch, sentence):
    monkeypatch.setenv("CODEBLUE_JOURNAL", "postgresql://codeblue:hunter2@127.0.0.1:9/codeblue")
    monkeypatch.setattr("deployments.places.PATIENCE", 0.2)
    said = sentence(codeblue("incidents", code=3))
    assert "could not be reached" in said
    assert "hunter2" not in said


def test_the_traceback_is_shown_when_it_is_asked_for(program, journal):
    result = program("show", "INC-1", "--debug", code=2)
    assert "Traceback" in result.err
    assert "There is no incident" in result.err


def test_an_internal_error_has_a_code_of_its_own_and_no_traceback():
    said, code = explain(ZeroDivisionError("division by zero"))
    assert code is Exit.INTERNAL_ERROR
    assert said.startswith("This should not happen (ZeroDivisionError: division by zero).")


def test_errors_are_explained_by_the_room_that_raises_them():
    error = JournalUnavailable("sqlite:///x", 5.0, "locked")
    assert explain(error) == (str(error), Exit.UNREACHABLE)


def test_the_exit_codes_in_the_help_are_those_of_the_code(codeblue):
    told = codeblue("--help").out
    for code in Exit:
        assert f"\n  {int(code):<4} " in told


def test_every_command_describes_itself(codeblue):
    from deployments.cli import _COMMANDS

    for _, name, _, words in _COMMANDS:
        assert words.split()[0] in codeblue("--help").out
        told = codeblue(name, "--help").out
        assert "Usage: codeblue" in told
        assert "--json" in told or "Commands" in told


def test_results_have_no_colours_when_nobody_looks(program, story):
    story.waiting()
    result = program("show", story.incident)
    assert "\x1b" not in result.out
    assert result.err == ""


@pytest.mark.parametrize(
    ("arguments", "without"),
    [
        (["--help"], ("prefect", "sqlalchemy", "pydantic", "httpx", "rich.markdown")),
        (["incidents"], ("prefect", "httpx", "alembic", "jinja2", "yaml")),
        (["show", "INC"], ("prefect", "deployments.cli.documents", "httpx", "alembic", "jinja2", "yaml")),
        (["approve", "--help"], ("prefect", "httpx", "alembic", "jinja2", "yaml")),
        (["run", "nothing"], ("prefect", "httpx", "alembic")),
    ],
)
def test_what_takes_long_to_import_is_not_imported_before_it_is_needed(story, arguments, without):
    code = (
        "import sys; from deployments.cli import run;"
        f"run({arguments!r}); print([m for m in {without!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        *(
            (f"idle_for={odd}", f"Parameter idle_for: {odd!r} is no span of time; write it as 90s, 10min, 2h or 1d.")
            for odd in ("soon", "10 fortnights", "", "-5s", "9" * 30 + "d", "1e99s")
        ),
        ("idle_for =soon", "'soon' is no span of time"),
        ("max_connections=many", "and 'many' is given."),
    ],
)
def test_a_parameter_that_does_not_fit_is_told_in_the_words_in_which_it_was_typed(given, why):
    with pytest.raises(Usage, match=re.escape(why)):
        checked(find("rung.connection_exhaustion", listed()), [given], None)


@pytest.mark.parametrize(
    "given", ["9999999d", "9" * 400 + "h", "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", "soon"]
)
@pytest.mark.parametrize(
    "command", [("report", "--since"), ("freeze", "rung", "--by", "Ana Lima", "--why", "release night", "--to")]
)
def test_a_time_out_of_any_calendar_is_no_time(codeblue, journal, sentence, command, given):
    assert f"{given!r} is no time" in sentence(codeblue(*command, given, code=2))
