"""How a command ends: the exit codes, errors that are sentences, and what code every other error stands for.

    0    done; or the incident ended well, or waits for a person
    1    the answer is findings: Unresolved, a run that broke off, `verify` or `doctor` found something, a failed drill
    2    wrong usage, or a name that nobody knows: runbook, environment, incident, parameter, fault
    3    something could not be reached: journal, Prefect, sandbox; nothing was lost
    4    refused: the answer is for another plan, second, late, not allowed; the home or a port is taken
    70   an internal error; `--debug` shows where
    130  interrupted by Ctrl-C; incidents go on by themselves

`deployments.cli.main` calls `explain` for whatever a command raises. It looks errors up by the module that defines
them, so that explaining one imports nothing.
"""

from __future__ import annotations

import sys
from enum import IntEnum
from typing import Final


class Exit(IntEnum):
    """Exit codes; the module's docstring is their table."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    UNREACHABLE = 3
    REFUSED = 4
    INTERNAL_ERROR = 70
    INTERRUPTED = 130


class Explained(Exception):
    """A sentence for a person, remedy included, and the code to exit with. Base of those below."""

    code: Exit = Exit.FINDINGS

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


class BadNews(Explained):
    """What was asked for was found out, and it is bad."""


class Usage(Explained):
    """The command was given something it cannot use. Nothing was done."""

    code = Exit.USAGE


class Unreachable(Explained):
    """A part that is needed does not answer."""

    code = Exit.UNREACHABLE


class Refused(Explained):
    """The command was understood and is not allowed now."""

    code = Exit.REFUSED


_CODES: Final[dict[tuple[str, str], Exit]] = {
    ("journal.errors", "Unsigned"): Exit.USAGE,
    ("journal.errors", "OddName"): Exit.USAGE,
    ("journal.errors", "NothingFrozen"): Exit.USAGE,
    ("journal.errors", "ShadowUnchanged"): Exit.USAGE,
    ("journal.errors", "UnknownSystem"): Exit.USAGE,
    ("journal.errors", "UnknownIncident"): Exit.USAGE,
    ("journal.errors", "AmbiguousIncident"): Exit.USAGE,
    ("journal.errors", "UnknownCause"): Exit.USAGE,
    ("journal.errors", "NoSuchSilence"): Exit.USAGE,
    ("journal.errors", "BeginningGone"): Exit.UNREACHABLE,
    ("journal.errors", "UnsuitableJournal"): Exit.UNREACHABLE,
    ("journal.errors", "JournalUnavailable"): Exit.UNREACHABLE,
    ("journal.errors", "IncidentClosed"): Exit.REFUSED,
    ("journal.errors", "RunTaken"): Exit.REFUSED,
    ("journal.errors", "AnswerRefused"): Exit.REFUSED,
    ("blocks.saved", "NotSaved"): Exit.USAGE,
    ("blocks.saved", "Unfit"): Exit.USAGE,
    ("deployments.private_files", "OpenSecretError"): Exit.REFUSED,
    ("deployments.server_access", "PublicUrlError"): Exit.USAGE,
    ("deployments.stack", "NoStackError"): Exit.UNREACHABLE,
    ("deployments.stack", "HomeInUseError"): Exit.REFUSED,
    ("deployments.server", "PortTakenError"): Exit.REFUSED,
    ("deployments.server", "ServerNotUpError"): Exit.UNREACHABLE,
    ("deployments.worker_watch", "NotResumedError"): Exit.REFUSED,
    ("deployments.receiver.settings", "SettingsError"): Exit.USAGE,
    ("deployments.receiver.runs", "NoRunError"): Exit.UNREACHABLE,
    ("sandbox.errors", "UnknownFault"): Exit.USAGE,
    ("sandbox.errors", "SandboxError"): Exit.UNREACHABLE,
}
"""Errors of other rooms whose text is a sentence already."""


def explain(error: BaseException) -> tuple[str, Exit]:
    """The one sentence that a person reads about an error, and the exit code it stands for."""
    if isinstance(error, Explained):
        return str(error), error.code
    for kind in type(error).__mro__:
        if (code := _CODES.get((kind.__module__, kind.__name__))) is not None:
            return str(error), code
    if (damage := _damage(error)) is not None:
        return damage, Exit.UNREACHABLE
    said = str(error).strip().splitlines()
    words = f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
    return f"This should not happen ({words}). Run it again with --debug and report what it shows.", Exit.INTERNAL_ERROR


def _damage(error: BaseException) -> str | None:
    """The sentence for a journal that is there and cannot be read: a broken file, or an entry that is none."""
    remedy = "`codeblue verify` says what is damaged; restore the journal from its backup."
    database = sys.modules.get("sqlalchemy.exc")
    if database is not None and isinstance(error, database.SQLAlchemyError):
        said = str(getattr(error, "orig", None) or error).strip().splitlines()[0].rstrip(".")
        return f"The journal cannot be read ({said}). {remedy}"
    models = sys.modules.get("pydantic")
    if models is not None and isinstance(error, models.ValidationError):
        return f"The journal holds an entry that cannot be read. {remedy}"
    return None
