"""The AWS stand-in as a process: take the world's order, seed moto, serve on loopback, go with the world."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Mapping
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from sandbox.link import Link, Message
from sandbox.overlay import follow, identity, living, registry
from sandbox.overlay.app import Overlay
from sandbox.overlay.stage import Stage
from sandbox.work import serve

REBOOT_SECONDS = 120.0


def main() -> None:
    """Serve until standard input ends."""
    # moto warns about error codes the models do not list, such as AccessDenied; AWS sends them all the same.
    warnings.filterwarnings("ignore", message=r"Exception\(", category=UserWarning)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    links: list[Link] = []
    stages: list[Stage] = []

    def ask(verb: str, **body: object) -> Mapping[str, Any]:
        return links[0].call(verb, seconds=REBOOT_SECONDS, **body)

    def start(order: Message) -> Message:
        facts = {name: value for name, value in order.items() if name not in ("do", "id")}
        stage = Stage(**facts, ask=ask)
        registry.load()
        for seed in registry.SEEDS:
            seed(stage)
        stages.append(stage)
        server = make_server("127.0.0.1", 0, Overlay(stage), threaded=True, request_handler=MotoRequestHandler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        living.start(stage)
        return {"port": server.server_port, "keys": identity.keys(stage)}

    def world_moved(news: Message) -> None:
        follow.apply(stages[0], news)
        if "conditions" in news:  # a fault that has begun is not looked for in what the one before has left
            living.turn(stages[0])

    def written(_order: Message) -> Message:
        return {"written": list(stages[0].written)}

    def begin_afresh(order: Message) -> Message:
        living.begin_afresh(stages[0], seconds=order["last"], turns=order["turns"])
        return {}

    handlers = {"start": start, "moved": world_moved, "written": written, "begin_afresh": begin_afresh}
    links.append(serve(name="world", handlers=handlers))
    links[0].join()


if __name__ == "__main__":
    main()
