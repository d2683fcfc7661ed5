"""PLAN: the vocabulary of a runbook, and judging evidence. Pure: no Prefect, no network, no clock.

A runbook is inert, typed data made of these words; only `flows.follow` acts on it. Authors import everything from
here; the words and what they mean are in `docs/glossary.md`.
"""

from journal.facts.policy import Hours
from journal.facts.words import Answer, Channel, Effect, Ending, Going, Stake, Standing
from runbook.alert import Alert, Severity
from runbook.attested import Attested, attested
from runbook.change import (
    Change,
    Long,
    NotNeeded,
    Outcome,
    Plan,
    Progress,
    Result,
    Reversible,
    Target,
    Warrant,
    changes,
)
from runbook.errors import CodeBlueError, Drifted, NotSafe, Permanent, SlowDown, Temporary
from runbook.escalation import Escalation, Level
from runbook.evidence import Evidence, Told
from runbook.hypothesis import Hypothesis, Strength
from runbook.mitigation import (
    Approval,
    Examination,
    Guardrail,
    HandOff,
    Irreversible,
    Manual,
    Mitigation,
    NoApproval,
    Refusal,
    Step,
    Wait,
    WayBack,
)
from runbook.model import Runbook
from runbook.onsets import Onset, onset
from runbook.probe import Context, Facts, Form, Look, Probe, Reading, Unreadable, look, probe
from runbook.procedure import Procedure
from runbook.release import Around, Coincidence, Release, Releases, Since
from runbook.selection import Selection
from runbook.trends import Trend, trend
from runbook.usual import Compared, compared

__all__ = [
    "Alert",
    "Answer",
    "Approval",
    "Around",
    "Attested",
    "Change",
    "Channel",
    "CodeBlueError",
    "Coincidence",
    "Compared",
    "Context",
    "Drifted",
    "Effect",
    "Ending",
    "Escalation",
    "Evidence",
    "Examination",
    "Facts",
    "Form",
    "Going",
    "Guardrail",
    "HandOff",
    "Hours",
    "Hypothesis",
    "Irreversible",
    "Level",
    "Long",
    "Look",
    "Manual",
    "Mitigation",
    "NoApproval",
    "NotNeeded",
    "NotSafe",
    "Onset",
    "Outcome",
    "Permanent",
    "Plan",
    "Probe",
    "Procedure",
    "Progress",
    "Reading",
    "Refusal",
    "Release",
    "Releases",
    "Result",
    "Reversible",
    "Runbook",
    "Selection",
    "Severity",
    "Since",
    "SlowDown",
    "Stake",
    "Standing",
    "Step",
    "Strength",
    "Target",
    "Temporary",
    "Told",
    "Trend",
    "Unreadable",
    "Wait",
    "Warrant",
    "WayBack",
    "attested",
    "changes",
    "compared",
    "look",
    "onset",
    "probe",
    "trend",
]
