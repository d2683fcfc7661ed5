"""Letting a suspended run go on once its request is settled in the journal, whichever door the answer came through.

Called by the command line, the watch and the drills. The journal has the answer already; what Prefect is given here
only satisfies the form that the run is suspended with, and is not read as an answer again.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient

from deployments.stack_home import Home
from deployments.worker_watch import NotResumedError, resume
from journal.approvals import Standing, State
from journal.facts import Requested


def go_on(home: Home, client: SyncPrefectClient, standing: Standing) -> bool:
    """Resume the run behind a settled request. False when there is nothing to resume: it waits for more, or runs.

    Raises what the client raises when Prefect is away; the watch then does it later.
    """
    run = standing.asked.flow_run
    if standing.state is State.WAITING or run is None:
        return False
    try:
        resume(home, client, UUID(run), _form(standing))
    except NotResumedError:
        return False  # it runs already, or has not suspended itself yet: then it reads the answer before it would
    return True


def _form(standing: Standing) -> dict[str, Any]:
    by = ", ".join(standing.by) or "codeblue"
    said = {"name": f"{by:_<2}"[:100], "why": f"{standing.state} in the journal"}
    if isinstance(standing.request, Requested):
        return {"decision": "approve" if standing.state is State.APPROVED else "reject", **said}
    return {"outcome": "done" if standing.state is State.DONE else "cannot be done", **said}
