"""Which lines a filter pattern means, and which patterns are refused."""

import json

import pytest

from sandbox.overlay.call import Refused
from sandbox.overlay.filter_pattern import parse


@pytest.mark.parametrize(
    ("pattern", "meant", "not_meant"),
    [
        ("", "anything", None),
        ("ERROR", "[ERROR 400] BAD REQUEST", "[Error 400] bad request"),
        ("timed out", "out of order, then timed", "timed to the second"),
        ('"timed out"', "Task timed out after 3 s", "out of order, then timed"),
        ('ERROR -"[INFO]"', "ERROR now", "[INFO] no ERROR"),
        ("-DEBUG", "INFO all is well", "DEBUG all is well"),
        ("?ERROR ?WARN", "WARN soon", "INFO fine"),
        (r'"say \"no\""', 'they say "no"', "they say no"),
        ("Init_Duration ", "Init_Duration: 3", "Duration: 3"),
    ],
)
def test_terms(pattern, meant, not_meant):
    understood = parse(pattern)
    assert understood.matches(meant)
    assert not_meant is None or not understood.matches(not_meant)


EVENT = {
    "event": "merge",
    "status": 503,
    "path": "/api/clients/7",
    "ratio": 0.25,
    "empty": None,
    "ok": False,
    "who": {"kind": "user"},
    "steps": [{"name": "first"}],
    "odd key": "x",
    "text": 'a "b"',
}


@pytest.mark.parametrize(
    ("pattern", "holds"),
    [
        ('{ $.event = "merge" }', True),
        ("{ $.event = merge }", True),
        ('{ $.event != "merge" }', False),
        ('{ $.absent != "merge" }', False),
        ("{ $.status >= 500 }", True),
        ("{ $.status > 503 }", False),
        ("{ $.status <= 503 && $.status < 504 }", True),
        ("{ $.status = 503 }", True),
        ("{ $.status != 503 }", False),
        ('{ $.status = "503" }', False),
        ("{ $.event >= 1 }", False),
        ("{ $.ok = 0 }", False),
        ("{ $.ratio = 2.5e-1 }", True),
        ('{ $.path = "/api/*" }', True),
        ("{ $.path = /api/*/8 }", False),
        ('{ $.path != "/health*" }', True),
        ("{ $.empty IS NULL }", True),
        ("{ $.absent IS NULL }", False),
        ("{ $.absent NOT EXISTS }", True),
        ("{ $.empty NOT EXISTS }", False),
        ("{ $.ok IS FALSE }", True),
        ("{ $.ok IS TRUE }", False),
        ("{ $.who.kind = user }", True),
        ("{ $.who[0] = user }", False),
        ("{ $.steps[0].name = first }", True),
        ("{ $.steps[1].name = first }", False),
        ("{ $['odd key'] = x }", True),
        (r'{ $.text = "a \"b\"" }', True),
        ('{ $.event = "x" && $.status >= 500 || $.ok IS FALSE }', True),
        ('{ $.event = "x" && ($.status >= 500 || $.ok IS FALSE) }', False),
        ('{$.event="merge"&&($.status>=600||$.status=503)}', True),
    ],
)
def test_comparisons_of_json(pattern, holds):
    assert parse(pattern).matches(json.dumps(EVENT)) is holds


def test_a_line_that_is_no_json_object_is_never_meant():
    understood = parse("{ $.absent NOT EXISTS }")
    assert understood.matches("{}")
    assert not any(understood.matches(line) for line in ("ERROR", "[]", '"text"', "{broken"))


@pytest.mark.parametrize(
    "pattern",
    [
        "error-code",
        "user@host",
        '"open',
        'a"b"',
        "?ERROR WARN",
        "%ERROR%",
        "[ip, user]",
        "{ $.a = 1",
        "{ $.a }",
        "{ a = 1 }",
        "{ $.a == 1 }",
        '{ $.a > "x" }',
        "{ $.a = 1 } more",
        "{ $.a = 1 &&  }",
        "{ ($.a = 1 }",
        "{ $.a = %x% }",
        "x" * 1025,
    ],
)
def test_what_is_not_understood_is_refused_and_not_guessed(pattern):
    with pytest.raises(Refused) as refused:
        parse(pattern)
    assert refused.value.code == "InvalidParameterException"
