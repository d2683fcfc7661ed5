"""Charts show what was read and nothing else, and look the same wherever and however often they are drawn."""

from __future__ import annotations

import re
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from journal.chain import GENESIS, Entry
from journal.charts import as_svg, bars
from journal.facts.done import Carried, Validated
from journal.facts.every import Fact
from journal.facts.seen import Figure, Read
from journal.facts.words import Act
from journal.timeline_charts import Chart, charts
from journal.wording import amount
from tests.journal.samples import DIGEST, START, finding, opened


def read(seconds: float, probe: str, **figures: float) -> tuple[float, Read]:
    said = Read(
        phase="gather",
        probe=probe,
        asks=f"What do the {probe} say?",
        source="devised",
        at=START + timedelta(seconds=seconds),
        took=timedelta(0),
        text=str(figures),
        value={},
        figures=tuple(Figure(name=name, value=value, unit="%") for name, value in figures.items()),
    )
    return seconds, said


def change(seconds: float, act: Act = Act.APPLY, *, ok: bool = True) -> tuple[float, Carried]:
    said = Carried(mitigation="m", digest=DIGEST, act=act, attempt=1, ok=ok, results=(), note="")
    return seconds, said


def told(*facts: tuple[float, Fact]) -> tuple[Chart, ...]:
    everything = ((0.0, opened()), *facts)
    return charts(
        [
            Entry(
                incident="INC-1",
                number=number,
                key=str(number),
                kind=fact.kind,
                fact=fact,
                at=START + timedelta(seconds=seconds),
                previous=GENESIS,
                hash=GENESIS,
            )
            for number, (seconds, fact) in enumerate(everything, 1)
        ]
    )


def test_a_figure_that_was_read_once_is_no_chart() -> None:
    assert told(read(1, "slots", taken=98)) == ()
    assert told(read(1, "slots", taken=98), read(2, "pools", taken=3)) == ()


def test_a_figure_that_stayed_at_zero_is_left_out() -> None:
    (chart,) = told(read(1, "slots", taken=98, refused=0), read(9, "slots", taken=20, refused=0))
    assert [line.name for line in chart.lines] == ["taken"]


def test_a_line_knows_its_entries_and_what_was_before_the_change() -> None:
    (chart,) = told(read(1, "slots", taken=98), read(7, "slots", taken=99.5), change(8), read(9, "slots", taken=20))
    (line,) = chart.lines
    assert [(point.value, point.entry) for point in line.points] == [(98, 2), (99.5, 3), (20, 5)]
    assert (line.first, line.before, line.last) == ("98%", "99.5%", "20%")


def test_marks_are_what_happened_and_a_failed_act_is_none() -> None:
    held = Validated(mitigation="m", held=False, finding=finding("s", "no", "o"), looks=2, took=timedelta(seconds=1))
    (chart,) = told(
        read(1, "slots", taken=98),
        change(2, ok=False),
        change(3),
        (4, held),
        change(5, Act.UNDO),
        read(6, "slots", taken=97),
    )
    assert [(mark.name, mark.entry) for mark in chart.marks] == [
        ("alert", 1),
        ("change", 4),
        ("not validated", 5),
        ("undo", 6),
    ]


def test_a_long_wait_does_not_squeeze_what_followed() -> None:
    quick = told(read(1, "slots", taken=98), change(2), read(60, "slots", taken=20))
    waited = told(
        read(1, "slots", taken=98), read(1799, "slots", taken=98), change(1800), read(1860, "slots", taken=20)
    )
    assert quick[0].near is None
    near = waited[0].near
    assert near is not None
    assert near[1] - near[0] == timedelta(seconds=61)
    assert as_svg(waited[0]).count(">change</text>") == 2


def test_the_same_chart_is_the_same_bytes_and_good_xml() -> None:
    (chart,) = told(read(1, "slots", taken=98, busy=12), change(2), read(3, "slots", taken=20, busy=40))
    drawn = as_svg(chart)
    assert drawn == as_svg(chart)
    assert drawn == as_svg(Chart.model_validate_json(chart.model_dump_json()))
    tree = ET.fromstring(drawn)
    assert tree.attrib["role"] == "img"
    assert "taken: 98% at first, 20% at last" in tree.attrib["aria-label"]
    assert "http" not in drawn
    assert not re.search(r"#0[0-9]0[0-9]0[0-9]\b", drawn), "a stand-in for a colour is left"
    assert "date" not in drawn.lower()


def test_ticks_are_round_times_of_day_wherever_the_chart_begins() -> None:
    (chart,) = told(read(0.300654, "slots", taken=98), read(41.7, "slots", taken=20))
    shown = re.findall(r">(\d\d:\d\d:\d\d)</text>", as_svg(chart.model_copy(update={"marks": ()})))
    assert shown == ["03:04:10", "03:04:20", "03:04:30", "03:04:40"]


def test_names_from_outside_stay_text() -> None:
    evil = '</text><script>alert(1)</script>"'
    (chart,) = told(read(1, evil, **{evil: 98}), change(2), read(3, evil, **{evil: 20}))
    for drawn in (as_svg(chart), bars(evil, [(evil, 1.0)], evil)):
        assert "<script" not in drawn
        ET.fromstring(drawn)


@pytest.mark.parametrize("values", [(5.0, 5.0), (-3.0, 4.0), (1e12, 1.0), (0.00012, 0.0001)])
def test_any_number_can_be_drawn(values: tuple[float, float]) -> None:
    (chart,) = told(read(1, "slots", taken=values[0]), read(1, "slots", taken=values[1]))
    ET.fromstring(as_svg(chart))


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(98.54, "%", "98.54%"), (0, "sessions", "0 sessions"), (1204, "s", "1,204 s"), (0.3127, "s", "0.3127 s")],
)
def test_amounts_read_like_speech(value: float, unit: str, said: str) -> None:
    assert amount(value, unit) == said
