"""The other client of `benchmarks.unlinking`: asks for a key until its input ends, and tells how long each answer took.

python -m benchmarks.unlinking_other PORT
"""

from __future__ import annotations

import select
import sys
import time

from redis import Redis
from redis.exceptions import ResponseError

PAUSE = 0.001


def main(port: int) -> None:
    """Ask once a millisecond. A server that says it is busy has not answered."""
    waits: list[float] = []
    with Redis(port=port, socket_timeout=600, protocol=2) as client:
        client.ping()
        print("begun", flush=True)
        while not select.select([sys.stdin], [], [], PAUSE)[0]:
            began = time.perf_counter()
            while not _answered(client):
                time.sleep(PAUSE)
            waits.append(time.perf_counter() - began)
    print("\n".join(f"{one:.6f}" for one in waits))


def _answered(client: Redis) -> bool:
    try:
        client.get("somebody:else")
    except ResponseError as error:
        if str(error).startswith("BUSY"):
            return False
        raise
    return True


if __name__ == "__main__":
    main(int(sys.argv[1]))
