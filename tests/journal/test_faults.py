"""An error keeps its type and loses its secrets, wherever in it they are; logs lose them whoever writes."""

from __future__ import annotations

import io
import logging
import pickle
import traceback

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from journal import clean_output
from journal.clean_output import CleanStream
from journal.redaction.faults import RedactedError, redacted_faults, says_no_secrets, without_secrets
from runbook import Drifted, Permanent, Temporary

SECRET = "Falcon!9174#x"
SAID = f"cannot reach redis://:{SECRET}@cache:6379/0"


def shown(fault: BaseException) -> str:
    return "".join([*traceback.format_exception(fault), repr(fault), str(fault), repr(fault.args), repr(vars(fault))])


def _client_error() -> Exception:
    return ClientError({"Error": {"Code": "Denied", "Message": SAID}}, "GetObject")


def _validation() -> Exception:
    class Strict(BaseModel):
        port: int

    try:
        Strict.model_validate({"port": SAID})
    except ValidationError as fault:
        return fault
    raise AssertionError


def _decoding() -> Exception:
    return UnicodeDecodeError("utf-8", SAID.encode() + b"\xff", 5, 6, SAID)


@pytest.mark.parametrize(
    "fault",
    [
        Temporary(SAID), Permanent(SAID), Drifted(SAID), ValueError(SAID), ValueError({"password": SECRET}), KeyError(SAID),
        OSError(2, SAID, SAID), _client_error(), _validation(), _decoding(), ExceptionGroup("several", [ValueError(SAID)]),
        ExceptionGroup(SAID, [ValueError("plain")]), SystemError([SAID]), ValueError(SAID.encode()),
    ],
    ids=lambda fault: type(fault).__name__,
)  # fmt: skip
def test_no_part_of_an_error_says_the_secret(fault: Exception) -> None:
    clean = without_secrets(fault)
    assert SECRET not in shown(clean)
    assert isinstance(clean, (type(fault), ValueError, RedactedError))


@pytest.mark.parametrize("family", [Temporary, Permanent, Drifted])
def test_the_type_that_the_pipeline_decides_by_stays(family: type[Exception]) -> None:
    clean = without_secrets(family(SAID))
    assert type(clean) is family
    assert type(pickle.loads(pickle.dumps(clean))) is family
    assert str(clean) == "cannot reach redis://:[redacted: password]@cache:6379/0"


def test_causes_contexts_and_notes_are_redacted_and_kept() -> None:
    try:
        try:
            raise OSError(SAID)
        except OSError as low:
            low.add_note(SAID)
            raise ValueError("high") from low
    except ValueError as high:
        clean = without_secrets(high)
    assert SECRET not in shown(clean)
    assert isinstance(clean.__cause__, OSError)
    assert "cannot reach" in shown(clean)


def test_an_error_without_secrets_is_the_same_object() -> None:
    fault = ValueError("plain", 3, {"a": [1]})
    assert without_secrets(fault) is fault
    with pytest.raises(ValueError, match="plain") as seen, redacted_faults():
        raise fault
    assert seen.value is fault


def test_a_decorated_function_keeps_its_name_and_answers() -> None:
    @says_no_secrets
    def double(number: int) -> int:
        """Doubles."""
        return 2 * number

    assert (double.__name__, double.__doc__, double(3)) == ("double", "Doubles.", 6)


def test_errors_that_go_round_in_circles_end() -> None:
    one, two = ValueError(SAID), KeyError("b")
    one.__cause__, two.__context__ = two, one
    assert SECRET not in str(without_secrets(one))


def test_log_lines_and_tracebacks_are_redacted_for_every_handler() -> None:
    record = clean_output._record("n", logging.ERROR, "f", 1, "it says %s", (SAID,), None)
    assert record.getMessage() == "it says cannot reach redis://:[redacted: password]@cache:6379/0"
    try:
        raise ValueError(SAID)
    except ValueError as fault:
        info = (type(fault), fault, fault.__traceback__)
    record = clean_output._record("n", logging.ERROR, "f", 1, "100% failed", (), info)
    assert SECRET not in logging.Formatter().format(record)
    assert "100% failed" in logging.Formatter().format(record)


def test_a_log_line_that_cannot_be_formatted_says_so_and_nothing_else() -> None:
    record = clean_output._record("n", logging.ERROR, "f", 1, "%d of %d", (SAID,), None)
    assert record.getMessage() == "A log line could not be written: TypeError"


def test_arguments_that_formatters_take_one_by_one_stay_apart() -> None:
    args = ("10.0.0.1:5", "GET", f"/x?password={SECRET}", "1.1", 200)
    record = clean_output._record("uvicorn.access", logging.INFO, "f", 1, '%s - "%s %s HTTP/%s" %d', args, None)
    assert isinstance(record.args, tuple)
    assert len(record.args) == 5
    assert SECRET not in record.getMessage()


def test_a_stream_redacts_whole_lines_and_loses_none() -> None:
    under = io.StringIO()
    stream = CleanStream(under)
    for piece in ("one\npass", "word=", SECRET, "\ntwo", "\n", "rest"):
        stream.write(piece)
    stream.flush()
    assert under.getvalue() == "one\npassword=[redacted: password]\ntwo\nrest"


@given(st.lists(st.text(alphabet="ab \n", max_size=8), max_size=8))
def test_a_stream_passes_on_what_has_nothing_to_hide(pieces: list[str]) -> None:
    under = io.StringIO()
    stream = CleanStream(under)
    for piece in pieces:
        stream.write(piece)
    stream.flush()
    assert under.getvalue() == "".join(pieces)
