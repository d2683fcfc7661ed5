"""A saved block, or one sentence why there is none. What was saved and does not fit is not "nothing is saved"."""

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import BlockDocumentUpdate

from blocks.aws import Aws
from blocks.notifier import Notifier
from blocks.postgres import Postgres
from blocks.rung import Rung
from blocks.saved import NotSaved, Unfit, saved
from deployments.checks import outcome
from deployments.checks.certificates import certificates


def spoil(prefect: SyncPrefectClient, kind: type[Notifier] | type[Rung], name: str, **data: object) -> None:
    """Change what is saved, as another version of the block may, or somebody by the API."""
    document = prefect.read_block_document_by_name(name, kind.get_block_type_slug())
    body = BlockDocumentUpdate(data=data, merge_existing_data=True, block_schema_id=document.block_schema_id)
    prefect.update_block_document(document.id, body)


@pytest.fixture
def odd(prefect: SyncPrefectClient) -> str:
    """The name of a saved environment that this version cannot use."""
    database = Postgres(
        host="db.example",
        dbname="rung",
        reader="reading",
        reader_password="a",
        changer="changing",
        changer_password="b",
    )
    aws = Aws(region="eu-central-1", account_id="123456789012", reading_role="r", changing_role="c")
    parts = {"database": database, "aws": aws, "notifier": Notifier()}
    for part, block in parts.items():
        block.save(f"odd-{part}", overwrite=True)
    Rung(**parts).save("odd", overwrite=True)
    assert saved(Rung, "odd").practice_pace == 1
    spoil(prefect, Rung, "odd", practice_pace=7)
    return "odd"


def test_what_is_not_saved_is_said_with_its_remedy(prefect: SyncPrefectClient) -> None:
    with pytest.raises(NotSaved, match=r"^No environment 'rung-prdo' is saved as Code Blue rung; save it in"):
        saved(Rung, "rung-prdo")
    with pytest.raises(NotSaved, match=r"^No Code Blue Notifier 'pagers' is saved; save it in Prefect under Blocks"):
        saved(Notifier, "pagers")


def test_what_does_not_fit_names_the_field_and_tells_no_secret(prefect: SyncPrefectClient) -> None:
    Notifier(urls=["json://pager.example/secret-path"], at_most=5).save("odd-one", overwrite=True)
    spoil(prefect, Notifier, "odd-one", at_most="secret-path")
    with pytest.raises(Unfit) as refused:
        saved(Notifier, "odd-one")
    said = str(refused.value)
    assert said.startswith(
        "The saved Code Blue Notifier 'odd-one' does not fit: at_most: Input should be a valid integer"
    )
    assert said.endswith("Correct it in Prefect under Blocks.")
    assert "secret-path" not in said


def test_checks_do_not_know_without_an_environment_nor_with_one_that_does_not_fit(odd: str) -> None:
    nothing, unfit = outcome.environment("rung", "rung-prdo"), outcome.environment("rung", odd)
    assert (nothing.name, nothing.type) == (unfit.name, unfit.type) == ("Unknown", "FAILED")
    assert nothing.message.startswith("Nobody looked. No environment 'rung-prdo' is saved")
    assert "switch the check's schedule off" in nothing.message
    of_a_runbook = outcome.environment("rung.missing_alerts", "rung-prdo")
    assert of_a_runbook.message == nothing.message  # one cause, one sentence: and `rung` is what is or is not there
    assert "practice_pace: Input should be less than or equal to 1" in unfit.message


def test_a_check_of_certificates_says_why_it_could_not_ask_the_environment(odd: str) -> None:
    unfit = certificates([], "rung", odd, return_state=True)
    assert (unfit.name, "practice_pace" in unfit.message) == ("Unknown", True)
    half = certificates([], "rung", return_state=True)
    assert (half.name, "give both, or neither" in half.message) == ("Unknown", True)
