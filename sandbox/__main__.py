"""`python -m sandbox up | break NAME | heal | status | down`: the sandbox from a shell."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from sandbox import control, faults
from sandbox.errors import SandboxError

HOME = Path(".sandbox")


def main(arguments: list[str] | None = None) -> int:
    """Do one verb; 0 when it worked, 1 with a sentence on standard error when not."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="start a world and stay until it is taken down")
    up.add_argument("--system", help="whose world; the first that has one if left out")
    up.add_argument("--max-connections", type=int, default=100)
    up.add_argument("--postgres", default="wheel", help="wheel, system, or a folder of PostgreSQL programs")
    up.add_argument("--with-parent", action="store_true", help="also go when the starting process goes")
    broken = verbs.add_parser("break", help="inject a fault")
    broken.add_argument("fault", choices=sorted(faults.described()))
    broken.add_argument("--bounds", type=json.loads, default={}, help='JSON, such as {"most": 40, "lives_for": 120}')
    for verb, words in (("heal", "take every fault away"), ("status", "how the world is"), ("down", "end the world")):
        verbs.add_parser(verb, help=words)
    for one in verbs.choices.values():
        one.add_argument("--home", type=Path, default=HOME)
    asked = parser.parse_args(arguments)
    try:
        return _do(asked)
    except SandboxError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command line program
        return 1


def _do(asked: argparse.Namespace) -> int:
    if asked.verb == "up":
        control.run(
            asked.home,
            system=asked.system,
            with_parent=asked.with_parent,
            postgres=asked.postgres,
            max_connections=asked.max_connections,
        )
        return 0
    world = control.attach(asked.home)
    if asked.verb == "break":
        world.break_(asked.fault, **asked.bounds)
    elif asked.verb == "heal":
        world.heal()
    elif asked.verb == "status":
        health = world.health()
        shown = {**dataclasses.asdict(health), "healthy": health.healthy}
        print(json.dumps(shown, indent=2, default=str))  # noqa: T201 - a command line program
    else:
        world.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
