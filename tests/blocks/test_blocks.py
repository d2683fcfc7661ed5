"""Our blocks pass Prefect's own standard tests, and refuse what they must."""

from __future__ import annotations

import io
import urllib.request
import urllib.response
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest
from prefect.blocks.core import Block
from prefect.testing.standard_test_suites import BlockStandardTestSuite
from pydantic import SecretStr

from blocks.aws import Aws
from blocks.base import require
from blocks.google import Google
from blocks.journal_store import JournalStore
from blocks.notifier import Notifier
from blocks.postgres import Postgres
from blocks.redis import Redis
from blocks.rung import Rung
from blocks.switchboard import Switchboard
from blocks.webhook_secret import WebhookSecret
from journal.facts.words import Answer
from runbook import Permanent, Temporary
from sandbox.eyes import BLIND, SEEING, saved_as
from sandbox.rehearsal import Rehearsal

LOGO = Path(__file__).parents[2] / "blocks" / "logo.png"


class OurLogo(urllib.request.HTTPHandler):
    """Answers for the receiver, which serves the logo where `codeblue up` runs."""

    def http_open(self, req: urllib.request.Request) -> urllib.response.addinfourl:
        assert req.full_url.endswith("/assets/logo.png")
        answer = urllib.response.addinfourl(io.BytesIO(LOGO.read_bytes()), Message(), req.full_url, 200)
        answer.msg = "OK"
        return answer


@pytest.fixture(autouse=True)
def served_logo() -> Iterator[None]:
    urllib.request.install_opener(urllib.request.build_opener(OurLogo()))
    yield
    urllib.request.install_opener(urllib.request.build_opener())


@pytest.mark.parametrize(
    "block",
    [Postgres, Redis, Aws, Google, Notifier, JournalStore, WebhookSecret, Switchboard, Rung],
    ids=lambda block: block.__name__,
)
class TestStandards(BlockStandardTestSuite):
    @pytest.fixture
    def block(self, request: pytest.FixtureRequest) -> type[Block]:
        return request.param


@pytest.mark.parametrize("kind", [Aws, Notifier, Rung], ids=lambda kind: kind.__name__)
def test_a_schema_is_as_prefect_draws_it_whatever_others_do_with_theirs(kind: type[Block]) -> None:
    drawn = vars(Block)["model_json_schema"].__func__
    kind.model_json_schema()["properties"].clear()
    assert kind.model_json_schema() == drawn(kind)
    assert kind.model_json_schema(by_alias=False, mode="serialization") == drawn(
        kind, by_alias=False, mode="serialization"
    )


def test_a_changing_connection_without_a_warrant_is_refused() -> None:
    with pytest.raises(Permanent, match="only the pipeline may change things"):
        require(None)


def test_an_unreachable_database_is_said_in_one_sentence_and_is_temporary() -> None:
    nobody = Postgres(
        host="127.0.0.1",
        port=1,
        dbname="rung",
        reader="r",
        reader_password=SecretStr("p"),
        changer="c",
        changer_password=SecretStr("p"),
        sslmode="disable",
    )
    with pytest.raises(Temporary, match=r"rung on 127\.0\.0\.1:1 cannot be reached"), nobody.reading():
        pass


def test_a_wrong_password_is_said_without_the_password_and_is_permanent(rehearsal: Rehearsal) -> None:
    with rehearsal.stack.client():
        database = Rung.load(saved_as("rung", SEEING)).database
    wrong = database.model_copy(update={"reader_password": SecretStr("a-wrong-password")})
    with pytest.raises(Permanent, match="refuses the password of rung_reader") as said, wrong.reading():
        pass
    assert "a-wrong-password" not in str(said.value)


def test_the_reading_connection_cannot_write(rehearsal: Rehearsal) -> None:
    with rehearsal.stack.client():
        database = Rung.load(saved_as("rung", SEEING)).database
    with pytest.raises(Permanent, match="read-only"), database.reading() as connection:
        connection.execute("create table never (id int)")


def test_checks_say_unknown_where_they_cannot_see_and_no_in_a_foreign_account(rehearsal: Rehearsal) -> None:
    with rehearsal.stack.client():
        seeing, blind = Rung.load(saved_as("rung", SEEING)), Rung.load(saved_as("rung", BLIND))
    assert {check.answer for check in seeing.checks()} == {Answer.YES}
    assert Answer.UNKNOWN in {check.answer for check in blind.checks()}
    elsewhere = seeing.aws.model_copy(update={"account_id": "999999999999"})
    assert [check.answer for check in elsewhere.checks()] == [Answer.NO]


def test_the_reading_role_may_not_write(rehearsal: Rehearsal) -> None:
    with rehearsal.stack.client():
        aws = Rung.load(saved_as("rung", SEEING)).aws
    with pytest.raises(Exception, match="AccessDenied"):
        aws.reading("rds").reboot_db_instance(DBInstanceIdentifier="rung-prod")
