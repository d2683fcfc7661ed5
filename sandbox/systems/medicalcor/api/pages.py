"""What the API answers to those who ask how it is, over HTTP; and the public pages of those whom it calls."""

from __future__ import annotations

from typing import Any

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.systems.medicalcor.api.process import Process
from sandbox.systems.medicalcor.api.scaling import TurnedAway
from sandbox.systems.medicalcor.api.service import Api

UNAVAILABLE = "Service Unavailable"


def _instead(away: TurnedAway | None, process: Process | None) -> Response:
    """What Cloud Run answers where no process does."""
    if away is not None:
        return Response(away.page, away.status, media_type="text/html")
    if process is not None:
        return Response("upstream request timeout", 504, media_type="text/plain")
    return Response(UNAVAILABLE, 503, media_type="text/plain")


def serve(api: Api, *more: Route) -> Starlette:
    """The application, for any server of ASGI: each request is answered by whichever process has its turn.

    `more` are pages whose answers are worked out elsewhere.
    """

    def told(process: Process, path: str) -> tuple[int, dict[str, Any]]:
        match path:
            case "/ready":
                return process.ready()
            case "/health/deep":
                return process.deep()
            case "/health/circuit-breakers":
                return 200, process.circuits()
            case _:
                return 200, {"status": "ok"}

    async def answer(request: Request) -> Response:
        process = api.process()
        if process is None or process.code.hangs or api.turned_away() is not None:
            return _instead(api.turned_away(), process)
        if request.url.path == "/metrics":
            return Response(generate_latest(process.registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})
        status, body = told(process, request.url.path)
        return JSONResponse(body, status)

    async def page(request: Request) -> Response:
        provider = api.providers.get(request.path_params["name"])
        return JSONResponse(provider.told()) if provider else Response("Not Found", 404)

    async def cloud(_: Request) -> Response:
        return JSONResponse(api.cloud_page)

    paths = ("/health", "/ready", "/health/deep", "/health/circuit-breakers", "/metrics", "/webhooks/whatsapp/health")
    routes = [Route(path, answer) for path in paths]
    pages = [Route("/status/google/incidents.json", cloud), Route("/status/{name}/api/v2/summary.json", page)]
    return Starlette(routes=[*routes, *pages, *more])
