"""What answers as Redis and is none, hangs or refuses oddly is unreadable; and nothing of what was asked is told on."""

from __future__ import annotations

import json
import socket
import threading
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest

from blocks.redis import Redis, ask
from blocks.redis_errors import Away, Refused
from runbook import CodeBlueError, Look
from sandbox.rehearsal import wait
from tasks.redis.clients import ClientsOf, read_clients
from tasks.redis.entrance import read_entrance
from tasks.redis.keys import read_big_keys, read_prefixes
from tasks.redis.letters import read_letters
from tasks.redis.moves import Moves
from tasks.redis.read import read_ping
from tasks.redis.reprocess import ReprocessLetters
from tests.tasks.cases import WARRANT
from tests.tasks.test_redis_reads import ASKED
from tests.tasks.valkey import DEAD, LIMITS, QUEUE, Valkey

LEAD = "Anna has a toothache"
LETTER = json.dumps({"id": "e1", "type": "lead", "text": LEAD, "to": "+49 151 23456789"}).encode()
PATIENCE = timedelta(milliseconds=200)


@contextmanager
def answering(answer: Callable[[socket.socket, bytes], None]) -> Generator[Redis]:
    """Something that lets everybody in, and answers whatever comes then by `answer`."""
    ended = threading.Event()

    def speak(taken: socket.socket) -> None:
        with taken, suppress(OSError):
            while said := taken.recv(65536):
                if b"AUTH" in said or b"SETNAME" in said:
                    taken.sendall(b"+OK\r\n")
                else:
                    answer(taken, said)

    def listen() -> None:
        while not ended.is_set():
            with suppress(OSError):
                threading.Thread(target=speak, args=(listening.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            block = Valkey(port=listening.getsockname()[1], admin=None, folder=None)  # pyright: ignore[reportArgumentType] # there is none
            yield block.block(patience=PATIENCE)
        finally:
            ended.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def always(reply: bytes) -> Callable[[socket.socket, bytes], None]:
    return lambda taken, said: taken.sendall(reply * max(1, said.count(b"*")))


ODD = (
    b":many\r\n",
    b"$many\r\n",
    b"_\r\n",
    b"%2\r\n",
    b"*-1\r\n",
    b"$0\r\n\r\n",
    b":5\r\n",
    b"+QUEUED\r\n",
    b"-\r\n",
    b"*1\r\n:1\r\n",
    b"*2\r\n:0\r\n:7\r\n",
    b"*1\r\n" * 20_000,
    b"\x00\xff\xfe\r\n",
    b"*99999999999\r\n",
    b"$99999999999\r\nx",
    b"+half",
    f"HTTP/1.1 200 OK\r\n\r\n{LEAD}".encode(),
    f"-ERR unknown command 'X', with args beginning with: '{LEAD}'\r\n".encode(),
)

KEPT_OUT = (b"-\r\n", b"*99999999999\r\n", b"$99999999999\r\nx", b"+half")
"""Who only asks whether it lets anybody in has an answer of these: it does not, and says nothing or no reason."""


@pytest.mark.parametrize("one", ASKED, ids=lambda one: one.read.__name__)
def test_an_answer_of_another_form_is_unreadable(one: Look[..., Any]) -> None:
    for reply in ODD:
        with answering(always(reply)) as block:
            if one is read_ping:
                found = read_ping(block)
                assert not found.answers, reply
                assert LEAD not in str(found)
                continue
            if one is read_entrance and reply in KEPT_OUT:
                assert ASKED[one](block).reason in {"silent", "other"}, reply
                continue
            with pytest.raises(CodeBlueError) as raised:
                ASKED[one](block)
            assert LEAD not in "".join(traceback.format_exception(raised.value)), reply


def test_who_is_let_in_and_answered_in_drops_is_given_up_while_changing_as_well() -> None:
    ended = threading.Event()

    def drip(taken: socket.socket, _said: bytes) -> None:
        while not ended.wait(0.05):
            taken.sendall(b"+")

    with answering(drip) as block, pytest.raises(Away, match="did not answer"), block.changing(WARRANT) as client:
        client.unlink(f"{LIMITS}1")
    ended.set()


def test_writes_that_are_refused_for_its_own_sake_are_told_with_a_remedy(valkey: Valkey) -> None:
    app = valkey.block(changer="app", changer_password="works")

    def refused() -> Refused:
        with pytest.raises(Refused) as raised, app.changing(WARRANT) as client:
            client.unlink(f"{LIMITS}1")
        return raised.value

    valkey.owner("CONFIG", "SET", "min-replicas-to-write", 1)
    assert refused().reason == "replicas"
    valkey.owner("CONFIG", "SET", "min-replicas-to-write", 0)
    dump = valkey.folder / "dump.rdb"
    dump.unlink(missing_ok=True)
    dump.mkdir()
    valkey.owner("CONFIG", "SET", "save", "3600 1")
    valkey.owner("BGSAVE")
    wait(
        lambda: valkey.admin.info("persistence")["rdb_last_bgsave_status"] == "err" or None,
        within=60,
        what="it to fail",
    )
    try:
        assert refused().reason == "snapshot"
        assert "see to its disk first" in str(refused())
    finally:
        valkey.owner("CONFIG", "SET", "save", "")
        dump.rmdir()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("ASK 7 10.0.0.2:6379", "cluster"),
        ("MOVED 7 10.0.0.2:6379", "cluster"),
        ("TRYAGAIN Multiple keys request during rehashing of slot", "cluster"),
        ("DENIED Redis is running in protected mode because protected mode is enabled", "protected"),
        ("LOADING Redis is loading the dataset in memory", "loading"),
        ("NOAUTH Authentication required.", "password"),
    ],
)
def test_what_it_says_is_one_of_our_words(said: str, reason: str) -> None:
    with answering(always(f"-{said}\r\n".encode())) as block:
        assert read_ping(block).reason == reason


