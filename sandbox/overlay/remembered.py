"""What moto works out anew for each request though it never changes, remembered: half of what an answer takes."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import moto.core.responses
import moto.core.utils
from moto.core.base_backend import BackendDict
from moto.core.serialize import AttributePickerContext, XFormedAttributePicker
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
    """Let moto remember methods of classes, possible names of attributes, and the accounts it has made."""
    moto.core.responses.__dict__["method_names_from_class"] = cache(moto.core.utils.method_names_from_class)
    XFormedAttributePicker.get_possible_keys = _possible_keys  # type: ignore[method-assign] # asked to be iterated only
    XFormedAttributePicker.__call__ = _pick  # type: ignore[method-assign] # finds the same with less looking
    BackendDict.__getitem__ = _of_account  # type: ignore[method-assign] # makes what is not there as before


_MAKING: Any = cast("Any", BackendDict).__getitem__


def _of_account(backends: Any, account: str) -> Any:
    """An account that is there is not looked for in all of them, as moto does a hundred times a turn."""
    there = cast("dict[str, Any]", backends).get(account)
    return _MAKING(backends, account) if there is None else there


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
