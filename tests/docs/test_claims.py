"""What is said to have become of each row of the old runbooks is borne out by the code."""

from __future__ import annotations

import pytest

from docs import claims
from docs.claims import Row, faults, inventory, rows, systems

SAID = claims.claims()


@pytest.mark.parametrize("system", systems())
def test_what_became_of_each_row_is_borne_out_by_the_code(system: str) -> None:
    assert list(faults(rows(system), SAID)) == []


@pytest.mark.parametrize("system", systems())
def test_no_row_is_missing_and_none_is_there_twice(system: str) -> None:
    kept = {row.id: row.line for row in rows(system)}
    assert len(kept) == len(rows(system))
    known = inventory(system)
    assert known is None or known == kept


def row(**more: object) -> Row:
    return Row(**{"id": "rung.c001", "line": 1, "disposition": "implemented", "claimed_by": ("here",), **more})


@pytest.mark.parametrize(
    ("given", "said", "fault"),
    [
        (row(), {"rung.c001": {"here": "probe"}}, None),
        (row(disposition="reference", claimed_by=()), {}, None),
        (row(disposition="replaced"), {"rung.c001": {"here": "refusal"}}, None),
        (row(disposition="done"), {"rung.c001": {"here": "probe"}}, "no disposition"),
        (row(disposition="open", claimed_by=()), {}, "is open"),
        (row(disposition="pending", claimed_by=()), {}, "is pending no longer"),
        (row(id="medicalcor.c001", disposition="pending", claimed_by=()), {}, None),
        (row(id="medicalcor.c001", disposition="pending"), {"medicalcor.c001": {"here": "probe"}}, "pending no longer"),
        (row(claimed_by=()), {}, "no code is named"),
        (row(), {}, "does not name it"),
        (row(), {"rung.c001": {"here": "refusal"}}, "none of what claims it"),
        (row(disposition="manual"), {"rung.c001": {"here": "probe"}}, "none of what claims it"),
        (row(), {"rung.c001": {"here": "probe"}, "rung.c999": {"there": "probe"}}, "which is no row"),
    ],
)
def test_what_does_not_stand_is_said(
    given: Row, said: dict[str, dict[str, str]], fault: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "UNFINISHED", frozenset({"medicalcor"}))
    found = " ".join(faults([given], said))
    assert fault in found if fault else found == ""


def test_an_open_or_pending_row_is_decided_by_what_claims_it() -> None:
    given = {"rung.c001": "open", "rung.c002": "open", "rung.c003": "replaced"}
    given |= {"medicalcor.c001": "pending", "medicalcor.c002": "pending"}
    found = claims.renewed(
        [row(id=name, disposition=disposition) for name, disposition in given.items()],
        {"rung.c001": {"x": "refusal"}, "rung.c003": {"y": "probe"}, "medicalcor.c001": {"z": "probe"}},
    )
    assert [(one.disposition, one.claimed_by) for one in found] == [
        ("refused", ("x",)),
        ("open", ()),
        ("replaced", ("y",)),
        ("implemented", ("z",)),
        ("pending", ()),
    ]


def test_the_escalation_matrix_and_the_log_locations_are_claimed_by_the_environment() -> None:
    assert "blocks/rung.py:Rung" in SAID["rung.t563c"]
    assert "blocks/rung_parts.py:LogGroups" in SAID["rung.t576"]
