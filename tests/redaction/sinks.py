"""Every place where a text of an incident ends up: each takes texts and gives back what it then stores or shows."""

from __future__ import annotations

import html
import io
import json
import logging
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

import prefect
from rich.console import Console

from deployments.execute import load
from deployments.stack import Stack
from deployments.stack_home import Home
from journal.clean_output import CleanStream, keep_clean
from journal.facts.closed import Noted
from journal.facts.seen import Read
from journal.inbox import Delivery, Inbox
from journal.redaction import redact
from journal.store import Journal
from journal.timeline import as_html, as_markdown, timeline
from tasks.notify import tell_all
from tests.journal.samples import START, opened
from tests.redaction import raising


def journal_and_documents(texts: Sequence[str]) -> dict[str, str]:
    """What the tables of journal and inbox hold of the texts, and what documents and the terminal show of them."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal.connect(f"sqlite:///{Path(folder) / 'journal.db'}")
        told = [{"annotation": text, "rows": [[text], {"line": text}]} for text in texts]
        incident, _ = journal.open_incident(opened(alert={str(number): one for number, one in enumerate(told)}))
        for at in range(0, len(texts), _AT_ONCE):
            said, value = "\n\n".join(texts[at : at + _AT_ONCE]), {"rows": told[at : at + _AT_ONCE]}
            journal.append(incident.id, f"note{at}", Noted(by="codeblue", text=said))
            read = Read(
                phase="gather", probe=f"p{at}", asks="?", source="s", at=START, took="PT1S", text=said, value=value
            )
            journal.append(incident.id, f"read{at}", read)
        Inbox(journal).put_all(
            [Delivery(format="x", delivery=str(n), fingerprint="f", alert=one) for n, one in enumerate(told)]
        )
        drawn = timeline(journal.entries(incident.id))
        shown = html.unescape(as_html(drawn)) + as_markdown(drawn)
        found = {"journal": _rows(journal, "entries", "incidents", "chains"), "inbox": _rows(journal, "inbox")}
        journal.close()
    return {**found, "documents": shown, "terminal": _printed(shown)}


_AT_ONCE = 20
"""Texts in one entry: each entry is a commit."""


def notifications(texts: Sequence[str]) -> str:
    """What an address is told, some texts at once: each note is several requests to the server."""
    told: list[str] = []

    class Address:
        to = "on call"

        def tell(self, title: str, markdown: str) -> None:
            told.append(f"{title}\n{markdown}")

    @prefect.flow
    def telling() -> None:
        for at in range(0, len(texts), _AT_ONCE):
            some = texts[at : at + _AT_ONCE]
            tell_all({"k": Address()}, some[0], "\n\n".join(some), lambda _key, _fact: None)

    with tempfile.TemporaryDirectory() as folder, Stack(Home.at(folder), workers=0) as stack, stack.client():
        telling()
    return "\n".join(told)


def prefect_tables(texts: Sequence[str]) -> str:
    """What Prefect's database holds of errors with these texts, of tasks, flows and logs. One dump for all of them."""
    with tempfile.TemporaryDirectory() as folder, Stack(Home.at(folder), workers=0) as stack:
        before = logging.getLogRecordFactory()
        keep_clean("stderr")
        raising.TEXTS[:] = texts
        try:
            with stack.client():
                load("tests.redaction.raising.raising")(return_state=True)
        finally:
            logging.setLogRecordFactory(before)
            assert isinstance(sys.stderr, CleanStream)
            sys.stderr = sys.stderr.under
        with closing(sqlite3.connect(f"file:{stack.home.database}?mode=ro", uri=True)) as database:
            tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
            rows = [str(row) for table in tables for row in database.execute(f'select * from "{table}"')]
    return "\n".join(rows)


def logs(texts: Sequence[str]) -> list[str]:
    """What a log file holds of lines, tracebacks and prints with these texts."""
    before = logging.getLogRecordFactory()
    found: list[str] = []
    keep_clean("stdin")  # records only, since nobody writes to stdin; the stream is one of our own
    try:
        for text in texts:
            under = io.StringIO()
            handler = logging.StreamHandler(under)
            line = logging.getLogRecordFactory()("x", logging.ERROR, "f", 1, "it says %s", (text,), None)
            handler.handle(line)
            try:
                raise ValueError(text)
            except ValueError as fault:
                info = (type(fault), fault, fault.__traceback__)
            handler.handle(logging.getLogRecordFactory()("x", logging.ERROR, "f", 1, "it failed", (), info))
            stream = CleanStream(under)
            stream.write(f"{text}\n")
            found.append(under.getvalue())
    finally:
        logging.setLogRecordFactory(before)
    return found


def plain(texts: Sequence[str]) -> list[str]:
    """The function alone."""
    return [redact(text) for text in texts]


def _rows(journal: Journal, *tables: str) -> str:
    with journal.database.engine.begin() as tx:
        rows = [row for table in tables for row in tx.exec_driver_sql(f"SELECT * FROM {table}").fetchall()]
    return "\n".join(said for row in rows for column in row for said in _strings(column))


def _strings(value: object) -> Iterator[str]:
    """Every text in stored data, as it is read: JSON is parsed, since it is stored with escapes."""
    if isinstance(value, str):
        yield value
        if value[:1] in {"{", "["}:
            with suppress(ValueError):
                yield from _strings(json.loads(value))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(key)
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _printed(text: str) -> str:
    console = Console(file=io.StringIO(), width=200, force_terminal=True)
    console.print(text, markup=False)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()
