"""The boto3 sessions of this process: they share the service models, and read moments quickly.

A client takes longer to make than to answer, so those of a role stay when its credentials are replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

import boto3
import botocore.session
from botocore.credentials import CredentialResolver, Credentials, ReadOnlyCredentials
from botocore.loaders import create_loader
from botocore.utils import parse_timestamp


@cache
def session() -> Any:
    """The session of the machine's own identity, and of credentials that are given to a client."""
    return boto3.Session(botocore_session=_core())


class Renewed(Credentials):
    """Credentials that are replaced, all at once, while clients go on with them."""

    METHOD = CANONICAL_NAME = "codeblue"

    def __init__(self, given: Mapping[str, Any]) -> None:
        super().__init__(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        self._frozen: ReadOnlyCredentials = super().get_frozen_credentials()

    def renew(self, given: Mapping[str, Any]) -> None:
        """Take these from now on."""
        self._frozen = Renewed(given).get_frozen_credentials()

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """What a request is signed with."""
        return self._frozen

    def load(self) -> Credentials:
        """What botocore asks a provider of credentials for."""
        return self


def session_of(credentials: Renewed) -> Any:
    """A session whose clients use these credentials, also when they are renewed."""
    core = _core()
    core.register_component("credential_provider", CredentialResolver([cast("Any", credentials)]))
    return boto3.Session(botocore_session=core)


@cache
def _models() -> Any:
    """The service models, which take most of the time to make the first client."""
    return create_loader()


def _core() -> Any:
    core: Any = botocore.session.get_session()
    core.register_component("data_loader", _models())
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=moment)
    return core


def moment(said: Any) -> datetime:
    """A moment as AWS writes it, in UTC. botocore reads the same in the machine's zone, ten times as slowly."""
    try:
        return datetime.fromtimestamp(float(said), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        pass
    try:
        read = datetime.fromisoformat(said)
    except (TypeError, ValueError):
        read = parse_timestamp(said)  # such as `Tue, 15 Nov 1994 08:12:31 GMT`
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
