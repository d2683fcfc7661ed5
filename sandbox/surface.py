"""The HTTP surface of a world. Imported only in the long-lived process, for FastAPI is slow to load."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse

from sandbox.errors import SandboxError
from sandbox.messages import CONFLICT, FACTS, HEALTH, Break, PoolSize
from sandbox.world import World


def surface(world: World, *, token: str, down: Callable[[], None]) -> FastAPI:
    """Every verb of the world as a route; every call needs the token. `down` is to end the process."""

    def authorised(authorization: Annotated[str, Header()] = "") -> None:
        if not secrets.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "The token is in sandbox.json in the sandbox's home folder.")

    app = FastAPI(title="Code Blue sandbox", dependencies=[Depends(authorised)], docs_url=None, redoc_url=None)

    @app.exception_handler(SandboxError)
    def told(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"error": type(error).__name__, "message": str(error)}, status_code=CONFLICT)

    @app.get("/facts")
    def get_facts() -> Any:
        return FACTS.dump_python(world.facts, mode="json")

    @app.get("/health")
    def get_health() -> Any:
        return HEALTH.dump_python(world.health(), mode="json")

    @app.post("/break")
    def post_break(order: Break) -> dict[str, list[str]]:
        world.break_(order.fault, **order.bounds)
        return {"broken": list(world.broken)}

    @app.post("/heal")
    def post_heal() -> dict[str, list[str]]:
        world.heal()
        return {"broken": list(world.broken)}

    @app.post("/pool-size")
    def post_pool_size(order: PoolSize) -> dict[str, int]:
        world.set_pool_size(order.pool_size, tasks=order.tasks)
        return {"pool_size": order.pool_size}

    @app.post("/down")
    def post_down() -> dict[str, str]:
        down()
        return {"going": "down"}

    return app
