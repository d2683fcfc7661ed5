"""Saves the practice shop as an environment, at the Prefect that `codeblue up` runs.

By hand: `python -m shop.saving FOLDER NAME`.

An environment of a real shop is saved in Prefect's UI, under Blocks, or by a script like this.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from deployments.here import running_prefect


def main(folder: Path, name: str) -> None:
    """Save it and its connections, over whatever had their names."""
    running_prefect()  # before anything imports Prefect
    from blocks.base import CodeBlueBlock
    from shop.parts import Facts
    from shop.world import environment

    shop = environment(Facts(**json.loads((folder / "world.json").read_text())))
    for part, block in shop:
        if isinstance(block, CodeBlueBlock):
            block.save(f"{name}-{part}", overwrite=True)
    shop.save(name, overwrite=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
