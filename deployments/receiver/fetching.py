"""Asking an address that a vendor's message names (a certificate, a subscription). Formats get it as `Tools.fetch`.

The format has checked the address before; here it is made sure that nothing leads elsewhere or fills the memory.
"""

from __future__ import annotations

import asyncio

import httpx

_AT_MOST = 64 * 1024
"""Bytes; a certificate with its chain has about six thousand."""

_WITHIN = 10.0
"""Seconds for the whole of it, however often a piece comes."""


class FetchError(Exception):
    """The address did not give what it should."""

    def __init__(self, host: str, why: str) -> None:
        super().__init__(host, why)
        self.host, self.why = host, why

    def __str__(self) -> str:
        return f"{self.host} {self.why}."


class Fetcher:
    """One shared client: no redirects, bounded in time and size. Proxies of the environment are used."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(follow_redirects=False, timeout=5.0, headers={"Accept-Encoding": "identity"})

    async def __call__(self, url: str) -> bytes:
        """The body of a GET. Raises FetchError and httpx's errors."""
        host = httpx.URL(url).host
        try:
            async with asyncio.timeout(_WITHIN):
                return await self._body(url, host)
        except TimeoutError:
            raise FetchError(host, f"did not send all within {_WITHIN:.0f} s") from None

    async def _body(self, url: str, host: str) -> bytes:
        async with self._client.stream("GET", url) as answer:
            if not answer.is_success:
                raise FetchError(host, f"answered {answer.status_code}")
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > _AT_MOST:
                    raise FetchError(host, f"sent more than {_AT_MOST:,} bytes")
            return bytes(body)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
