"""CloudTrail, as far as it tells when an alias was moved: at once, where AWS takes some minutes.

An alias that is back at the version that it had at the beginning has its first history again, so that what one drill
has put right is no past of the next one's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from journal import clock
from sandbox.overlay.call import Call, Refused
from sandbox.overlay.registry import handles
from sandbox.overlay.stage import Stage

MOVED = "UpdateAlias20150331"


@dataclass(frozen=True, kw_only=True)
class Move:
    """A function's alias was pointed to a version."""

    function: str
    alias: str
    version: str
    at: datetime


MOVES: dict[tuple[str, str], list[Move]] = {}
"""Of each alias, by function and name, oldest first."""


def begin(function: str, alias: str, version: str, at: datetime) -> None:
    """An alias that was pointed to its first version before anybody looked."""
    MOVES[function, alias] = [Move(function=function, alias=alias, version=version, at=at)]


def note(function: str, alias: str, version: str) -> None:
    """An alias was moved now."""
    moves = MOVES.setdefault((function, alias), [])
    if moves and version == moves[0].version:
        del moves[1:]
    else:
        moves.append(Move(function=function, alias=alias, version=version, at=clock.now()))


@handles("cloudtrail", "LookupEvents")
def look_up(call: Call, _stage: Stage) -> object:
    """The moves of all aliases in a while, newest first; nothing else is known, and is refused."""
    asked = call.parameters
    if asked.get("LookupAttributes") != [{"AttributeKey": "EventName", "AttributeValue": MOVED}]:
        raise Refused("InvalidLookupAttributesException", f"Here only {MOVED} is looked up.", status=400)
    start, end = _utc(asked["StartTime"]), _utc(asked["EndTime"])
    found = [move for moves in MOVES.values() for move in moves if start <= move.at <= end]
    first, most = int(asked.get("NextToken") or 0), int(asked.get("MaxResults") or 50)
    listed = sorted(found, key=lambda move: move.at, reverse=True)[first:]
    more = {"NextToken": str(first + most)} if len(listed) > most else {}
    return {"Events": [_event(move) for move in listed[:most]], **more}


def _event(move: Move) -> dict[str, Any]:
    given = {"functionName": move.function, "name": move.alias, "functionVersion": move.version}
    return {
        "EventName": MOVED,
        "EventTime": move.at,
        "EventSource": "lambda.amazonaws.com",
        "Username": "deploy",
        "CloudTrailEvent": json.dumps({"eventName": MOVED, "requestParameters": given}),
    }


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
