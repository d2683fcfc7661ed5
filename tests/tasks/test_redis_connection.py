"""The connection on a real server: who is kept out learns why, and each user may do what is printed and no more."""

from __future__ import annotations

import pickle
import socket
import threading
from datetime import timedelta
from typing import Any

import pytest

from blocks.notifier import Notifier
from blocks.permissions import Needs, NotNamed
from blocks.redis import Redis
from blocks.redis_errors import Away, Refused, reason_of
from blocks.redis_parts import DeadLetters, MemoryBounds, Regenerating, literally
from deployments.permissions import granted, usual
from journal.facts.words import Answer
from runbook import CodeBlueError, Permanent, Warrant
from runbook.change import CHANGES
from sandbox.rehearsal import wait
from tasks.redis.clients import read_clients
from tasks.redis.end import EndIdleClients
from tasks.redis.keys import read_prefixes
from tasks.redis.letters import read_letters
from tasks.redis.read import read_ping
from tasks.redis.reprocess import ReprocessLetters
from tasks.redis.unlink import UnlinkPrefix
from tests.tasks.cases import WARRANT
from tests.tasks.valkey import DEAD, LIMITS, QUEUE, Valkey, entered, loading, nobody, silent
from tests.typing.till import Till

OURS = {name: change for name, change in CHANGES.items() if change.__module__.startswith("tasks.redis.")}
LOOKS = (read_ping, read_prefixes, read_clients, read_letters)
NEEDS = Needs(
    reading=frozenset(need for one in LOOKS for need in one.permissions)
    | frozenset(need for one in OURS.values() for need in one.reads)
    | Redis.own_needs(),
    changing=frozenset(need for one in OURS.values() for need in one.permissions),
)


def ask(block: Redis) -> None:
    with block.reading() as client:
        client.ping()


@pytest.fixture
def all_granted(valkey: Valkey) -> Valkey:
    valkey.grant(NEEDS.reading, NEEDS.changing)
    return valkey


@pytest.mark.parametrize(
    ("other", "kind", "why"),
    [
        ({"reader_password": "wrong"}, Refused, "refuses the name or password of reader; correct the saved block"),
        ({"reader": "stranger"}, Refused, "refuses the name or password of stranger"),
        ({"port": 1}, Away, r"127\.0\.0\.1:1 refuses connections; check that it runs"),
        ({"host": "nowhere.invalid"}, Away, "its name is not known here"),
        (
            {"reader": "nobody", "reader_password": "sees nothing"},
            Refused,
            "nobody may not do this",
        ),
        ({"db": 99}, Refused, "no permissions to run the 'select' command"),
    ],
)
def test_what_keeps_us_out_is_said_with_a_remedy(
    all_granted: Valkey, other: dict[str, Any], kind: type[CodeBlueError], why: str
) -> None:
    block = all_granted.block(**other)
    with pytest.raises(kind, match=why) as kept_out:
        ask(block)
    assert not any(secret in str(kept_out.value) for secret in ("wrong", "reads", "sees nothing"))
    (check,) = block.checks()
    assert check.answer is Answer.UNKNOWN
    assert check.text == str(kept_out.value)


def test_a_server_that_wants_a_password_from_everybody_says_so(all_granted: Valkey) -> None:
    """NOAUTH: what a client without any name hears."""
    all_granted.owner("ACL", "SETUSER", "default", "resetpass", ">owner")
    try:
        with entered(all_granted.port) as client, pytest.raises(Exception, match="Authentication required") as raised:
            client.ping()
    finally:
        all_granted.owner("ACL", "SETUSER", "default", "nopass")
    assert reason_of(raised.value) == "password"


def test_a_server_that_loads_its_data_is_waited_for(all_granted: Valkey) -> None:
    with loading(all_granted):
        with pytest.raises(Away, match=r"is loading its data \(LOADING\) and answers nothing yet; wait") as away:
            ask(all_granted.block())
        assert away.value.reason == "loading"


def test_a_replica_that_refuses_writes_is_told_from_a_missing_right(all_granted: Valkey) -> None:
    all_granted.owner("REPLICAOF", "127.0.0.1", "1")
    said = r"is a replica and takes no writes \(READONLY\); name the primary"
    with pytest.raises(Refused, match=said), all_granted.block().changing(WARRANT) as client:
        client.unlink(f"{LIMITS}1")
    all_granted.owner("CONFIG", "SET", "replica-serve-stale-data", "no")
    with pytest.raises(Away, match="MASTERDOWN"):
        ask(all_granted.block())


