"""The AWS stand-in as a process: take the world's order, seed moto, serve on loopback, go with the world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import work
from sandbox.link import Link
from sandbox.overlay import desk

REBOOT_SECONDS = 120.0


def main() -> None:
    """Serve until standard input ends."""
    links: list[Link] = []

    def ask(verb: str, **body: object) -> Mapping[str, Any]:
        return links[0].call(verb, seconds=REBOOT_SECONDS, **body)

    links.append(work.serve(name="world", handlers=desk.Desk(ask, desk.serve).handlers))
    links[0].join()


if __name__ == "__main__":
    main()
