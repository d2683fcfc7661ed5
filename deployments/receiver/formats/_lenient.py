"""Reading what vendors really send: an odd field costs that field, never the alert, and never its neighbours.

A `Vendor` model decides by its declaration alone: a field with a default is left at it when what was sent does not
fit, and a list loses only those of its parts that do not; a field without a default must fit; and one marked `VITAL`
may be missing, but must fit if it is there. Numbers are read as text where text is wanted.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, TypeVar, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic_core import from_json

from deployments.receiver.refusals import malformed, unfit

M = TypeVar("M", bound=BaseModel)

_MARK = b"\xef\xbb\xbf"
_DIGITS: Final = 300
VITAL: Final = "vital"
"""In `Annotated`: may be missing or null, but an odd one is no such thing as a missing one."""


class Vendor(BaseModel):
    """Base of what vendors send: what we do not know of is none of our business, and may appear any day."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    @field_validator("*", mode="wrap")
    @classmethod
    def _odd_is_missing(cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            return handler(value)
        except ValidationError as misfits:
            field = cls.model_fields[info.field_name or ""]
            if field.is_required() or VITAL in field.metadata:
                raise
            try:
                return handler(_fitting(value, misfits))
            except ValidationError:
                return field.get_default(call_default_factory=True, validated_data={})


def _fitting(value: Any, misfits: ValidationError) -> Any:
    """A list without those of its parts that do not fit, so that one odd tag does not cost the others."""
    odd = {error["loc"][0] for error in misfits.errors(include_url=False, include_input=False) if error["loc"]}
    if not isinstance(value, list) or not odd:
        return None
    return [one for number, one in enumerate(cast("list[Any]", value)) if number not in odd]


def _labelled(given: object) -> object:
    """Labels as text: null is no label, and what is no text is written as JSON writes it."""
    if not isinstance(given, dict):
        return given
    pairs = cast("dict[object, object]", given).items()
    return {str(n): v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for n, v in pairs if v is not None}


Labels = Annotated[dict[str, str], BeforeValidator(_labelled)]
"""What labels, annotations, details and dimensions are read as."""


def document(body: bytes | str, what: str, *, cut: bool = False) -> Any:
    """The JSON of a body, whatever its byte order mark; `cut` for the beginning of one. Raises Refused."""
    raw = (body.encode(errors="replace") if isinstance(body, str) else body).removeprefix(_MARK)
    if cut:
        raw = raw.decode(errors="ignore").encode()  # the cut may go through a letter
    try:
        return from_json(raw, allow_partial=cut)
    except ValueError:
        pass
    try:  # UTF-16, bare line ends, half of a surrogate pair, endless numbers: JSON that was built by hand
        text = raw.decode(json.detect_encoding(raw), "surrogatepass")
    except UnicodeDecodeError:  # Latin-1 or a letter that was cut in two: the letter is lost, and nothing else
        text = raw.decode(errors="replace")
    try:
        return _whole(json.loads(text, strict=False, parse_int=_number))
    except (ValueError, RecursionError):
        raise malformed(f"{what} is not JSON.") from None


def fit(model: type[M], given: object, what: str) -> M:
    """What was given as that model; `what` names it in the refusal. Values never get into it: they may be secret."""
    try:
        return model.model_validate(given)
    except ValidationError as exc:
        raise unfit(f"{what} does not fit at {misfit(exc)}.") from None


def misfit(exc: ValidationError) -> str:
    """Where the first mistake is and what it is, without the value."""
    first = exc.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the whole"
    return f"{_visible(where)}: {_visible(first['msg'])}"


def _visible(text: str) -> str:
    # Names of keys come from outside and end up in a log line.
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:200])


def _number(digits: str) -> int | str:
    """A number; one that is longer than any that means something, as text: Python would refuse the whole document."""
    return int(digits) if len(digits) <= _DIGITS else digits


def _whole(value: Any) -> Any:
    """The same without halves of surrogate pairs, which nothing can store."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_whole(one) for one in cast("list[Any]", value)]
        case dict():
            return {_whole(name): _whole(one) for name, one in cast("dict[str, Any]", value).items()}
        case _:
            return value
