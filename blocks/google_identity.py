"""Who asks Google: an account's own key, or the machine's own identity acting as the account."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any, Final

from blocks.google_line import Line, library
from runbook import Permanent

SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)
"""What Google calls everything that its roles allow: what an account may do stands in roles and not here."""

LASTS = timedelta(minutes=15)
"""For how long the machine's own identity may act as an account."""

_LOCK = threading.RLock()
_HELD: dict[tuple[str, str, str | None], tuple[Any, threading.Lock]] = {}
"""What lets an account in, and whose turn it is to ask for it anew."""
_APIS: dict[tuple[str, str, str | None], Any] = {}


def line(account: str, key: str | None, *, endpoint: str | None, patience: timedelta, fresh: bool = False) -> Line:
    """A connection of an account. What lets it in is kept in this process, unless it is to be `fresh`.

    Raises `Permanent` where the machine has no identity of its own, or the account's key is none.
    """
    http = library("httplib2").Http(
        timeout=patience.total_seconds(), **({} if endpoint is None else {"proxy_info": None})
    )
    http.follow_redirects = False  # the token would follow
    held, turn = _credentials(account, key, endpoint, fresh=fresh)
    return Line(
        http=library("google_auth_httplib2").AuthorizedHttp(held, http=http),
        account=account,
        patience=patience,
        turn=turn,
    )


def described(api: str, version: str, endpoint: str | None) -> Any:
    """An API as its document describes it, which comes with the library; built once in a process, for all threads."""
    build = library("googleapiclient.discovery").build
    with _LOCK:
        if (found := _APIS.get((api, version, endpoint))) is None:
            options = {} if endpoint is None else {"client_options": {"api_endpoint": endpoint}}
            found = build(api, version, http=_Nobody(), static_discovery=True, cache_discovery=False, **options)
            _APIS[api, version, endpoint] = found
        return found


class _Nobody:
    """Stands for a connection while an API is described: each request brings its own."""

    def request(self, uri: str, **_: Any) -> Any:
        raise Permanent(f"{uri} was to be asked without a connection of its own; ask by `Asking.ask`.")


def _credentials(account: str, key: str | None, endpoint: str | None, *, fresh: bool) -> tuple[Any, threading.Lock]:
    asks = (account, key or "", endpoint)
    with _LOCK:
        if not fresh and asks in _HELD:
            return _HELD[asks]
        made = (_own(account, key) if key else _acting(account, endpoint), threading.Lock())
        if not fresh:
            _HELD[asks] = made
        return made


def _own(account: str, key: str) -> Any:
    try:
        return library("google.oauth2.service_account").Credentials.from_service_account_info(
            json.loads(key), scopes=SCOPES
        )
    except ValueError as error:
        raise Permanent(f"The key of {account} is none that Google's library can read; save another one.") from error


def _acting(account: str, endpoint: str | None) -> Any:
    try:
        own, _ = library("google.auth").default(scopes=SCOPES)
    except library("google.auth.exceptions").DefaultCredentialsError as error:
        raise Permanent(
            f"This machine has no identity at Google that could act as {account}; give it one, or save the account's"
            " key."
        ) from error
    at = f"{endpoint}/v1/projects/-/serviceAccounts/{account}:generateAccessToken" if endpoint else None
    return library("google.auth.impersonated_credentials").Credentials(
        source_credentials=own,
        target_principal=account,
        target_scopes=list(SCOPES),
        lifetime=int(LASTS.total_seconds()),
        iam_endpoint_override=at,
    )
