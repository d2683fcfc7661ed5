"""Every kind of block, imported. Prefect's server finds this module by our entry point among `prefect.collections`.

So a server that `codeblue up` does not run offers our kinds too, as soon as the package is installed beside it.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Final

import blocks
from blocks.base import CodeBlueBlock


def _kinds() -> Iterator[type[CodeBlueBlock]]:
    """One module of `blocks` after another; bases, which have no name of their own, are not among them."""
    for info in pkgutil.iter_modules(blocks.__path__):
        if info.name == __name__.rpartition(".")[2]:
            continue
        module = import_module(f"blocks.{info.name}")
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if (
                issubclass(kind, CodeBlueBlock)
                and kind.__module__ == module.__name__
                and "_block_type_slug" in vars(kind)
            ):
                yield kind


KINDS: Final = tuple(_kinds())
"""Those that can be saved."""