def test_a_full_server_and_one_without_a_place_are_told_apart(all_granted: Valkey) -> None:
    all_granted.owner("CONFIG", "SET", "maxclients", 1)
    with pytest.raises(Away, match="maxclients is reached"):
        ask(all_granted.block())
    all_granted.owner("CONFIG", "SET", "maxclients", 100, "maxmemory", 1000)
    app = all_granted.block(changer="app", changer_password="works")
    with pytest.raises(Refused, match=r"full and refuses writes \(OOM\)"), app.changing(WARRANT) as client:
        client.set("more", "x")


def test_a_script_that_keeps_the_server_busy_is_waited_for(all_granted: Valkey) -> None:
    all_granted.owner("CONFIG", "SET", "busy-reply-threshold", 20)
    with entered(all_granted.port, timeout=60) as other:
        thread = threading.Thread(target=lambda: _runs(other))
        thread.start()
        try:
            said = wait(lambda: _kept_out(all_granted), within=60, what="it to be busy")
            assert "is busy with somebody's script (BUSY)" in said
        finally:
            _end_script(all_granted)
            thread.join()
    all_granted.owner("CONFIG", "SET", "busy-reply-threshold", 5000)


def _kept_out(valkey: Valkey) -> str | None:
    try:
        ask(valkey.block())
    except Away as away:
        return str(away)
    return None


def _runs(client: Any) -> None:
    with pytest.raises(Exception, match="killed"):
        client.eval("while true do end", 0)


def _end_script(valkey: Valkey) -> None:
    with entered(valkey.port) as client:
        client.execute_command("SCRIPT", "KILL")


def test_whoever_speaks_plainly_is_not_asked_for_tls(all_granted: Valkey) -> None:
    block = all_granted.block(tls=True, patience=timedelta(milliseconds=300))
    with pytest.raises(CodeBlueError, match="TLS"):
        ask(block)


def test_a_stuck_server_keeps_nobody_for_longer_than_patience(all_granted: Valkey) -> None:
    with silent(all_granted), pytest.raises(Away, match=r"within 0\.3 s"):
        ask(all_granted.block(patience=timedelta(milliseconds=300)))


