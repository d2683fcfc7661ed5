"""`codeblue permissions`: what to grant to the two identities of a system, for pasting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit, Usage

if TYPE_CHECKING:
    from blocks.environment import Environment
    from deployments.stack_home import Home


def permissions(system: str, /, *, environment: str | None = None, options: Options = DEFAULTS) -> int:
    """Print the least-privilege policies and grants that a system's runbooks need, by connection.

    Parameters
    ----------
    system
        For example shop.
    environment
        A saved environment, whose account, region and names are then used; placeholders stand for them if left out.
    """
    from deployments import places

    places.before_prefect(options.place)
    from deployments.environments import environment_of
    from deployments.permissions import as_data, as_markdown, granted, needs_of_system, usual

    try:
        needs, kind = needs_of_system(system), environment_of(system)
    except LookupError as unknown:
        raise Usage(str(unknown.args[0])) from None
    found = granted(needs, usual(kind) if environment is None else _saved(options.place, kind, environment))
    options.document(
        {
            "system": system,
            "environment": environment,
            "connections": as_data(found),
            "other": list(found.other),
        }
    )
    for part in as_markdown(found):
        options.line(part)
    return Exit.OK


def _saved(home: Home, kind: type[Environment], name: str) -> Any:
    from blocks.saved import saved
    from deployments import places
    from deployments.environments import asking

    with asking(places.api_url(home)):
        return saved(kind, name)
