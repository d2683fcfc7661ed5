"""A flow with the parameters of every runbook's flow. No worker runs it here."""

from prefect import flow
from pydantic import BaseModel

from runbook.alert import Alert


class Params(BaseModel):
    environment: str
    database: str = "rung"


@flow
def connection_exhaustion(params: Params, alert: Alert | None = None) -> None:
    """Stands in for a runbook."""
