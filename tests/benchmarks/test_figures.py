"""The benchmarks' arithmetic and their table, from made-up figures; nothing here takes any time."""

import io
import re

import pytest
from rich.console import Console

from benchmarks.__main__ import main
from benchmarks.figures import Figure, Goal, Series, Unit
from benchmarks.table import parts, table

MADE_UP = Figure(
    title="Alert accepted → first reading in the journal",
    ours=((Series(name="Code Blue", samples=[0.31, 0.29, 0.27]), Goal(at_most=0.30)),),
    references=(Series(name="stock serve(): created", samples=[8.0, 12.0]),),
    parts=(Series(name="→ incident opened", samples=[0.004, 0.006], unit=Unit.MILLISECONDS),),
)


def printed(*figures: Figure) -> list[str]:
    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(table(figures))
    console.print(parts(figures))
    lines = console.export_text().splitlines()
    assert max(len(line) for line in lines) <= 80
    return [re.sub(r"\s+", " ", line).strip() for line in lines]


def test_percentiles_lie_between_the_nearest_samples_whatever_their_order() -> None:
    series = Series(name="x", samples=[4.0, 1.0, 3.0, 2.0, 5.0])
    assert [series.at(percent) for percent in (0, 50, 75, 100)] == [1.0, 3.0, 4.0, 5.0]
    assert series.at(95) == pytest.approx(4.8)
    assert Series(name="one", samples=[0.7]).at(95) == 0.7


def test_every_unit_is_shown_beside_its_value() -> None:
    shown = {unit: unit.shown(0.5) for unit in Unit}
    assert shown == {
        Unit.SECONDS: "0.50 s",
        Unit.MILLISECONDS: "500.0 ms",
        Unit.PER_MINUTE: "0/min",
        Unit.TIMES: "0.50 ×",  # noqa: RUF001 # that is the sign
    }
    assert Unit.PER_MINUTE.shown(211.6) == "212/min"


def test_what_was_never_measured_has_no_percentiles() -> None:
    with pytest.raises(ValueError, match="created was never measured"):
        Series(name="created", samples=[]).at(50)


def test_a_goal_is_met_by_the_percentile_it_names() -> None:
    series = Series(name="x", samples=[0.1] * 98 + [9.0] * 2)
    assert Goal(at_most=0.1).met(series)
    assert not Goal(at_most=0.1, percent=99).met(series)
    assert Goal(at_least=0.1).met(series)
    assert not Goal(at_least=0.2).met(series)
    assert Goal(at_least=8.0).shown(Unit.SECONDS) == "p50 ≥ 8.00 s"


@pytest.mark.parametrize(
    ("unit", "value", "shown"),
    [
        (Unit.SECONDS, 0.314, "0.31 s"),
        (Unit.MILLISECONDS, 0.0042, "4.2 ms"),
        (Unit.TIMES, 1.179, "1.18 \N{MULTIPLICATION SIGN}"),
    ],
)
def test_values_are_shown_with_their_unit(unit: Unit, value: float, shown: str) -> None:
    assert unit.shown(value) == shown


def test_the_table_shows_ours_beside_its_reference_and_whether_the_goal_is_met() -> None:
    lines = printed(MADE_UP)
    assert "Code Blue 0.29 s 0.31 s 3 p50 ≤ 0.30 s met" in lines
    assert any(line.endswith("10.00 s 11.80 s 2 reference") for line in lines)
    assert "→ incident opened 5.0 ms 4.0 ms 5.9 ms" in lines


def test_a_missed_goal_is_said_and_a_percentile_without_a_column_is_shown() -> None:
    ours = Series(name="Code Blue", samples=[0.002] * 90 + [0.020] * 10, unit=Unit.MILLISECONDS)
    missed = Figure(title="append", ours=((ours, Goal(at_most=0.010, percent=99)),), references=())
    lines = printed(missed)
    assert any(line.endswith("p99 ≤ 10.0 ms not met") for line in lines)
    assert "20.0 ms" in lines


def test_something_that_nobody_measures_is_refused_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["alerts"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "nobody measures alerts; there are alert, approval, gather, many, looks, storm, journal" in said
