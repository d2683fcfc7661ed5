"""What MedicalCor's triage sees beside the symptoms: what is not told is not called well."""

from __future__ import annotations

import pytest

from flows.medicalcor.probes.triage import Services, down, unready
from runbook import Permanent
from tasks.cloudrun.read import Service
from tasks.web.parts import Part, Parts


def services(*ready: bool | None) -> Services:
    return Services(
        services=tuple(
            Service(name=f"service-{n}", wanted=(), traffic=(), newest="", newest_ready="", ready=one)
            for n, one in enumerate(ready)
        )
    )


def parts(*told: Part) -> Parts:
    return Parts(host="api", status=200, parts=told)


def test_a_service_that_is_not_ready_is_told_and_one_that_is_not_known_is_not_called_well() -> None:
    assert unready(services(True, True)) == []
    assert unready(services(False, None)) == ["service-0 is not ready"]
    with pytest.raises(Permanent, match="service-1 is ready is not known"):
        unready(services(True, None))


def test_an_api_that_names_nothing_that_it_needs_is_not_called_well() -> None:
    database, breaker = Part(of="postgresql", state="down"), Part(of="circuit:hubspot", state="down")
    assert down(parts(database, breaker)) == ["the API says that it lacks postgresql"]
    assert down(parts(Part(of="postgresql", state="well"))) == []
    for nothing in (parts(), parts(breaker)):
        with pytest.raises(Permanent, match="names nothing"):
            down(nothing)
