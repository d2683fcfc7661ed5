"""The factory that uvicorn serves Prefect's server with; `server.command` names it."""

import gc

from fastapi import FastAPI


def create_app() -> FastAPI:
    """Prefect's application, imported without the collector: all that is made here stays.

    Looking through it over and over would take an eighth of the start, and later a part of every request.
    """
    gc.disable()
    from deployments.stack_prefect import create_app as create

    app = create()
    gc.freeze()
    gc.enable()
    return app
