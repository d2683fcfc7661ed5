"""What the world may ask of the AWS stand-in, whether that is a process of its own or part of this one."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable, Mapping

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from runbook.system import member
from sandbox.link import Handler, Message
from sandbox.overlay import follow, identity, registry, tick
from sandbox.overlay.app import Overlay
from sandbox.overlay.cloud import Cloud
from sandbox.overlay.stage import Ask, Stage


class Desk:
    """Answers the world. `opened` makes the application reachable when it begins, and says where."""

    def __init__(self, ask: Ask, opened: Callable[[Overlay, Stage], Message]) -> None:
        # moto warns about error codes the models do not list, such as AccessDenied; AWS sends them all the same.
        warnings.filterwarnings("ignore", message=r"Exception\(", category=UserWarning)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._ask, self._opened = ask, opened
        self._stages: list[Stage] = []

    @property
    def stage(self) -> Stage:
        """What was begun."""
        return self._stages[0]

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By verb."""
        return {
            "start": self._start,
            "moved": self._moved,
            "written": self._written,
            "begin_afresh": self._begin_afresh,
        }

    def _start(self, order: Message) -> Message:
        facts = {name: value for name, value in order.items() if name not in ("do", "id", "cloud")}
        cloud: Cloud = member(str(order["cloud"]))
        stage = Stage(**facts, cloud=cloud, ask=self._ask)
        registry.load(*cloud.further)
        for seed in registry.of(stage, registry.SEEDS):
            seed(stage)
        self._stages.append(stage)
        return {**self._opened(Overlay(stage), stage), "keys": identity.keys(stage)}

    def _moved(self, news: Message) -> None:
        follow.apply(self.stage, news)
        if "conditions" in news:  # a fault that has begun is not looked for in what the one before has left
            tick.turn(self.stage)

    def _written(self, _order: Message) -> Message:
        return {"written": list(self.stage.written)}

    def _begin_afresh(self, order: Message) -> Message:
        tick.begin_afresh(self.stage, seconds=order["last"], turns=order["turns"])
        return {}


def serve(overlay: Overlay, stage: Stage) -> Message:
    """Serve on loopback, and let the simulators run; for a process of its own."""
    server = make_server("127.0.0.1", 0, overlay, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    tick.start(stage)
    return {"endpoint": f"http://127.0.0.1:{server.server_port}"}
