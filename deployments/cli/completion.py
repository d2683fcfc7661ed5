"""`codeblue completion`: the script by which a shell completes commands and options."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

from deployments.cli.options import DEFAULTS, Options
from deployments.errors import Exit, Usage

Shell = Literal["bash", "zsh", "fish"]
_SHELLS: tuple[Shell, ...] = ("bash", "zsh", "fish")


def completion(shell: Shell | None = None, /, *, options: Options = DEFAULTS) -> int:
    """Print the script that makes a shell complete commands and options.

    For this session: source <(codeblue completion bash). For every one, put that line into the shell's start file;
    with fish: codeblue completion fish > ~/.config/fish/completions/codeblue.fish

    Parameters
    ----------
    shell
        bash, zsh or fish; the one of $SHELL if left out.
    """
    from deployments.cli import make_app

    chosen = shell or _of_this_session()
    script = make_app().generate_completion(prog_name="codeblue", shell=chosen)
    options.document({"shell": chosen, "script": script})
    if not options.json:
        sys.stdout.write(script.rstrip("\n") + "\n")
        sys.stdout.flush()
    return Exit.OK


def _of_this_session() -> Shell:
    name = Path(os.environ.get("SHELL", "")).name
    for known in _SHELLS:
        if name == known:
            return known
    raise Usage(f"Which shell is not known here; say it: codeblue completion {'|'.join(_SHELLS)}")
