"""`codeblue freezes`: the windows in which a system is not changed, now and to come. Read-only."""

from __future__ import annotations

from rich.text import Text

from deployments import places
from deployments.cli.lines import one_line
from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit
from journal import switches
from journal.wording import moment


def freezes(*, options: Options = DEFAULTS) -> int:
    """List the freeze windows that hold or will, and who set them."""
    with places.journal(options.place) as journal:
        now = journal.clock()
        found = switches.freezes(journal)
    options.document({"freezes": [{**one.model_dump(mode="json"), "holds": one.starts <= now} for one in found]})
    if not found:
        options.hint(Text("Nothing is frozen, now or later."))
        return Exit.OK
    for one in found:
        holds = one.starts <= now
        when = f"until {moment(one.ends)}" if holds else f"from {moment(one.starts)} to {moment(one.ends)}"
        opens = "; its alerts open no incident" if one.maintenance else ""
        what = "all systems" if one.system == switches.EVERYWHERE else one.system
        options.say(Text(f"{what}, {when}{opens}", style="bold" if holds else ""))
        options.say(Text(f"  {one_line(one.by)}: {one_line(one.why)}", style="dim"))
    return Exit.OK
