"""What is replaced of Prefect's private parts, and what is read of them, is there as it was in the release checked.

A failure here after an upgrade is no accident to be silenced: read the named place in Prefect's source again.
"""

import inspect
import re
import tomllib
from importlib import import_module
from importlib.metadata import requires, version
from pathlib import Path
from typing import get_args

import prefect
import prefect.events.worker
import prefect.flow_engine
import prefect.results
import prefect.server
import prefect.states
import pytest
from packaging.requirements import Requirement
from prefect._internal import control_listener
from prefect.blocks.core import Block
from prefect.server.api import flow_runs, server
from prefect.server.database import dependencies, provide_database_interface
from prefect.server.database.configurations import AioSqliteConfiguration, BaseDatabaseConfiguration
from prefect.server.models import deployments as planned
from prefect.server.utilities import subscriptions

from deployments import prefect_private, worker_watch
from deployments.prefect_private import CHECKED, OBSERVED, RELATED, SAYS, STORAGE
from deployments.server_access import READABLE
from deployments.stack_prefect import QueuedWriters

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SERVER = Path(prefect.server.__file__).parent


def taken(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)  # pyright: ignore[reportArgumentType] # it is one


def test_the_release_that_is_installed_is_the_one_that_was_checked() -> None:
    assert version("prefect") == CHECKED
    assert f"prefect=={CHECKED}" in PROJECT["project"]["dependencies"]
    locked = (ROOT / "requirements.lock").read_text()
    assert re.search(rf"^prefect=={re.escape(CHECKED)}\b", locked, re.MULTILINE)


def test_what_is_replaced_in_a_runs_process_is_where_prefect_looks_for_it_and_takes_the_same() -> None:
    assert taken(prefect_private.observe_flow_run_suspension) == taken(prefect_private._observe_later)
    engine = Path(prefect.flow_engine.__file__).read_text()
    assert engine.count(f"{OBSERVED}(") >= 1
    worker = Path(prefect.events.worker.__file__).read_text()
    assert f"{RELATED}(" in worker
    original = import_module("prefect.events.related").__dict__[RELATED]
    assert taken(original) == taken(prefect_private._related)
    assert inspect.iscoroutinefunction(original)
    results = Path(prefect.results.__file__).read_text()
    assert f"def {STORAGE}() -> " in results
    assert results.count(f"{STORAGE}()") >= 2  # defined, and asked by its name


def test_all_three_are_replaced_in_a_process_that_executes_runs() -> None:
    import_module("deployments.execute")
    assert prefect.flow_engine.__dict__[OBSERVED] is prefect_private._observe_later
    assert prefect.events.worker.__dict__[RELATED] is prefect_private._related
    assert hasattr(prefect.results.__dict__[STORAGE], "cache_info")


def test_what_prefect_says_about_an_error_is_said_where_it_is_redacted() -> None:
    other = import_module("prefect._internal.states")  # takes it from there by its name
    assert f"def {SAYS}(" in Path(prefect.states.__file__).read_text()
    assert Path(other.__file__ or "").read_text().count(f"{SAYS}(") >= 2
    import_module("deployments.execute")
    assert prefect.states.__dict__[SAYS] is other.__dict__[SAYS]
    assert "prefect_private" in prefect.states.__dict__[SAYS].__module__


def test_a_cancellation_is_told_to_the_engine_by_its_intent() -> None:
    assert len(taken(control_listener._set_intent)) == 1
    assert "cancel" in get_args(control_listener.Intent)


def test_the_servers_database_is_configured_where_it_looks_and_begins_its_transactions_as_ours_does() -> None:
    assert "database_config" in dependencies.MODELS_DEPENDENCIES
    assert taken(AioSqliteConfiguration.begin_transaction) == taken(QueuedWriters.begin_transaction)
    assert issubclass(QueuedWriters, BaseDatabaseConfiguration)
    assert callable(provide_database_interface().run_migrations_upgrade)  # called by the sandbox's machines


@pytest.mark.parametrize(
    ("said", "where"),
    [
        (worker_watch._NO_FORM_YET.rstrip("."), flow_runs),  # `resume` waits for a form that is about to be there
        ("auto-scheduled", planned),
        ("PREFECT_SERVER_API_AUTH_STRING", server),
        ("auth_success", subscriptions),
    ],
)
def test_what_is_told_apart_by_prefects_words_is_still_said_by_them(said: str, where: object) -> None:
    assert said in inspect.getsource(where)  # pyright: ignore[reportArgumentType] # it is one


def test_both_versions_of_the_ui_keep_who_one_is_where_the_sign_in_page_puts_it() -> None:
    assert f"/{server.UI_VERSION_PATH_SEGMENT}" == READABLE
    for bundle in ("ui", "ui-v2"):
        scripts = list((SERVER / bundle / "assets").glob("*.js"))
        assert any("prefect-password" in script.read_text(errors="replace") for script in scripts), bundle


def test_the_kinds_of_blocks_are_found_by_the_entry_point() -> None:
    named = PROJECT["project"]["entry-points"]["prefect.collections"]["codeblue"]
    kinds = import_module(named).KINDS
    assert {"codeblue-rung", "codeblue-postgres", "codeblue-aws", "codeblue-notifier"} <= {
        kind.get_block_type_slug() for kind in kinds
    }
    assert all(issubclass(kind, Block) for kind in kinds)


def test_every_dependency_with_an_upper_bound_says_why_and_is_within_it() -> None:
    project = PROJECT["project"]
    listed = [*project["dependencies"], *(line for some in project["optional-dependencies"].values() for line in some)]
    pinned = [Requirement(line) for line in listed if re.search(r"==|<", line)]
    assert {one.name for one in pinned} == {"prefect", "sqlalchemy", "pytest"}  # pytest's is seen by `conftest`
    text = (ROOT / "pyproject.toml").read_text()
    for one in pinned:
        assert version(one.name) in one.specifier, f"{one.name} {version(one.name)} is installed, {one} is asked for"
        assert re.search(rf'^    "{one.name}[^"]*",\s+# \S+', text, re.MULTILINE), f"{one} has no reason beside it"


def test_the_pin_of_the_database_library_is_needed_as_long_as_prefect_does_not_pin_it_itself() -> None:
    """When Prefect keeps SQLAlchemy 2.1 away by itself, ours goes; a schedule that fires is shown by `test_up.py`."""
    (theirs,) = [one for line in requires("prefect") or [] if (one := Requirement(line)).name.lower() == "sqlalchemy"]
    assert "2.1.0" in theirs.specifier, "Prefect caps SQLAlchemy itself now: drop our bound"


OTHERWISE_CALLED = {"markdown-it-py": "markdown_it", "python-stdnum": "stdnum"}


def test_every_dependency_is_imported_by_us_or_says_beside_it_what_for() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    rooms = ("runbook", "journal", "blocks", "tasks", "flows", "deployments")
    sources = "\n".join(path.read_text() for room in rooms for path in (ROOT / room).rglob("*.py"))
    for line in PROJECT["project"]["dependencies"]:
        name = Requirement(line).name
        module = OTHERWISE_CALLED.get(name, name.replace("-", "_"))
        imported = re.search(rf"^\s*(?:from|import) {module}\b", sources, re.MULTILINE)
        reason = re.search(rf'^    "{re.escape(name)}[^"]*",\s+# \S+', text, re.MULTILINE)
        assert imported or reason, f"{name} is imported nowhere: drop it, or write beside it what it is for"