# -- what was asked is not told on ------------------------------------------------------------------------------------


def told(raised: pytest.ExceptionInfo[Refused]) -> str:
    return "".join(traceback.format_exception(raised.value))


def test_the_text_of_a_dead_letter_is_in_no_error(valkey: Valkey) -> None:
    """Whoever may not look into the queue is told so, and not what was looked for."""
    valkey.grant(ReprocessLetters.reads, [one for one in ReprocessLetters.permissions if ":lpos:" not in one])
    block = valkey.block()
    with pytest.raises(Refused, match="'lpos'") as raised, block.changing(WARRANT) as client:
        Moves(client=client, letters=block.letters(DEAD)).waiting([LETTER])
    assert LEAD not in told(raised)
    valkey.grant(ReprocessLetters.reads, ReprocessLetters.permissions)
    valkey.admin.set(QUEUE, "no list")
    with pytest.raises(Refused, match="WRONGTYPE") as raised, block.changing(WARRANT) as client:
        Moves(client=client, letters=block.letters(DEAD)).waiting([LETTER])
    assert LEAD not in told(raised)


def test_a_server_that_repeats_what_it_was_given_is_not_repeated(valkey: Valkey) -> None:
    app = valkey.block(reader="app", reader_password="works")
    with pytest.raises(Refused, match="does not offer this") as raised, app.reading() as client:
        ask(client, "LPOSITION", QUEUE, LETTER)
    assert LEAD not in told(raised)


@pytest.mark.parametrize("one", [read_prefixes, read_big_keys])
@pytest.mark.parametrize("missing", ["memory|usage", "pttl"])
def test_the_name_of_a_key_is_in_no_error(valkey: Valkey, one: Look[..., Any], missing: str) -> None:
    valkey.grant([need for need in one.permissions if missing not in need])
    valkey.admin.set("session:Anna-Schmidt", "x")
    with pytest.raises(Refused, match=missing.replace("|", r"\|")) as raised:
        one(valkey.block())
    assert "Anna" not in told(raised)


def test_a_name_with_a_break_in_it_is_one_client(valkey: Valkey) -> None:
    valkey.grant(read_clients.permissions)
    name = "odd\u2028user"
    valkey.owner("ACL", "SETUSER", name, "on", ">x", "+@all")
    with valkey.client() as other:
        ask(other, "AUTH", name, "x")
        found = read_clients(valkey.block(), ClientsOf(user=name, idle_for=timedelta(0)))
    valkey.owner("ACL", "DELUSER", name)
    assert found.of_selection == 1


# -- what may be saved ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["redis://till:sk-planted@10.0.0.2:6379/0", "till:sk-planted@cache", "sk-planted cache", "cache\nsk-planted", ""],
)
def test_a_whole_url_is_no_host_and_is_not_repeated(valkey: Valkey, host: str) -> None:
    with pytest.raises(ValueError, match="neither a name nor an address") as refused:
        valkey.block(host=host)
    assert "sk-planted" not in str(refused.value)


@pytest.mark.parametrize("host", ["cache", "cache_1.internal", "10.0.0.2", "::1", "fe80::1%eth0", "bücher.example"])
def test_names_and_addresses_are_hosts(valkey: Valkey, host: str) -> None:
    assert valkey.block(host=host).where == f"{host}:{valkey.port}"


@pytest.mark.parametrize(
    "password", ["p@ss:/w#?%", "a\r\nFLUSHALL", "\x00sk-planted", "ключ sk-planted", "x" * 5000, ""]
)
def test_any_text_is_a_password_and_none_is_shown(valkey: Valkey, password: str) -> None:
    block = valkey.block(reader_password=password)
    found = read_ping(block)
    assert found.reason == "password"
    assert not password or password not in str(found) + repr(block)
    assert valkey.admin.ping()


def test_a_password_that_is_no_text_is_refused_without_it(valkey: Valkey) -> None:
    for field in ("reader_password", "changer_password"):
        given = {field: f"sk-planted{chr(0xDCFF)}"}
        with pytest.raises(ValueError, match="is no text") as refused:
            valkey.block(**given)
        assert "sk-planted" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize(
    "other",
    [{"reader": "r on nopass +@all"}, {"changer": "c\n+@all"}, {"keys": ["* +@all"]}, {"keys": ["a)", "(+@all"]}],
)
def test_no_name_says_more_in_a_line_of_the_acl(valkey: Valkey, other: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        valkey.block(**other)


def test_a_list_whose_end_is_heavier_than_its_beginning_is_not_fetched(valkey: Valkey) -> None:
    """Sizes by a few samples from the beginning would let a hundred megabytes pass for kilobytes."""
    valkey.owner("CONFIG", "SET", "maxmemory", 0)
    valkey.grant(read_letters.permissions)
    many: list[Any] = [json.dumps({"id": f"e{number}"}) for number in range(5000)]
    valkey.admin.rpush(DEAD, *many)
    for number in range(100):
        valkey.admin.rpush(DEAD, json.dumps({"id": f"large{number}", "text": "x" * 300_000}))
    valkey.owner("CONFIG", "RESETSTAT")
    found = read_letters(valkey.block(), DEAD)
    assert found.taken > 30_000_000
    valkey.grant(read_prefixes.permissions)
    assert read_prefixes(valkey.block()).prefixes[DEAD].taken > 30_000_000
    assert found.length == 5100
    assert found.read > 0
    assert int(valkey.admin.info("stats")["total_net_output_bytes"]) < 10_000_000
