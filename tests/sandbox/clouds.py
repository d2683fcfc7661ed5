"""The cloud of a system that is not installed: as rung's, under other names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from pydantic import BaseModel

from sandbox.systems.rung.cloud import CLOUD


def named_anew(value: Any, old: str, new: str) -> Any:
    """The same with every text about another system."""
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: named_anew(getattr(value, one.name), old, new) for one in fields(value)})
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: named_anew(one, old, new) for name, one in value})
    if isinstance(value, Mapping):
        return {named_anew(name, old, new): named_anew(one, old, new) for name, one in value.items()}
    if isinstance(value, tuple):
        return tuple(named_anew(one, old, new) for one in value)
    return value.replace(old, new).replace(old.title(), new.title()) if isinstance(value, str) else value


MILL = named_anew(replace(CLOUD, further=()), "rung", "mill")
