"""What is in MedicalCor's database: its tables, with rows that mean nothing, and the roles that look at it.

`leads.phone_hash`, `messages.lead_id` and `domain_events.occurred_at` have no index, as in production.
"""

from __future__ import annotations

from typing import Final

from sandbox.schema import Roles, Schema

TABLES: Final = """
CREATE TABLE leads (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phone_hash text NOT NULL,
    status text NOT NULL,
    score int,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lead_id bigint NOT NULL REFERENCES leads,
    channel text NOT NULL,
    state text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE appointments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lead_id bigint NOT NULL REFERENCES leads,
    starts_at timestamptz NOT NULL,
    state text NOT NULL
);
CREATE TABLE domain_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    aggregate text NOT NULL,
    kind text NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO leads (phone_hash, status, score)
    SELECT md5(n::text), (ARRAY['new', 'contacted', 'booked'])[1 + n % 3], n % 6 FROM generate_series(1, 2000) AS n;
INSERT INTO messages (lead_id, channel, state, created_at)
    SELECT 1 + n % 2000, 'whatsapp', 'delivered', now() - n * interval '1 minute' FROM generate_series(1, 6000) AS n;
INSERT INTO appointments (lead_id, starts_at, state)
    SELECT 1 + n % 2000, now() + n * interval '1 hour', 'planned' FROM generate_series(1, 1000) AS n;
INSERT INTO domain_events (aggregate, kind, occurred_at)
    SELECT 'lead-' || n % 2000, 'lead.scored', now() - n * interval '1 hour' FROM generate_series(1, 6000) AS n;
"""

ROLES: Final = Roles(
    owner="medicalcor_owner",
    application="medicalcor_app",
    reader="medicalcor_reader",
    changer="medicalcor_changer",
    blind="medicalcor_blind",
)

SCHEMA: Final = Schema(database="medicalcor", roles=ROLES, tables=TABLES)
