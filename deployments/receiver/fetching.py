"""Asking an address that a vendor's message names (a certificate, a subscription). Formats get it as `Tools.fetch`.

The format has checked the address before; here it is made sure that nothing leads elsewhere or fills the memory.
"""

from __future__ import annotations

import httpx

_AT_MOST = 64 * 1024
"""Bytes; a certificate with its chain has about six thousand."""


class FetchError(Exception):
    """The address did not give what it should."""

    def __init__(self, host: str, why: str) -> None:
        super().__init__(host, why)
        self.host, self.why = host, why

    def __str__(self) -> str:
        return f"{self.host} {self.why}."


class Fetcher:
    """One shared client: no redirects, five seconds, bounded size. Proxies of the environment are used."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(follow_redirects=False, timeout=5.0, headers={"Accept-Encoding": "identity"})

    async def __call__(self, url: str) -> bytes:
        """The body of a GET. Raises FetchError and httpx's errors."""
        host = httpx.URL(url).host
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
