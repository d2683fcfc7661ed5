"""Where the journal is kept."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, SecretStr

from blocks.base import CodeBlueBlock
from journal.store import Journal

HOME_VARIABLE = "CODEBLUE_HOME"
URL_VARIABLE = "CODEBLUE_JOURNAL"


class JournalStore(CodeBlueBlock):
    """The database that keeps the record of all incidents.

    Example:
        Load a saved journal:
        ```python
        from blocks.journal_store import JournalStore

        store = JournalStore.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Code Blue Journal"
    _block_type_slug = "codeblue-journal"

    url: SecretStr = Field(description="SQLAlchemy address: sqlite:///PATH, or postgresql://USER:PASSWORD@HOST/NAME.")

    def open(self) -> Journal:
        """The journal, its schema brought up to date if needed."""
        return Journal.connect(self.url.get_secret_value())


def home() -> Path:
    """The folder of this installation: journal, documents, sockets. `CODEBLUE_HOME`, else `.codeblue` of the user."""
    return Path(os.environ.get(HOME_VARIABLE) or Path.home() / ".codeblue")


def journal_url() -> str:
    """Where this machine's journal is: `CODEBLUE_JOURNAL`, else a file in the home folder.

    Never asked of Prefect, because receiver, watch and command line must reach the journal while Prefect is away. The
    block is where an operator keeps the address of a shared journal for machines that are set up from it.
    """
    if url := os.environ.get(URL_VARIABLE):
        return url
    return f"sqlite:///{home() / 'journal.db'}"
