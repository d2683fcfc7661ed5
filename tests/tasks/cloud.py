"""A bakery on Cloud Run, for what reads and changes it: one service, whose newest of three revisions answers."""

from __future__ import annotations

from datetime import timedelta

from journal import clock
from sandbox.google.run import Run
from sandbox.google.run_kept import LATEST, Revision, Service
from sandbox.google.serving import REGION, RUNS_AS, email, practice
from tests.typing.bakery import PROJECT, SERVICE

CI = "ci@bakery-prod.iam.gserviceaccount.com"
FIRST, SECOND, THIRD = (f"{SERVICE}-0000{number}-abc" for number in (1, 2, 3))


def bakery() -> Run:
    """The services of the bakery's region, and by `cloud` the project around them."""
    now = clock.now()
    made = [
        Revision(name=name, at=now - timedelta(hours=age), by=CI)
        for name, age in ((FIRST, 72), (SECOND, 24), (THIRD, 1))
    ]
    service = Service(
        name=SERVICE,
        runs_as=email(RUNS_AS, PROJECT),
        revisions=made,
        traffic=[{"type": LATEST, "percent": 100}],
        changed_at=made[-1].at,
        changed_by=CI,
        made_at=made[0].at,
        made_by=CI,
    )
    return Run(cloud=practice(PROJECT), region=REGION, services={SERVICE: service})
