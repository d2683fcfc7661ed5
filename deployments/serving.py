"""The factory that uvicorn serves Prefect's server with; `server.command` names it."""

import gc
import os

from starlette.types import ASGIApp

from deployments.server_hosts import PUBLIC, OwnHosts
from journal.clean_output import keep_clean


def create_app() -> ASGIApp:
    """Prefect's application behind the check of hosts, imported without the collector: all that is made here stays.

    Looking through it over and over would take an eighth of the start, and later a part of every request.
    """
    gc.disable()
    keep_clean()
    from deployments.stack_prefect import create_app as create

    app = OwnHosts(create(), public=os.environ.get(PUBLIC) or None)
    gc.freeze()
    gc.enable()
    return app
