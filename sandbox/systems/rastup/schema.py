"""What is in Rastup's database: its tables, with rows that mean nothing, and the roles that look at it.

`users.city`, `bookings.user_id` and `messages.sent_at` have no index, as in production.
"""

from __future__ import annotations

from typing import Final

from sandbox.schema import Roles, Schema

TABLES: Final = """
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    city text NOT NULL,
    kind text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE bookings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users,
    state text NOT NULL,
    starts_at timestamptz NOT NULL
);
CREATE TABLE messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    booking_id bigint NOT NULL REFERENCES bookings,
    state text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO users (city, kind)
    SELECT (ARRAY['los-angeles', 'new-york', 'miami', 'austin'])[1 + n % 4],
           (ARRAY['model', 'photographer'])[1 + n % 2] FROM generate_series(1, 2000) AS n;
INSERT INTO bookings (user_id, state, starts_at)
    SELECT 1 + n % 2000, 'confirmed', now() + n * interval '1 hour' FROM generate_series(1, 4000) AS n;
INSERT INTO messages (booking_id, state, sent_at)
    SELECT 1 + n % 4000, 'delivered', now() - n * interval '1 minute' FROM generate_series(1, 6000) AS n;
"""

ROLES: Final = Roles(
    owner="rastup_owner",
    application="rastup_app",
    reader="rastup_reader",
    changer="rastup_changer",
    blind="rastup_blind",
)

SCHEMA: Final = Schema(database="rastup", roles=ROLES, tables=TABLES)
