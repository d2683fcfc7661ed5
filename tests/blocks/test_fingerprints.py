"""An environment's fingerprint names its content and gives no secret away; its place names its connections alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import SecretStr

from blocks.aws import Aws
from blocks.notifier import Contact, Notifier
from blocks.parts import Pool
from blocks.postgres import Postgres
from blocks.rung import Rung

PASSWORD = "hunter2-of-the-reader"


def rung(**more: object) -> Rung:
    database = Postgres(
        host="db", dbname="rung", reader="r", reader_password=PASSWORD, changer="c", changer_password="x"
    )
    aws = Aws(
        region="us-east-1",
        account_id="111122223333",
        reading_role="arn:aws:iam::111122223333:role/reading",
        changing_role="arn:aws:iam::111122223333:role/changing",
    )
    return Rung(notifier=Notifier(), database=database, aws=aws).model_copy(update=more)


def with_database(**more: object) -> Callable[[], Rung]:
    return lambda: rung(database=rung().database.model_copy(update=more))


@pytest.mark.parametrize(
    "edited",
    [
        with_database(host="other"),
        with_database(dbname="other"),
        with_database(changer="root"),
        lambda: rung(application_user="somebody"),
        lambda: rung(pools=[Pool(application="a", service="s")]),
        lambda: rung(aws=rung().aws.model_copy(update={"account_id": "444455556666"})),
        lambda: rung(practice_pace=0.5),
    ],
)
def test_an_edited_name_or_address_shows_in_both(edited: Callable[[], Rung]) -> None:
    assert edited().fingerprint("s") != rung().fingerprint("s")
    assert edited().place() != rung().place()


@pytest.mark.parametrize(
    "edited",
    [
        with_database(reader_password=SecretStr("another")),
        with_database(changer_password=SecretStr("another")),
        lambda: rung(n8n_key=SecretStr("a key")),
    ],
)
def test_another_secret_shows_in_the_fingerprint(edited: Callable[[], Rung]) -> None:
    assert edited().fingerprint("s") != rung().fingerprint("s")


def test_a_renewed_password_is_the_same_place() -> None:
    assert with_database(changer_password=SecretStr("renewed"))().place() == rung().place()


def test_who_is_told_is_no_part_of_either() -> None:
    told = rung(notifier=Notifier(urls=[SecretStr("json://a")]), contacts=[Contact(name="ana", level="L1")])
    assert (told.fingerprint("s"), told.place()) == (rung().fingerprint("s"), rung().place())


def test_the_same_content_has_the_same_name_for_one_incident_and_another_for_the_next() -> None:
    assert rung().fingerprint("INC-1") == rung().fingerprint("INC-1") != rung().fingerprint("INC-2")
    assert PASSWORD not in rung().fingerprint("INC-1")
