"""A module that cannot be imported in a worker, and says a secret about it."""

import os

from prefect import flow

if "PREFECT__FLOW_RUN_ID" in os.environ:
    raise RuntimeError("could not connect to postgresql://rung:Falcon!loading#71@db.internal:5432/rung")


@flow
def unloadable() -> None:
    """Never runs."""
