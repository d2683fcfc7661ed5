"""The command line `codeblue`: one module for each group of commands, imported when one of them is asked for.

options     --json, --home, --debug, and the two streams
everywhere  the same, given before the command
misuse      what is said about arguments that do not fit
documents   what `--json` prints
board, words, panels   an incident as people see it

What others need as well stands beside it: `deployments.errors` (exit codes, the sentence for every error), `places`
(the journal and the Prefect of this installation), `environments` (kinds of blocks, saved environments).
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from cyclopts import App, Group, Parameter
from cyclopts.exceptions import CycloptsError

from deployments import noise
from deployments.cli.everywhere import options_last
from deployments.errors import Exit, Usage, explain
from journal.clean_output import keep_clean
from journal.near import perhaps

_INCIDENTS = Group("Incidents", sort_key=1)
_ANSWERS = Group("Answers", sort_key=2)
_MACHINE = Group("This installation", sort_key=3)
_LIMITS = Group("Stopping changes", sort_key=4)
_PRACTICE = Group("Practice", sort_key=5)

_COMMANDS = (
    (_INCIDENTS, "status", "status:status", "What is open, who is waited for, and what runs here."),
    (_INCIDENTS, "runbooks", "runbooks:runbooks", "List the runbooks that can be run, or what one of them takes."),
    (_INCIDENTS, "systems", "systems:systems", "List the systems that are installed, and which could not be loaded."),
    (_INCIDENTS, "run", "running:run", "Start a runbook by hand and watch it."),
    (_INCIDENTS, "watch", "running:watch", "Watch a running incident."),
    (_INCIDENTS, "incidents", "incidents:incidents", "List incidents, newest first."),
    (_INCIDENTS, "show", "incidents:show", "Show one incident: evidence, causes, what waits for an answer."),
    (_INCIDENTS, "timeline", "timelines:timeline_", "Print the timeline of an incident."),
    (_INCIDENTS, "postmortem", "postmortems:postmortem", "Draft the post-mortem of an incident."),
    (_INCIDENTS, "report", "reporting:report", "What happened in a period, over all incidents."),
    (_INCIDENTS, "replay", "replay:replay", "Judge a recorded incident by its runbook as it is declared now."),
    (
        _INCIDENTS,
        "backtest",
        "backtest:backtest",
        "Judge all incidents of a system by its runbooks as they are now.",
    ),
    (_ANSWERS, "approve", "answering:approve", "Say yes to exactly one plan."),
    (_ANSWERS, "reject", "answering:reject", "Say no to a plan."),
    (_ANSWERS, "done", "answering:done", "Say that a manual task is done, or cannot be."),
    (_ANSWERS, "confirm", "confirming:confirm", "Say what the true cause of an incident was."),
    (_ANSWERS, "ack", "acknowledging:ack", "Take an incident over: nobody else is paged for it."),
    (_MACHINE, "up", "upping:up", "Run Prefect's server, a worker and the receiver here, until Ctrl-C."),
    (_MACHINE, "doctor", "doctoring:doctor", "Look whether everything works that must."),
    (_MACHINE, "logs", "logs:logs", "Print the newest lines of each part's log."),
    (_MACHINE, "environments", "environments:environments", "List the environments that are saved."),
    (_MACHINE, "verify", "verifying:verify", "Look for edited, removed or reordered entries in the journal."),
    (_MACHINE, "permissions", "granting:permissions", "Print the policies and grants that a system needs."),
    (_MACHINE, "completion", "completion:completion", "Print what makes your shell complete commands and options."),
    (_MACHINE, "switchboard", "switchboard:switchboard", "Check whether a server keeps the contract of switchboards."),
    (_LIMITS, "stop", "limits:stop", "Apply no change anywhere from now on."),
    (_LIMITS, "go", "limits:go", "Allow changes again after a stop."),
    (_LIMITS, "freeze", "limits:freeze", "Allow no change to a system between two times."),
    (_LIMITS, "freezes", "freezes:freezes", "List the freeze windows that hold or will."),
    (_LIMITS, "thaw", "limits:thaw", "Lift the freeze windows of a system."),
    (_LIMITS, "shadow", "shadowing:shadow", "Let a system's incidents plan, and neither ask nor change anything."),
    (_LIMITS, "silence", "silencing:silence", "Let alerts open no incident for a while."),
    (_LIMITS, "silences", "silencing:silences_", "List silences, and how many alerts opened nothing."),
    (_LIMITS, "unsilence", "silencing:unsilence", "Lift a silence."),
    (_PRACTICE, "sandbox", "practice:sandbox", "A production to practise on: up, break, heal, status, down."),
    (_PRACTICE, "new", "new:new", "Write the skeleton of a system, or of a runbook."),
    (_PRACTICE, "drill", "practice:drill", "Rehearse incidents in the sandbox."),
)

_ALSO = {
    "decline": "reject",
    "deny": "reject",
    "start": "up",
    "list": "incidents",
    "check": "doctor",
    "unfreeze": "thaw",
}
"""What people ask for by another word."""

_ELSEWHERE: dict[str, str] = dict.fromkeys(
    ("down", "quit", "shutdown"),
    " Ctrl-C where `codeblue up` runs stops it; `codeblue sandbox down` stops a sandbox.",
)
"""What is no command of its own, and how it is done."""

_EPILOGUE = """
Exit codes:
  0    done
  1    findings: unresolved, or something was found
  2    wrong usage, or a name that nobody knows
  3    something is out of reach
  4    refused: another plan, second, late, not allowed
  70   an internal error
  130  interrupted

