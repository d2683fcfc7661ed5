"""Reading a request's body within bounds of size and time, whatever its headers claim. `app` calls it first of all."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from deployments.receiver.refusals import Refused


async def bounded(request: Request, *, at_most: int, within: float) -> bytes:
    """The raw body. Raises Refused for one of more than `at_most` bytes, as soon as that is certain.

    Also for one that is compressed, or does not arrive within `within` seconds.
    """
    too_large = Refused(
        413, f"The body is larger than {at_most:,} bytes.", "Send fewer alerts at a time, or raise `body_limit`."
    )
    claimed = request.headers.get("content-length", "")
    if claimed.isascii() and claimed.isdigit() and int(claimed[:20]) > at_most:
        raise too_large
    if request.headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
        raise Refused(415, "The body is compressed.", "Send it without Content-Encoding.")
    body = bytearray()
    try:
        async with asyncio.timeout(within):
            async for chunk in request.stream():
                body += chunk
                if len(body) > at_most:
                    raise too_large
    except TimeoutError:
        raise Refused(408, f"The body did not arrive within {within:.0f} s.", "Send it again.") from None
    except ClientDisconnect:
        raise Refused(400, "The sender hung up before the body had arrived.", "Send it again.") from None
    return bytes(body)