def test_a_server_that_answers_in_drops_is_given_up() -> None:
    """Each drop is in time; the whole never is."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            taken, _ = listening.accept()
            with taken:
                while b"PING" not in taken.recv(1000):
                    taken.sendall(b"+OK\r\n")
                while not ended.wait(0.05):
                    try:
                        taken.sendall(b"+")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        block = Redis(
            host="127.0.0.1",
            port=listening.getsockname()[1],
            reader="r",
            reader_password="x",
            changer="c",
            changer_password="x",
            tls=False,
            patience=timedelta(milliseconds=200),
        )
        with pytest.raises(Away, match=r"did not answer within 0\.2 s"):
            ask(block)
        ended.set()
        thread.join()


@pytest.mark.parametrize("error", [Refused("no", "replica"), Away("no", "loading")])
def test_errors_survive_being_handed_to_another_process(error: Any) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.reason) == (type(error), "no", error.reason)


def test_clients_show_who_acts_for_which_incident(all_granted: Valkey) -> None:
    odd = Warrant(incident="INC 1\n", mitigation="m", digest="0" * 16, act=WARRANT.act, by="x")
    with all_granted.block().reading(), all_granted.block().changing(odd) as client:
        client.time()
        names = {one["name"] for one in all_granted.admin.client_list()}
    assert "codeblue-INC-1-" in names


def test_without_a_warrant_nobody_changes_anything(all_granted: Valkey) -> None:
    with pytest.raises(Permanent, match="without a warrant"), all_granted.block().changing(None):  # pyright: ignore[reportArgumentType] # that is refused
        pass


def test_each_user_is_allowed_what_is_printed_and_is_found_to_be(all_granted: Valkey) -> None:
    block = all_granted.block()
    assert [(one.look().said, one.look().unclear) for one in block.held(NEEDS, {}, {})] == [((), ()), ((), ())]


@pytest.mark.parametrize(
    ("user", "words", "said"),
    [
        ("reader", ["-scan"], "The reading Redis user lacks +scan; redis_full would be blind without it."),
        ("reader", ["clearselectors"], "lacks +llen %R~till:dead"),
        ("reader", ["+get"], "may do +get, which is not generated; take it away."),
        ("reader", ["(+get %R~*)"], "may do +get %R~*, which is not generated"),
        ("reader", ["~*", "+@all"], "may do +@all ~*, which is not generated"),
        ("reader", ["off"], "is switched off."),
        ("reader", ["nopass"], "needs no password; give it one."),
        ("reader", ["&news"], "may use the channels &news"),
        ("changer", ["-client|kill"], "lacks +client|kill; redis_full would be unable to act without it."),
        ("changer", ["+flushall"], "may do +flushall"),
        ("changer", ["(+unlink ~*)"], "may do +unlink ~*, which is not generated"),
    ],
)
def test_what_differs_from_what_is_printed_is_said(all_granted: Valkey, user: str, words: list[str], said: str) -> None:
    all_granted.owner("ACL", "SETUSER", user, *(part for word in words for part in word.split()))
    users = dict.fromkeys(NEEDS.reading | NEEDS.changing, ("redis_full",))
    looks = dict(zip(("reader", "changer"), all_granted.block().held(NEEDS, {}, users), strict=True))
    if user == "reader" and words == ["off"]:  # whoever is off cannot look; its owner's console can
        with pytest.raises(Refused, match="refuses the name or password"):
            looks[user].look()
        return
    found = looks[user].look()
    assert any(said in one for one in found.said), found


def test_whether_a_command_is_in_a_category_is_not_guessed(all_granted: Valkey) -> None:
    all_granted.owner("ACL", "SETUSER", "changer", "-time", "+@fast")
    found = list(all_granted.block().held(NEEDS, {}, {}))[1].look()
    assert any("+@fast is not told" in one for one in found.unclear)


def test_a_user_that_is_not_there_is_said(all_granted: Valkey) -> None:
    block = all_granted.block(changer="stranger")
    with pytest.raises(Permanent, match="There is no user stranger"):
        list(block.held(NEEDS, {}, {}))[1].look()


def test_nothing_that_the_block_does_not_name_is_granted(valkey: Valkey) -> None:
    bare = valkey.block(prefixes=[], dead_letters=[])
    for change, kind in ((UnlinkPrefix, "prefix"), (ReprocessLetters, "moving")):
        with pytest.raises(NotNamed, match=f"the saved block names no {kind}"):
            list(bare.grants(Needs(changing=frozenset(change.permissions)), {}))
    assert len(list(bare.grants(Needs(changing=frozenset(EndIdleClients.permissions)), {}))) == 1


def test_a_line_names_patterns_literally_and_no_password(valkey: Valkey) -> None:
    lines = [word for one in valkey.block().grants(NEEDS, {}) for word in one.document]
    assert [one.split()[2] for one in lines] == ["reader", "changer"]
    assert r"(-@all +unlink ~limits:* ~odd\*\[x\]\?:*)" in lines[1]
    assert not any(">" in one or "reads" in one or "nopass" in one for one in lines)
    assert not any("~*" in word.split() for word in lines[1:])


def test_the_permissions_of_an_environment_are_drawn_for_placeholders_too() -> None:
    (grants,) = granted(NEEDS, usual(Till)).connections.values()
    assert [one.title for one in grants] == ["Reading Redis user", "Changing Redis user"]
    assert "ACL SETUSER READER on" in grants[0].document[0]


def test_another_database_brings_the_right_to_choose_it(valkey: Valkey) -> None:
    third = valkey.block(db=3)
    valkey.grant(["redis:ping"], block=third)
    ask(third)
    valkey.grant(["redis:ping"])
    with pytest.raises(Refused, match="'select'"):
        ask(third)


def test_a_block_is_the_same_after_it_was_saved(valkey: Valkey) -> None:
    env = Till(notifier=Notifier(), redis=valkey.block())
    again = Till.model_validate(env.model_dump(context={"include_secrets": True}))
    assert again.place() == env.place()
    assert again.fingerprint("salt") == env.fingerprint("salt")
    assert again.redis.reader_password.get_secret_value() == "reads"
    assert not any(one in repr(env) for one in ("reads", "changes"))
    assert nobody(valkey).where == env.redis.where


@pytest.mark.parametrize("name", ["a b", "a(b", "a\x00b", "ä"])
def test_keys_that_no_line_of_the_acl_can_say_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        DeadLetters(key=name, owner="x")
    with pytest.raises(ValueError, match="printable ASCII"):
        DeadLetters(key=DEAD, queue=name, owner="x")


def test_what_is_moved_is_counted_in_the_slot_of_its_list() -> None:
    assert DeadLetters(key=DEAD, queue=QUEUE, owner="x").moved == "codeblue:moved:{till:dead}"


def test_patterns_mean_themselves() -> None:
    assert literally(r"a*b?[c]^\d") == r"a\*b\?\[c\]\^\\d"
    assert Regenerating(prefix="a*", owner="x").at_most == 50_000
    assert MemoryBounds(owner="x", least=1, most=2).policies == ()