Every command takes --json, --home and --debug, before its name or after it.
$CODEBLUE_HOME stands for --home, $CODEBLUE_BY for --by."""


def make_app(asked: str | None = None) -> App:
    """The application. Commands are named as text, so that `--help` imports none of them but the one asked for.

    That one is described by its docstring in full, the others by their line in the list.
    """
    app = App(
        name="codeblue",
        help="Incident runbooks that carry an alert to a timeline, with one yes before anything changes.",
        help_epilogue=_EPILOGUE,
        help_format="plaintext",
        version=_version,
        default_parameter=Parameter(negative_iterable=(), show_default=False),
        suppress_keyboard_interrupt=False,
        result_action="return_value",
        exit_on_error=False,
        print_error=False,
    )
    app["--help"].group = app["--version"].group = _MACHINE
    for group, name, target, words in _COMMANDS:
        app.command(f"deployments.cli.{target}", name=name, help=None if name == asked else words, group=group)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point `codeblue`: do one command and exit with its code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever called (`>&-`): nobody reads it, and that is no error
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 # as long as the program
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Do one command; its exit code. Every error becomes one sentence on standard error."""
    arguments = options_last(arguments)
    asked = next(iter(arguments), None)
    if "--debug" not in arguments:
        noise.hush()
    keep_clean("stderr")
    try:
        _refuse_unreadable(arguments)
        _refuse_unknown(asked, arguments)
        code = make_app(asked)(arguments)
    except CycloptsError as error:
        from deployments.cli.misuse import told

        return _fail(arguments, error, told(error, asked), Exit.USAGE)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:  # `codeblue … | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else Exit.OK
    except Exception as error:  # noqa: BLE001  (the outermost channel: `explain` turns it into a sentence and a code)
        return _fail(arguments, error, *explain(error))
    return code if isinstance(code, int) else Exit.OK


def _refuse_unreadable(arguments: Sequence[str]) -> None:
    """What is no text cannot be looked for, kept or printed; Python hands its bytes on as halves of letters."""
    for one in arguments:
        if any("\ud800" <= letter <= "\udfff" for letter in one):
            raise Usage(f"{ascii(one)[:80]} is no text in UTF-8. Type it again.")


def _refuse_unknown(asked: str | None, arguments: Sequence[str]) -> None:
    if asked in {"--json", "--home", "--debug"}:
        raise Usage("Say which command, too. See: codeblue --help")
    # Cyclopts would import every command to find out which was meant.
    names = [name for _, name, _, _ in _COMMANDS]
    if asked is None or asked in {*names, "--help", "-h", "--version"}:
        return
    if asked.startswith("-"):
        from deployments.cli.misuse import misplaced

        raise Usage(misplaced(arguments, make_app(), names))
    said = _ELSEWHERE.get(asked.casefold()) or perhaps(_ALSO.get(asked, asked), names, "`codeblue {}`")
    raise Usage(f"There is no command {asked!r}.{said} See: codeblue --help")


def _fail(arguments: Sequence[str], error: BaseException, sentence: str, code: Exit) -> int:
    if "--debug" in arguments:
        traceback.print_exception(error, file=sys.stderr)
    if "--json" in arguments:
        sys.stderr.write(json.dumps({"error": sentence, "exit": int(code)}, ensure_ascii=False) + "\n")
    else:
        from deployments.cli.options import console

        console(stderr=True).print(f"codeblue: {sentence}", style="red", markup=False, soft_wrap=True)
    return code


def _version() -> str:
    from importlib.metadata import version

    return version("codeblue")
