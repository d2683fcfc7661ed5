"""Entries of Cloud Logging by Google's own library, in pages that end.

`_use_grpc` and `_http` are names that the library may change; they stand here and nowhere else. The form over HTTP
reads the endpoint, needs no threads of its own, and so outlives a fork.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from blocks.google import Google
from blocks.google_line import LOGGING, Line, library
from runbook import Permanent


class _Enough(Exception):
    """As many pages as are turned were turned."""


@dataclass(kw_only=True)
class _Pages:
    """What the library asks through: a `Line` in the form of a session of requests, that turns so many pages."""

    line: Line
    left: int

    def request(self, *, method: str, url: str, headers: dict[str, str], data: Any = None, **_: Any) -> _Answer:
        if not self.left:
            raise _Enough
        self.left -= 1
        response, content = self.line.request(url, method, body=data, headers=headers)
        return _Answer(status_code=int(response.status), content=content)


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """As much of an answer of requests as the library looks at; whatever was no answer is an error before."""

    status_code: int
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


def entries(google: Google, wanted: str, *, page: int, pages: int) -> Iterator[Any]:
    """Entries that match a filter, newest first; then `None`, if the last page was reached.

    An entry is the library's: `payload` is a text, a mapping or nothing. Raises as `Line.request` does.
    """
    line = google.reading_line().to("read the entries of its log")
    options = {} if google.endpoint_url is None else {"client_options": {"api_endpoint": google.endpoint_url}}
    client = library(LOGGING).Client(
        project=google.project, _http=_Pages(line=line, left=pages), _use_grpc=False, **options
    )
    try:
        yield from client.list_entries(filter_=wanted, order_by="timestamp desc", page_size=page)
    except _Enough:
        return
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # the library trusts what it is answered
        raise Permanent(
            f"Cloud Logging answered with an entry of another form ({type(error).__name__}); it cannot be counted."
        ) from None  # it may hold the text of the entry
    finally:
        line.close()
    yield None
