"""`codeblue doctor` says where nobody can be told: each line says no here, and yes when that is over."""

import pytest
from prefect.types import SecretDict

from blocks.aws import Aws
from blocks.notifier import Contact, Notifier
from blocks.postgres import Postgres
from blocks.rung import Rung
from deployments import places
from deployments.cli import doctor_environments, doctor_paging
from deployments.installation_notifier import INSTALLATION
from journal.facts.words import Answer

SOMEWHERE = "json://127.0.0.1:9/told"


def environment(*contacts, urls=(), pace=1.0, address=SOMEWHERE):
    login = {"reader": "reading", "reader_password": "a", "changer": "changing", "changer_password": "b"}
    return Rung(
        notifier=Notifier(urls=list(urls)),
        database=Postgres(host="127.0.0.1", port=9, dbname="rung", **login),
        aws=Aws(region="eu-central-1", account_id="123456789012", reading_role="r", changing_role="c"),
        contacts=list(contacts),
        addresses=SecretDict({one.name: address for one in contacts}),
        practice_pace=pace,
    )


def said(env):
    return [(one.answer, one.text) for one in doctor_paging.paging("x", env, doctor_paging.runbooks_of(Rung))]


@pytest.fixture(scope="module")
def levels():
    first = next(iter(doctor_paging.runbooks_of(Rung)))
    return [level.name for level in first.escalation.levels]


def test_an_environment_that_pages_nobody_is_no(levels):
    [(answer, text)] = said(environment())
    assert answer is Answer.NO
    assert f"nobody can be paged ({', '.join(levels)} have no contact" in text


def test_in_practice_nobody_is_paged_by_intention(levels):
    [(answer, text)] = said(environment(pace=0.1))
    assert (answer, text.startswith("practice: nobody can be paged (L1")) == (Answer.UNKNOWN, True)


def test_a_level_without_a_contact_is_no_although_others_have_one(levels):
    first, *rest = levels
    [(answer, text)] = said(environment(Contact(name="on-call", level=first)))
    assert answer is Answer.NO
    assert text.startswith(f"nobody can be paged at {', '.join(rest)}: ")


def test_a_contact_for_one_type_of_issue_pages_nobody_in_the_runbooks_of_the_others(levels):
    runbooks = list(doctor_paging.runbooks_of(Rung))
    issue = runbooks[0].escalation.issue
    others = sum(one.escalation.issue != issue for one in runbooks)
    assert others
    found = said(environment(*(Contact(name=f"c {level}", level=level, issues=[issue]) for level in levels)))
    assert {answer for answer, _ in found} == {Answer.NO}
    assert any("in 1 runbook" in text or f"in {others} runbooks" in text for _, text in found), found


@pytest.mark.parametrize("by", ["contacts", "notifier"])
def test_an_environment_where_each_level_has_somebody_is_yes(levels, by):
    contacts = [Contact(name=f"c {level}", level=level) for level in levels] if by == "contacts" else []
    [(answer, text)] = said(environment(*contacts, urls=[SOMEWHERE] if by == "notifier" else []))
    assert (answer, text.startswith("paging: each level of")) == (Answer.YES, True)


def test_an_address_that_no_service_has_is_no(levels):
    contacts = [Contact(name=f"c {level}", level=level) for level in levels]
    _, (answer, text) = said(environment(*contacts, address="pager at the desk"))
    assert answer is Answer.NO
    assert f"at the address of {', '.join(one.name for one in contacts)}" in text
    assert "desk" not in text  # an address holds secrets


def test_without_a_runbook_nobody_knows_who_is_paged():
    [found] = doctor_paging.paging("x", environment(), [])
    assert found.answer is Answer.UNKNOWN


@pytest.fixture
def asked(prefect_alone, prefect, home, monkeypatch):
    monkeypatch.setattr(places, "before_prefect", lambda home: None)  # imported long ago, in this process
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with places.Prefect(prefect_alone.home) as asking:
        yield asking


@pytest.mark.usefixtures("prefect")
def test_an_installation_that_tells_nobody_is_no(home, asked, prefect):
    def installation():
        [found] = doctor_paging.installation(home, asked)
        return found.answer, found.text

    for document in prefect.read_block_documents():  # other tests share the server, and save theirs
        prefect.delete_block_document(document.id)
    assert "no notifier of that name is saved" in installation()[1]
    try:
        for urls, answer, words in (
            ([], Answer.NO, "has no address"),
            (["nowhere"], Answer.NO, "no apprise address"),
            ([SOMEWHERE], Answer.YES, "Told by json"),
        ):
            Notifier(urls=urls).save(INSTALLATION, overwrite=True)
            found = installation()
            assert (found[0], words in found[1]) == (answer, True), found
        document = prefect.read_block_document_by_name(INSTALLATION, Notifier.get_block_type_slug())
        body = {"data": {"at_most": 0}, "merge_existing_data": True, "block_schema_id": str(document.block_schema_id)}
        prefect._client.patch(f"/block_documents/{document.id}", json=body, timeout=30).raise_for_status()
        found = installation()
        assert (found[0], "at_most" in found[1]) == (Answer.NO, True), found
    finally:
        Notifier.delete(INSTALLATION)


def test_each_saved_environment_is_asked_who_is_paged(home, asked, prefect):
    env = environment()
    parts = {"database": env.database, "aws": env.aws, "notifier": env.notifier}
    for part, block in parts.items():
        block.save(f"paged-{part}", overwrite=True)
    Rung(**parts).save("paged", overwrite=True)
    try:
        found = [one for one in doctor_environments.environments(home, asked) if one.name == "paged"]
    finally:
        Rung.delete("paged")
        for part, block in parts.items():
            type(block).delete(f"paged-{part}")
    assert (found[-1].answer, "nobody can be paged" in found[-1].text) == (Answer.NO, True)


def test_a_runbook_that_cannot_be_loaded_is_not_among_those_that_page_somebody():
    everybody = environment(urls=[SOMEWHERE])
    runbooks = list(doctor_paging.runbooks_of(Rung))
    assert [one.answer for one in doctor_paging.paging("x", everybody, runbooks)] == [Answer.YES]
    [one] = doctor_paging.paging("x", everybody, [*runbooks[1:], None])
    assert one.answer is Answer.UNKNOWN
    assert "1 runbook of its system" in one.text
