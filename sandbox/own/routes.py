"""What the receiver of a rehearsal takes its routes from (`routes_from = ["sandbox.own.routes:RULES"]`)."""

from __future__ import annotations

from sandbox.own.world import practice_rules

RULES = practice_rules()
