"""A real streaming replica of a sandbox's PostgreSQL: a standby that receives WAL by a slot, and may be read.

Made by one base backup of a small server, in about a second, and ended with this process as its primary is. What holds
its replay up is done to it for real: replay is paused, a query keeps what replay wants to remove, the receiver is cut
off, or the process that replays is held. `as_it_was` puts all of that right, without another backup.
"""

from __future__ import annotations

import os
import secrets
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from journal import clock
from sandbox import binaries as programs
from sandbox.database import Address, run_as_admin
from sandbox.errors import PostgresUnavailable
from sandbox.postgres import Postgres, await_ready, free_port, launch
from sandbox.process import wait_until

SENDERS: Final = 4
"""How many may stream from its primary: itself, and its base backup with the WAL of meanwhile."""
CAUGHT_UP_SECONDS: Final = 30.0
BACKUP_SECONDS: Final = 60.0
BEFORE_IT_ENDS_A_QUERY: Final = "30s"
"""How long a query may hold replay before the replica cancels it by itself: PostgreSQL's usual, as RDS has it."""

LOOKS, BETWEEN = 10, 0.05
"""How often it is looked, and seconds between, before it is called late."""
ENOUGH: Final = """
SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn, pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn()
"""
SEEN: Final = b"""
SELECT pg_last_wal_replay_lsn(), pg_last_xact_replay_timestamp(), pg_get_wal_replay_pause_state(),
       pg_current_snapshot(), (SELECT count(*) FROM pg_stat_activity), (SELECT count(*) FROM pg_class)
"""
"""What others ask while replay is held: all of it can be answered unless it holds what they wait for."""
YIELDS: Final = 10
"""How willingly what replays a part gives way to us, who look how far it is: on a busy machine it would replay all."""
TRIES, ANSWERS_WITHIN = 20, 2.0
LATE: Final = """
SELECT CASE WHEN pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver)
            THEN 0 ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END
"""
OTHERS_GO: Final = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND usename <> current_user"
)
NO_SLOT: Final = (
    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = {} AND NOT active"
)
CHANGES: Final = "GRANT EXECUTE ON FUNCTION pg_wal_replay_pause(), pg_wal_replay_resume() TO {}"


