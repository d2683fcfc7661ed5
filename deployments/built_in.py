"""What is deployed whatever systems there are: who is told while something waits, and what keeps the records honest."""

from __future__ import annotations

from typing import Final

from deployments.deployed import Listed

INSTALLATION: Final = "installation"
"""The tag of what belongs to no system."""

BUILT_IN: Final = (
    Listed(
        name="page",
        entrypoint="deployments.escalating.page",
        description="Tell the contacts of one level that an incident waits for them. Created by the escalation.",
        tags=(INSTALLATION,),
    ),
    Listed(
        name="escalation",
        entrypoint="deployments.escalating.escalation",
        description="See to it that every page that is due has its run.",
        tags=(INSTALLATION,),
        schedules=({"cron": "* * * * *", "slug": "every-minute"},),
    ),
    Listed(
        name="journal",
        entrypoint="deployments.checks.records.journal_intact",
        description="Look for edited, removed or reordered entries in the journal.",
        tags=("check", INSTALLATION),
        schedules=({"cron": "0 4 * * *", "slug": "every-night"},),
    ),
    Listed(
        name="reviews",
        entrypoint="deployments.checks.records.reviews",
        description="Find the runbooks whose review date has passed.",
        tags=("check", INSTALLATION),
        schedules=({"cron": "0 7 * * 1", "slug": "every-monday"},),
    ),
)
