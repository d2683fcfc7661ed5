"""The table of how sure drills were and how often they were right."""

from __future__ import annotations

import pytest

from sandbox.drills.calibration import ENOUGH, Blamed, bands


def verdicts(score: float, *, right: int, wrong: int) -> list[Blamed]:
    return [Blamed(score=score, right=True)] * right + [Blamed(score=score, right=False)] * wrong


def test_every_verdict_is_in_one_band() -> None:
    every = [Blamed(score=score, right=True) for score in (0.5, 0.69, 0.7, 0.85, 0.95, 0.999, 1.0)]
    assert [len(band.verdicts) for band in bands(every)] == [2, 1, 1, 3]


@pytest.mark.parametrize(
    ("score", "right", "wrong", "kept"),
    [
        (0.97, ENOUGH, 0, True),
        (0.97, ENOUGH - 4, 4, False),  # sure, and often wrong
        (0.75, 15, 5, True),
        (0.6, ENOUGH, 0, False),  # in doubt, and always right
        (0.97, 0, ENOUGH - 1, None),  # too few to say
    ],
)
def test_a_band_is_kept_when_about_as_many_are_right_as_it_says(
    score: float, right: int, wrong: int, kept: bool | None
) -> None:
    (band,) = [band for band in bands(verdicts(score, right=right, wrong=wrong)) if band.verdicts]
    assert band.kept is kept
