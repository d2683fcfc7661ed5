"""What is in rung's database: its tables, with rows that mean nothing, and the roles that look at it.

`sessions.client_id`, `clinical_briefs.session_id` and `audit_logs.created_at` have no index, as in production.
"""

from __future__ import annotations

from typing import Final

from sandbox.schema import Roles, Schema

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

RELATIONS: Final = """
GRANT SELECT (id, therapist_id, status, partner_a_id, partner_b_id) ON couple_links TO rung_reader;
GRANT SELECT (id, therapist_id) ON clients TO rung_reader;
"""
"""Who belongs to whom, by ids, and nothing else of a client: a runbook about merges asks for these columns."""

ROLES: Final = Roles(
    owner="rung_owner", application="rung_app", reader="rung_reader", changer="rung_changer", blind="rung_blind"
)

SCHEMA: Final = Schema(database="rung", roles=ROLES, tables=TABLES, relations=RELATIONS)
