"""Cloud Logging: entries of one project, listed by filters and in pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.google.log_filter import Condition, parse
from sandbox.google.refused import Refused
from sandbox.google.server import Call, Cloud

USUAL, MOST = 50, 1000
"""Entries in a page, unless asked otherwise, and at most."""

ORDERS: Final = ("", "timestamp asc", "timestamp desc")


@dataclass(kw_only=True)
class Logs:
    """The entries, each as Google would tell it. `endless` gives pages with nothing in them, and always another one."""

    cloud: Cloud
    entries: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    endless: bool = False
    _found: tuple[object, list[dict[str, Any]]] = field(default_factory=lambda: (None, []), init=False, repr=False)

    def __post_init__(self) -> None:
        self.cloud.handlers["logging.entries.list"] = self._list

    def _list(self, call: Call) -> dict[str, Any]:
        asked = call.body
        if asked.get("resourceNames") != [f"projects/{self.cloud.project}"]:
            raise Refused(400, "Name this project, and no other, among the resources.", field="resourceNames")
        if (order := asked.get("orderBy", "")) not in ORDERS:
            raise Refused(400, f"The order is one of {', '.join(ORDERS[1:])}.", field="orderBy")
        size, token = asked.get("pageSize", 0), asked.get("pageToken", "")
        if size < 0:
            raise Refused(400, "A page has no fewer entries than none.", field="pageSize")
        if token and not token.startswith("from-"):
            raise Refused(400, "The page token is none of ours.", field="pageToken")
        wanted = asked.get("filter", "")
        matches = parse(wanted)
        start, size = int(token.removeprefix("from-") or 0), min(size or USUAL, MOST)
        if self.endless:
            return {"nextPageToken": f"from-{start + 1}"}
        found = self._matching(wanted, matches, order)
        page = found[start : start + size]
        more = {"nextPageToken": f"from-{start + size}"} if start + size < len(found) else {}
        return {**({"entries": page} if page else {}), **more}

    def _matching(self, wanted: str, matches: Condition, order: str) -> list[dict[str, Any]]:
        """All that match, in order; the pages of one list are cut from what was found for its first."""
        ends = (id(self.entries[0]), id(self.entries[-1])) if self.entries else ()
        key = (wanted, order, len(self.entries), ends)
        if self._found[0] != key:
            some = filter(matches, self.entries)
            self._found = key, sorted(some, key=lambda one: one["timestamp"], reverse=order == ORDERS[2])
        return self._found[1]
