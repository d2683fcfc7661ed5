"""The child's end of a `Worker`: answer on standard output, and go when standard input ends."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping

from sandbox.link import Handler, Link

PARENT_CHECK_SECONDS = 1.0


def serve(*, name: str, handlers: Mapping[str, Handler]) -> Link:
    """Start to answer the parent; used once, at the start of a child's `main`, which then waits on `Link.join`.

    Standard output becomes the link alone: whatever else prints goes to standard error, the child's log.
    """
    writing = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    link = Link(reading=sys.stdin, writing=writing, handlers=handlers, on_end=lambda: os._exit(0), name=name)
    threading.Thread(target=follow_parent, args=(os.getppid(),), daemon=True).start()
    link.start()
    return link


def follow_parent(parent: int) -> None:
    """Run in a thread: end this process at once when it is no longer a child of `parent`."""
    # A forked copy of the parent could keep our input open after its death: ask for the parent itself, too.
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(PARENT_CHECK_SECONDS)
    os._exit(0)
