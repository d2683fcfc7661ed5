"""What moto works out anew for each request though it never changes, remembered: half of what an answer takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

import moto.core.responses
import moto.core.utils
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.core.serialize import AttributePickerContext, ResponseSerializer, TimestampSerializer, XFormedAttributePicker
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app


class Dispatcher(DomainDispatcherApplication):
    """Remembers which service a host means; moto looks through its folders for each request."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._meant: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """The service behind a host."""
        if host not in self._meant:
            self._meant[host] = super().get_backend_for_host(host)
        return self._meant[host]


def remember() -> None:
    """Let moto remember methods of classes, possible names of attributes, and the accounts and regions it has made."""
    moto.core.responses.__dict__["method_names_from_class"] = cache(moto.core.utils.method_names_from_class)
    setattr(ResponseSerializer, _STRUCTURES, _structure)  # leaves out the same
    XFormedAttributePicker.get_possible_keys = _possible_keys  # type: ignore[method-assign] # asked to be iterated only
    XFormedAttributePicker.__call__ = _pick  # type: ignore[method-assign] # finds the same with less looking
    setattr(TimestampSerializer, _WRITES, _written)  # writes the same
    BackendDict.__getitem__ = _of_account  # type: ignore[method-assign] # makes what is not there as before
    AccountSpecificBackend.__getitem__ = _of_region  # type: ignore[method-assign] # likewise


_WRITES = "_convert_timestamp_to_str"
_WRITING: Any = getattr(TimestampSerializer, _WRITES)


def _written(serializer: Any, value: Any, timestamp_format: str) -> Any:
    """A moment in UTC needs no zone of dateutil's."""
    if type(value) is datetime and value.tzinfo in (None, UTC):
        return getattr(serializer, f"_timestamp_{timestamp_format.lower()}")(value.replace(tzinfo=UTC))
    return _WRITING(serializer, value, timestamp_format)


_MAKING: Any = cast("Any", BackendDict).__getitem__


def _of_account(backends: Any, account: str) -> Any:
    """An account that is there is not looked for in all of them, as moto does a hundred times a turn."""
    there = cast("dict[str, Any]", backends).get(account)
    return _MAKING(backends, account) if there is None else there


_MAKING_REGION: Any = cast("Any", AccountSpecificBackend).__getitem__


def _of_region(backends: Any, region: str) -> Any:
    """The same for a region."""
    there = cast("dict[str, Any]", backends).get(region)
    return _MAKING_REGION(backends, region) if there is None else there


_STRUCTURES = "_serialize_type_structure"
_STRUCTURE: Any = getattr(ResponseSerializer, _STRUCTURES)


def _structure(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """Of a dictionary with the names of the model, what is not in it is not looked for under every other name."""
    members: dict[str, Any] = shape.members
    if not key or type(value) is not dict or not value.keys() <= members.keys() or not _unmistakable(serializer, shape):
        _STRUCTURE(serializer, serialized, value, shape, key)  # also the outermost, whose members may be headers
        return
    wrapper: Any = serializer.MAP_TYPE()
    given = cast("dict[str, Any]", value)
    for name, member in members.items():
        found = given.get(name)
        if type(found) is str and member.type_name == "string":
            serializer._default_serialize(wrapper, found, member, name)  # noqa: SLF001 # as it does with words
        elif found is not None:
            serializer._serialize(wrapper, found, member, name)  # noqa: SLF001 # we are its method
    serializer._default_serialize(serialized, wrapper, shape, key)  # noqa: SLF001 # likewise


_MISTAKABLE: dict[object, bool] = {}


def _unmistakable(serializer: Any, shape: Any) -> bool:
    """Whether each of a structure's members is found in a dictionary under its own name only, and stands in a body."""
    picker = cast("object", vars(serializer)["_value_picker"])
    if type(picker) is not XFormedAttributePicker or picker.response_transformers:
        return False
    if shape not in _MISTAKABLE:
        members: dict[str, Any] = shape.members
        for member in members.values():
            member.parent = shape  # as moto notes it, for its names
        _MISTAKABLE[shape] = "body" in members or any(
            member.is_not_bound_to_body or _not_by(name, member, picker, members) for name, member in members.items()
        )
    return not _MISTAKABLE[shape]


def _not_by(name: str, member: Any, picker: XFormedAttributePicker, members: Mapping[str, Any]) -> bool:
    """Whether a member is not looked for under its own name, or under that of another as well."""
    keys = _possible_keys(picker, AttributePickerContext(obj={}, key=name, shape=member))
    return name not in keys or any(other in members for other in keys if other != name)


_PICKING: Any = XFormedAttributePicker.__call__


def _pick(picker: Any, context: AttributePickerContext) -> Any:
    """What stands in a dictionary under the first of the possible names; moto finds the same after much looking."""
    asked = cast("Any", context).obj
    if type(asked) is not dict or picker.response_transformers:
        return _PICKING(picker, context)
    found = cast("dict[str, Any]", asked)
    return next((found[name] for name in _possible_keys(picker, context) if name in found), None)


_ITS_OWN = XFormedAttributePicker.get_possible_keys
_KEYS: dict[tuple[object, ...], tuple[str, ...]] = {}


def _possible_keys(picker: XFormedAttributePicker, context: AttributePickerContext) -> tuple[str, ...]:
    """The names depend on the shape, on the key, and on the class of the object that is asked."""
    asked: object = cast("Any", context).obj
    about: tuple[object, ...] = (tuple(picker.alias_providers), type(asked), context.shape, context.key)
    if about not in _KEYS:
        _KEYS[about] = tuple(dict.fromkeys(_ITS_OWN(picker, context)))
    return _KEYS[about]