class Replica:
    """A running one. Make it with `start`, with a primary that has `SENDERS`."""

    def __init__(self, *, home: Path, primary: Postgres) -> None:
        self._primary, self._held = primary, 0
        self.slot = f"replica_{secrets.token_hex(4)}"
        self.log = home / "replica.log"
        self._folder = Path(tempfile.mkdtemp(prefix="codeblue-replica-"))
        self.address: Address = replace(primary.address, port=free_port())
        """As its primary's: it has the same roles with the same passwords."""
        try:
            self._back_up()
            (self._folder / "data" / "standby.signal").touch()
            self._guard = launch(
                primary.binaries,
                self._folder,
                port=self.address.port,
                log=self.log,
                settings={
                    # It must be able to hold whatever its primary may be raised to, or it would pause by itself.
                    "max_connections": str(primary.max_connections + 400),
                    "max_wal_senders": str(SENDERS),
                    "primary_slot_name": self.slot,
                    "wal_receiver_status_interval": "1s",
                    "wal_retrieve_retry_interval": "100ms",
                },
            )
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    @classmethod
    def start(cls, home: Path, *, primary: Postgres) -> Replica:
        """One of a primary that runs; its log goes to `home`. Raises `PostgresUnavailable`."""
        changer = sql.Identifier(primary.address.roles.changer)
        run_as_admin(primary.address, sql.Composed([sql.SQL(CHANGES).format(changer)]))
        made = cls(home=home, primary=primary)
        try:
            await_ready(made._guard, made.address, made.log)
            made.as_it_was()
        except BaseException:
            made.stop()
            raise
        return made

    def pause(self) -> None:
        """Let replay stop, as a person does who wants to look at how it was; WAL goes on to be received."""
        self.asked("SELECT pg_wal_replay_pause()")
        self._wait_for("paused", lambda: self.asked("SELECT pg_get_wal_replay_pause_state() = 'paused'"))

    def resume(self) -> None:
        """Let replay go on."""
        self.asked("SELECT pg_wal_replay_resume()")

    def cut_off(self) -> None:
        """Let it know no primary, so that nothing is received."""
        self._set("primary_conninfo", "")
        self._wait_for("cut off", lambda: not self.asked("SELECT count(*) FROM pg_stat_wal_receiver"))

    def connect(self) -> None:
        """Let it receive from its primary."""
        self._set("primary_conninfo", self._primary.address.admin(database="postgres"))

    def never_ends_queries(self) -> None:
        """Let a query hold replay for as long as it runs, as replicas for reports are often set."""
        self._set("max_standby_streaming_delay", "-1")

    def ends_queries_at_once(self) -> None:
        """Let no query hold replay: those in its way are cancelled, as they are in time on most replicas."""
        self._set("max_standby_streaming_delay", "0")

    def hold(self) -> None:
        """Stop the process that replays, as a disk does that does not answer; nothing in the server tells of it."""
        self._stop(int(self.asked("SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'")))

    def replay_some(self, size: int) -> None:
        """Let the process that is held replay about `size` bytes and hold it again, unless that was all there is."""
        if not self._held:
            return
        with closing(psycopg.connect(self.address.admin(), autocommit=True)) as connection:
            row = connection.execute("SELECT pg_last_wal_replay_lsn() + %s", (size,)).fetchone()
            held, enough, level = self._held, False, False
            self._may_run(held, YIELDS)
            self.release()
            while not (enough or level):
                found = connection.execute(ENOUGH, row).fetchone()
                enough, level = found or (False, False)
            if not level:
                self._stop(held)
            self._may_run(held, 0)

    @staticmethod
    def _may_run(replaying: int, niceness: int) -> None:
        """How willingly it gives way; who is not root cannot take that back, and it stays."""
        with suppress(PermissionError, ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, replaying, niceness)

    def _stop(self, replaying: int) -> None:
        """Stop it where it holds no lock that others need: the server gives a lock up for broken after a minute."""
        with closing(psycopg.connect(self.address.admin(), autocommit=True)) as connection:
            for _ in range(TRIES):
                os.kill(replaying, signal.SIGSTOP)
                self._held = replaying
                connection.pgconn.send_query(SEEN)
                answered, _, _ = select.select([connection.pgconn.socket], [], [], ANSWERS_WITHIN)
                if not answered:
                    self.release()
                while connection.pgconn.get_result():
                    pass
                if answered:
                    return
        raise PostgresUnavailable(f"The replica does not answer while its replay is held; see {self.log}.")

    @property
    def late(self) -> float:
        """How late it is (seconds), as RDS tells it: not at all where it has replayed all that it received."""
        return float(self.asked(LATE))

    def stays_later(self, than: float) -> bool:
        """Whether it is and remains so late (seconds), and not for a moment only, as where the machine is busy."""
        return all(clock.sleep(BETWEEN) or self.late > than for _ in range(LOOKS))

    def release(self) -> None:
        """Let the process that replays go on; harmless where it was not held."""
        if self._held:
            with suppress(ProcessLookupError):
                os.kill(self._held, signal.SIGCONT)
            self._held = 0

    def as_it_was(self) -> None:
        """As in good times; returns when it has replayed what its primary has written by now."""
        self.release()
        self.resume()
        self._set("max_standby_streaming_delay", BEFORE_IT_ENDS_A_QUERY)
        self.connect()
        self.asked(OTHERS_GO)
        self.catch_up()

    def catch_up(self) -> None:
        """Return when it has replayed what its primary has written by now."""
        with psycopg.connect(self._primary.address.admin(), autocommit=True) as primary:
            # What is written and not flushed is not sent: a commit that waits for the disk takes it along.
            primary.execute("SET synchronous_commit = local")
            primary.execute("SELECT pg_logical_emit_message(true, 'sandbox', '')")
            row = primary.execute("SELECT pg_current_wal_flush_lsn()").fetchone()
        written = row[0] if row else None
        self._wait_for(
            f"at {written}",
            lambda: self.asked("SELECT coalesce(pg_last_wal_replay_lsn() >= %s::pg_lsn, false)", written),
        )

    def asked(self, question: str, *values: Any) -> Any:
        """One value that it answers; for the sandbox itself, never for a runbook."""
        with closing(psycopg.connect(self.address.admin(), autocommit=True)) as connection:
            row = connection.execute(question.encode(), values or None).fetchone()
        return row[0] if row else None

    def stop(self) -> None:
        """End it at once, with its data, and let its primary keep nothing for it."""
        self.release()
        self._guard.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
        with suppress(psycopg.Error, PostgresUnavailable):
            run_as_admin(self._primary.address, sql.Composed([sql.SQL(NO_SLOT).format(sql.Literal(self.slot))]))

    def _set(self, name: str, value: str) -> None:
        with closing(psycopg.connect(self.address.admin(), autocommit=True)) as connection:
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
            connection.execute("SELECT pg_reload_conf()")

    def _wait_for(self, what: str, holds: Callable[[], bool]) -> None:
        late = PostgresUnavailable(f"The replica is not {what} after {CAUGHT_UP_SECONDS:g} s; see {self.log}.")
        wait_until(holds, seconds=CAUGHT_UP_SECONDS, failing=lambda: late)

    def _back_up(self) -> None:
        address, account = self._primary.address, programs.account()
        if account is not None:
            os.chown(self._folder, *account)
        uid, gid = account or (None, None)
        command = [str(self._primary.binaries.folder / "pg_basebackup"), "-D", str(self._folder / "data")]
        command += ["-h", address.host, "-p", str(address.port), "-U", address.superuser, "-w"]
        command += ["-c", "fast", "-X", "stream", "--no-sync", "-C", "-S", self.slot]
        made = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=BACKUP_SECONDS,
            user=uid,
            group=gid,
            extra_groups=[] if uid else None,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PGPASSWORD": address.superuser_password},
        )
        if made.returncode:
            raise PostgresUnavailable(f"A base backup of {address.host}:{address.port} failed: {made.stderr.strip()}")
