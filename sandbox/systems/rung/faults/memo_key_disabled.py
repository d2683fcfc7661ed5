"""Somebody disables the key that encrypts the memos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.faults.fault import Scene
from sandbox.systems.rung.memos import MemoFault, memo_key


@dataclass(kw_only=True)
class MemoKeyDisabled(MemoFault):
    """Every policy admits the function, and nothing can be encrypted or decrypted."""

    def start(self, scene: Scene) -> None:
        """Disable it."""
        kms: Any = scene.aws.facts.client("kms")
        kms.disable_key(KeyId=memo_key(scene.aws.facts))

    def heal(self, scene: Scene) -> None:
        """Enable it."""
        kms: Any = scene.aws.facts.client("kms")
        kms.enable_key(KeyId=memo_key(scene.aws.facts))
