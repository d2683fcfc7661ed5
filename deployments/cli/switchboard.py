"""`codeblue switchboard check`: whether a server keeps the contract of flags, settings and tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.text import Text

from deployments.cli import lines
from deployments.cli.options import DEFAULTS, Options
from deployments.cli.spans import span_of
from deployments.errors import Exit, Unreachable, Usage
from journal.timeline_events import Tone

if TYPE_CHECKING:
    from deployments.conformance.kit import Verdict
    from deployments.conformance.server import Server

switchboard = App(name="switchboard", help="Servers by which flags, settings and tasks are changed.")


@switchboard.command
def check(
    url: str,
    /,
    *,
    reading: str = "env:SWITCHBOARD_READING",
    changing: str = "env:SWITCHBOARD_CHANGING",
    grace: Annotated[str, Parameter(name="--grace")] = "10s",
    options: Options = DEFAULTS,
) -> int:
    """Try whether a server keeps the contract of switchboards; one sentence for each thing that it does not keep.

    Sets and starts only what begins with codeblue.test., and puts it back. Exit code 1 if anything is not kept.

    Parameters
    ----------
    url
        Where the server is, without the path of a route.
    reading
        Where its token for looking is: env:NAME or file:PATH (in the home); env:SWITCHBOARD_READING if left out.
    changing
        Where its token for changes is, likewise; env:SWITCHBOARD_CHANGING if left out.
    grace
        How much later than said a set may end, such as 30s; 10s if left out.
    """
    from deployments.conformance import kit
    from runbook import Permanent, Temporary

    server = _server(url, reading, changing, grace, options)
    try:
        found = [_told(verdict, options) for verdict in kit.check(server)]
    except (Temporary, Permanent) as silent:
        raise Unreachable(str(silent)) from None
    asked = {verdict.case.name for verdict in found}
    unasked = [case.name for case in (*kit.SWITCHES, *kit.TASKS) if case.name not in asked]
    broken = [verdict for verdict in found if verdict.broken]
    options.document(
        {
            "url": server.url,
            "kept": not broken and not {case.name for case in kit.SWITCHES} & set(unasked),
            "findings": [{"case": one.case.name, "text": one.broken} for one in broken],
            "asked": [one.case.name for one in found],
            "not_asked": unasked,
        }
    )
    options.say(Text(_summary(found, broken, unasked), style="bold red" if broken else "green"))
    return Exit.FINDINGS if broken else Exit.OK


def _server(url: str, reading: str, changing: str, grace: str, options: Options) -> Server:
    from pydantic import SecretStr, ValidationError

    from blocks.switchboard import Switchboard
    from deployments.conformance.server import Server

    late = span_of(grace)
    if late is None or late <= timedelta(0):
        raise Usage(f"{grace!r} is no span; write one such as 30s.")
    tokens = [_token(one, options) for one in (reading, changing)]
    try:
        block = Switchboard(url=url, reading_token=SecretStr(tokens[0]), changing_token=SecretStr(tokens[1]))
    except ValidationError as error:
        raise Usage(str(error.errors()[0].get("ctx", {}).get("error", "The address cannot be used."))) from None
    return Server(url=block.url, reading=tokens[0], changing=tokens[1], grace=late)


def _token(reference: str, options: Options) -> str:
    from deployments.receiver.keys import Keys, MissingSecretError

    try:
        return Keys([reference], options.place.path).current()[0].decode()
    except MissingSecretError as missing:
        raise Usage(
            f"{missing} Set $SWITCHBOARD_READING and $SWITCHBOARD_CHANGING, or say where the tokens are by --reading"
            " and --changing: env:NAME or file:PATH."
        ) from None


def _told(verdict: Verdict, options: Options) -> Verdict:
    """Say it as soon as it is known: some cases take their time."""
    tone = Tone.BAD if verdict.broken else Tone.GOOD
    about = lines.one_line(verdict.broken or verdict.case.about)
    options.say(Text.assemble((lines.MARKS[tone], lines.STYLES[tone]), " ", about))
    return verdict


def _summary(found: list[Verdict], broken: list[Verdict], unasked: list[str]) -> str:
    kept = f"{len(found) - len(broken)} of {len(found)} cases are kept"
    if not unasked:
        return f"{kept}."
    return f"{kept}; {len(unasked)} could not be asked ({', '.join(one.replace('_', ' ') for one in unasked)})."
