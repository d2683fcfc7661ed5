"""What is in rung's database: its tables, with rows that mean nothing, and the roles that look at it.

Used once per PostgreSQL version to make the template every sandbox is copied from, and once for a server of one's own.
`sessions.client_id`, `clinical_briefs.session_id` and `audit_logs.created_at` have no index, as in production.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from psycopg import sql

Role = Literal["rung_app", "rung_reader", "rung_changer", "rung_blind"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
"""rung_app: the application. rung_reader: looks at statistics, never writes. rung_changer: ends sessions and creates
indexes.
rung_blind: may connect, but sees nothing of other people's sessions."""

RESERVES_SINCE: Final = 16
"""From this PostgreSQL on, slots can be reserved for roles that are not superusers."""

TABLES: Final = """
CREATE TABLE clients (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    therapist_id bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE sessions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id bigint NOT NULL REFERENCES clients,
    status text NOT NULL,
    held_at timestamptz NOT NULL
);
CREATE TABLE clinical_briefs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES sessions,
    brief text NOT NULL
);
CREATE TABLE audit_logs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_type text NOT NULL,
    action text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE couple_links (
    id uuid PRIMARY KEY,
    partner_a_id bigint NOT NULL REFERENCES clients,
    partner_b_id bigint NOT NULL REFERENCES clients,
    therapist_id bigint NOT NULL,
    status text NOT NULL
);
INSERT INTO clients (therapist_id) SELECT 1 + n % 40 FROM generate_series(1, 1000) AS n;
INSERT INTO sessions (client_id, status, held_at)
    SELECT 1 + n % 1000, 'completed', now() - n * interval '1 hour' FROM generate_series(1, 4000) AS n;
INSERT INTO clinical_briefs (session_id, brief)
    SELECT n, 'synthetic brief ' || n FROM generate_series(1, 4000) AS n;
INSERT INTO audit_logs (event_type, action, created_at)
    SELECT (ARRAY['couples_merge', 'login', 'session'])[1 + n % 3], 'recorded', now() - n * interval '1 minute'
    FROM generate_series(1, 6000) AS n;
INSERT INTO couple_links (id, partner_a_id, partner_b_id, therapist_id, status)
    SELECT md5(n::text)::uuid, 1 + (40 * n) % 1000, 1 + (40 * n + 40) % 1000, 2, 'ACTIVE'
    FROM generate_series(1, 200) AS n;
"""


ACCESS: Final = """
CREATE ROLE rung_owner NOLOGIN;
CREATE ROLE rung_app LOGIN;
CREATE ROLE rung_reader LOGIN;
CREATE ROLE rung_changer LOGIN;
CREATE ROLE rung_blind LOGIN;
REVOKE CONNECT, TEMPORARY ON DATABASE rung FROM PUBLIC;
GRANT CONNECT ON DATABASE rung TO rung_app, rung_reader, rung_changer, rung_blind;
GRANT USAGE, CREATE ON SCHEMA public TO rung_owner;
GRANT pg_monitor TO rung_reader;
ALTER ROLE rung_reader SET default_transaction_read_only = on;
GRANT pg_signal_backend, pg_read_all_stats, rung_owner TO rung_changer;
"""
"""The changer sees statistics too: it must read again what it is about to end."""

RELATIONS: Final = """
GRANT SELECT (id, therapist_id, status, partner_a_id, partner_b_id) ON couple_links TO rung_reader;
GRANT SELECT (id, therapist_id) ON clients TO rung_reader;
"""
"""Who belongs to whom, by ids, and nothing else of a client: a runbook about merges asks for these columns."""

RESERVE: Final = "GRANT pg_use_reserved_connections TO rung_reader, rung_changer, rung_blind;"
STATISTICS: Final = "CREATE EXTENSION pg_stat_statements;"


def statements(*, version: int, with_statistics: bool) -> sql.Composed:
    """Everything to run, as superuser and inside the empty database, on PostgreSQL `version` (the major number).

    `with_statistics` adds pg_stat_statements, where the server has it and has loaded it.
    """
    parts = [
        sql.SQL(ACCESS),
        sql.SQL(RESERVE if version >= RESERVES_SINCE else ""),
        sql.SQL(STATISTICS if with_statistics else ""),
        sql.SQL("SET ROLE rung_owner;"),
        sql.SQL(TABLES),
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO rung_app;"),
        sql.SQL(RELATIONS),
        sql.SQL("RESET ROLE;"),
    ]
    return sql.Composed(parts)
