"""For scripts that save blocks: `running_prefect()` first, and they reach the Prefect that `codeblue up` runs here.

Without it Prefect asks whatever server its own settings name, or starts one of its own: what is saved there is not seen
by any incident.
"""

from __future__ import annotations

import sys
from pathlib import Path

from deployments import places
from deployments.errors import Usage
from deployments.stack_home import Home


def running_prefect(home: Path | None = None) -> str:
    """Have Prefect ask the server of this home from now on; its address. Raises Unreachable when none runs, Usage."""
    if "prefect" in sys.modules:
        raise Usage("Call running_prefect() before anything imports Prefect or blocks: settings are read once.")
    place = Home.named(home)
    url = places.api_url(place)
    places.before_prefect(place)
    return url
