"""A reference is somebody else's program: when it fails, one line says so and everything else is printed."""

import pytest
from rich.console import Console

from benchmarks.figures import Figure, Series
from benchmarks.references import add, failing_alone
from benchmarks.table import table


@pytest.fixture
def figures():
    ours = {name: ((Series(name=f"ours: {name}", samples=[0.25]), None),) for name in ("alert", "gather")}
    return {name: Figure(title=name.title(), ours=series, references=()) for name, series in ours.items()}


def printed(figures):
    console = Console(width=80, color_system=None)
    with console.capture() as said:
        console.print(table(figures.values()))
    return " ".join(said.get().split())


def test_a_reference_that_fails_costs_its_own_line(figures):
    with failing_alone(figures, *figures):
        with failing_alone(figures, "gather"):
            raise TimeoutError("serve() to register first/first took longer than 120 s\nmore")
        with failing_alone(figures, "alert"):
            add(figures, "alert", Series(name="stock serve()", samples=[5.0]))
    said = printed(figures)
    assert "ours: alert 0.25 s" in said
    assert "stock serve() 5.00 s" in said
    assert "ours: gather 0.25 s" in said
    assert "reference: could not be measured (TimeoutError: serve() to register first/first took longer" in said
    assert "more" not in said


def test_a_server_that_does_not_start_costs_every_reference_and_no_figure(figures):
    with failing_alone(figures, *figures):
        raise RuntimeError
    assert printed(figures).count("could not be measured (RuntimeError)") == 2


def test_what_a_person_ends_is_ended(figures):
    with pytest.raises(KeyboardInterrupt), failing_alone(figures, *figures):
        raise KeyboardInterrupt
