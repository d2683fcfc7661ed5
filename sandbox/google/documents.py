"""The methods of Google's APIs, as the discovery documents describe them that come with googleapiclient."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from sandbox.google.refused import Refused
from sandbox.google.shapes import wrongs

DOCUMENTS: Final = (
    "run.v2",
    "logging.v2",
    "monitoring.v3",
    "redis.v1",
    "sqladmin.v1",
    "secretmanager.v1",
    "cloudresourcemanager.v3",
    "iam.v1",
    "iamcredentials.v1",
)
"""The APIs of which something is served here. No two of them share a path."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """One method: its id, such as `run.projects.locations.services.get`, and all that its document says."""

    id: str
    api: str
    path: re.Pattern[str]
    described: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def older(self) -> bool:
        """Whether it refuses in the older form."""
        return self.api.startswith("sqladmin")

    def check_query(self, query: Mapping[str, list[str]]) -> dict[str, str]:
        """The parameters beside the path. Raises `Refused` for what the document does not know."""
        own = {k: v for k, v in self.described.get("parameters", {}).items() if v["location"] == "query"}
        known = {**self.document.get("parameters", {}), **own}
        for name, values in query.items():
            if name not in known:
                raise Refused(400, f'Unknown name "{name}": no such query parameter.', field=name)
            if len(values) > 1 and not known[name].get("repeated"):
                raise Refused(400, f"The query parameter {name} may be given once.", field=name)
            for value in values:
                for wrong in wrongs(_typed(value, known[name]), known[name], self.document["schemas"], name):
                    raise Refused(400, wrong.says, field=wrong.field)
        for name, wanted in own.items():
            if wanted.get("required") and name not in query:
                raise Refused(400, f"The query parameter {name} must be given.", field=name)
        return {name: values[-1] for name, values in query.items()}

    def check_body(self, body: Any) -> None:
        """Raise `Refused` for a body that is not what the document says, or that it does not expect."""
        wanted = self.described.get("request")
        if wanted is None:
            if body is not None:
                raise Refused(400, "This method takes no body.")
            return
        if not isinstance(body, dict):
            raise Refused(400, "Invalid JSON payload received: an object is expected.")
        for wrong in wrongs(body, wanted, self.document["schemas"]):
            raise Refused(400, wrong.says, field=wrong.field)

    def check_answer(self, answer: Any) -> None:
        """Raise `AssertionError` where we would answer what Google could not have."""
        found = list(wrongs(answer, self.described["response"], self.document["schemas"]))
        assert not found, f"{self.id} would answer {found[0]}"


@cache
def methods() -> tuple[Method, ...]:
    """Every method of the documents. Takes a quarter of a second once."""
    return tuple(method for name in DOCUMENTS for method in _of(name))


def find(verb: str, path: str) -> tuple[Method, dict[str, str]]:
    """The method that a request is for, with the parts of its path. Raises `Refused` where there is none."""
    for method in methods():
        if method.described["httpMethod"] == verb and (found := method.path.fullmatch(path.lstrip("/"))):
            return method, found.groupdict()
    raise Refused(404, f"No method is at {verb} {path}.")


def _of(name: str) -> Iterator[Method]:
    kept = files("googleapiclient.discovery_cache.documents") / f"{name}.json"
    document = json.loads(kept.read_text("utf-8"))
    for described in _walk(document):
        flat = described.get("flatPath", described["path"])
        pattern = re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/:]+)", re.escape(flat)))
        yield Method(id=described["id"], api=name, path=pattern, described=described, document=document)


def _walk(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from _walk(inner)


def _typed(text: str, wanted: Mapping[str, Any]) -> Any:
    """A query parameter as the value that it stands for; itself where it stands for none."""
    match wanted["type"]:
        case "boolean":
            return {"true": True, "false": False}.get(text, text)
        case "integer" if re.fullmatch(r"-?\d+", text):
            return int(text)
        case _:
            return text
