"""How the API knows where n8n is: one environment variable of its function, and no other."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from blocks.aws import Aws, explain
from runbook import Facts, Permanent, look


class Address(Facts):
    """Where the API sends its events, and where n8n takes them. Both without whatever could be a password in them."""

    function: str
    configured: str
    wanted: str

    @property
    def same(self) -> bool:
        return self.configured == self.wanted

    def __str__(self) -> str:
        if self.same:
            return f"{self.function} sends to n8n's own address, {self.wanted}"
        return f"{self.function} sends to {self.configured}, n8n is at {self.wanted}"


@look("lambda:GetFunctionConfiguration", bound="one address")
def read_address(aws: Aws, function: str, alias: str, variable: str, n8n: str) -> Address:
    """The address that the API's function is given, as it runs behind its alias. Every other variable is dropped.

    Raises `Permanent` when the function is missing, or does not have the variable.
    """
    try:
        found: dict[str, Any] = aws.reading("lambda").get_function_configuration(FunctionName=function, Qualifier=alias)
    except (ClientError, BotoCoreError) as error:
        raise explain(error, f"read the configuration of {function}") from error
    given = found.get("Environment", {})
    if "Error" in given:
        raise Permanent(f"The environment of {function} cannot be decrypted by the reading role; let it use the key.")
    value = given.get("Variables", {}).get(variable)
    if not value:
        raise Permanent(f"{function} ({alias}) does not set {variable}; correct the environment.")
    return Address(function=function, configured=plain(value), wanted=plain(f"{n8n.rstrip('/')}/webhook"))


def plain(url: str) -> str:
    """An address without user, password, query and the slash at its end, in small letters up to its path."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme.lower()}://{(parts.hostname or '').lower()}{port}{parts.path.rstrip('/')}"
