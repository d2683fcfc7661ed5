"""Secrets and people stay out; what operators need to read stays in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal import redaction
from journal.facts.closed import Noted
from journal.facts.seen import Read
from journal.inbox import Delivery, Inbox
from journal.redaction import also_redact, redact, redact_fact
from journal.store import Journal
from journal.timeline import as_html, as_markdown, timeline
from tests.journal.samples import START, opened

# Each with what must be gone. All of them invented or published as examples.
SECRETS = {
    "access key": ("uses AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    "aws secret": ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
    "google key": ("key=AIzaSyA1234567890abcdefghijklmnopqrstuv", "AIzaSyA"),
    "private key": ("x -----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY----- y", "MIIEow"),
    "cut private key": ("-----BEGIN PRIVATE KEY-----\nMIIEow", "MIIEow"),
    "bearer": ("GET / Bearer abc.def-123456", "abc.def"),
    "authorization": ("Authorization: Bearer abcdefghijkl", "abcdefghijkl"),
    "signed request": ("Authorization: AWS4-HMAC-SHA256 Credential=x/y, Signature=fe5f80f77d5fa", "fe5f80f77d5fa"),
    "basic auth": ("curl -H 'Basic dXNlcjpwYXNz' x", "dXNlcjpwYXNz"),
    "jwt": ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_def.", "eyJzdWIi"),
    "cookie": ("Set-Cookie: session=abc123; Path=/", "abc123"),
    "connection string": ("postgresql://rung:s3cr3t@db.internal:5432/rung", "s3cr3t"),
    "awkward password": ("redis://:p@ss/word@cache:6379/0", "ss/word"),
    "two addresses": ("redis://:0ne@a:1 redis://:tw0@b:2", "tw0"),
    "jdbc": ("jdbc:postgresql://h/db?user=u&password=pw1234", "pw1234"),
    "keyword": ("host=db password=hunter2 dbname=x", "hunter2"),
    "quoted": ('{"db_password": "hun ter2"}', "ter2"),
    "escaped": ('"{\\"api_key\\": \\"abcdef\\"}"', "abcdef"),
    "option": ("tool --auth-token abcdef run", "abcdef"),
    "sql": ("ALTER ROLE x PASSWORD 'foo''b4r'", "b4r"),
    "redis": ("CONFIG SET requirepass foobared", "foobared"),
    "github": ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "ghp_abc"),
    "slack": ("https://hooks.slack.com/services/T000/B000/XXXXXXXX", "XXXXXXXX"),
    "presigned": ("https://s3/x?X-Amz-Signature=abcdef0123&y=1", "abcdef0123"),
    "e-mail": ("sent to alice.smith+x@example.co.uk.", "alice"),
    "phone": ("call +40 722 123 456 now", "722 123 456"),
    "us phone": ("(415) 555-2671", "555-2671"),
    "card": ("4111 1111 1111 1111", "4111 1111"),
    "amex": ("card:378282246310005", "378282246310005"),
    "ssn": ("SSN is 078-05-1120", "05-1120"),
    "cpf": ("529.982.247-25", "529.982"),
    "bare cpf": ("CPF: 52998224725", "52998224725"),
    "cnp": ("1800101221144", "1800101221144"),
    "iban": ("GB82 WEST 1234 5698 7654 32", "WEST"),
    "patient number": ("MRN 12345678", "12345678"),
}

HARMLESS = [
    "2026-01-02T03:04:05.123456Z",
    "2026-01-02 03:04:05.123+00 12345678",
    "550e8400-e29b-41d4-a716-446655440000",
    "11111111-1111-4111-8111-111111111111",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:rung/db-AbCdEf",
    "arn:aws:iam::123456789012:role/codeblue-reader",
    "sha256:" + "ab12" * 16,
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "ip-10-0-12-34.eu-west-1.compute.internal",
    "INC-20260102-7F3K",
    "postgresql://rung@db.internal.example:5432/rung",
    "https://ghcr.io:443/org/img@sha256:abcd",
    "pid 12345 holds 10737418240 bytes of 17179869184",
    "took 1767225600000 ms, +12345678 since 1735689600.123456",
    "basic authentication failed for role reader",
    "Bearer authentication required",
    "reader@project.iam.gserviceaccount.com",
    "getty@tty1.service",
    "host:11946:205166@4026531836",
    "projects/123456789012/locations/europe-west1/services/api",
    "i-0abcd1234ef567890, AROAEXAMPLEROLEIDENT1, 3.141592653589793",
    "the password was changed; token expired; secret rotated",
    "4111111111111112 is no card, 529.982.247-26 no CPF, 1800101221145 no CNP",
]


@pytest.mark.parametrize("name", SECRETS)
def test_a_planted_secret_is_gone(name: str) -> None:
    text, secret = SECRETS[name]
    clean = redact(text)
    assert secret not in clean
    assert "[redacted: " in clean


@pytest.mark.parametrize("text", HARMLESS)
def test_what_operators_read_stays(text: str) -> None:
    assert redact(text) is text


def test_an_address_keeps_host_and_database() -> None:
    clean = redact("postgresql://rung:s3cr3t@db.internal:5432/rung?sslmode=require")
    assert clean == "postgresql://rung:[redacted: password]@db.internal:5432/rung?sslmode=require"


def test_the_name_of_a_field_says_that_its_value_is_secret() -> None:
    said = {
        "DB_PASSWORD": "x", "clientSecret": "x", "x-api-key": "x", "Authorization": "x", "SecretString": "x",
        "pin_otp": 123456,
        "Cookie": ["a", "b"], "session_token": "x", "patient_name": "Ana", "phoneNumber": "123",
        "credentials": {"user": "x"},
    }  # fmt: skip
    clean = redact(said)
    assert all(str(value).startswith("[redacted: ") for value in clean.values())


def test_the_name_of_a_field_that_only_sounds_secret_does_not_count() -> None:
    said = {
        "tokens": 1500, "max_token": 10, "next_token": "page2", "password_encryption": "scram-sha-256",
        "secret_arn": "arn:x",
        "secretName": "rung/db", "key": "cache:1", "has_password": True, "password": None,
        "token": "", "token_count": 3, "pid": 4711,
    }  # fmt: skip
    assert redact(said) is said


# Each was taken for a secret once.
@pytest.mark.parametrize(
    "text",
    [
        "Rotate the secret: it worked, and the symptom is gone.", "secret worked", "git@github.com:org/repo.git", "postgres@db.internal",
        "password: must be at least 12 characters", "token = get_token()", "secret = WebhookSecret.load('x')", "tokens: 1500",
        "upgraded from 5.15.0.91 to 5.15.0.92", "SET token = $1 WHERE id = $2", "block:grafana", "the user has chosen a password: yes",
    ],
)  # fmt: skip
def test_words_about_secrets_stay(text: str) -> None:
    assert redact(text) == text
    assert redact({"title": text}) == {"title": text}


def test_a_document_within_text_stays_a_document() -> None:
    inner = json.dumps(
        {"password": "hunter2", "port": 5432, "tags": ["a"], "nested": json.dumps({"api_key": "abcdef"})}
    )
    clean = json.loads(redact(inner))
    assert clean == {
        "password": "[redacted: password]",
        "port": 5432,
        "tags": ["a"],
        "nested": json.dumps({"api_key": "[redacted: secret]"}, separators=(", ", ": ")),
    }


def test_data_that_is_nested_too_deep_to_look_through_is_not_kept() -> None:
    deep: object = "password=hunter2"
    for _ in range(500):
        deep = [deep]
    assert "hunter2" not in str(redact(deep))
    assert "hunter2" not in redact("[" * 5000 + '"password=hunter2"' + "]" * 5000)


def test_environments_of_containers_are_lists_of_names_and_values() -> None:
    said = [{"name": "API_TOKEN", "value": "zz"}, {"name": "HOME", "value": "/root"}]
    assert redact(said) == [{"name": "API_TOKEN", "value": "[redacted: token]"}, said[1]]


def test_people_in_the_names_of_fields_are_gone_and_no_value_is_lost() -> None:
    clean = redact({"a@example.com": 1, "b@example.com": 2})
    assert sorted(clean.values()) == [1, 2]
    assert not any("example" in key for key in clean)


def test_numbers_and_what_has_nothing_to_hide_come_back_as_the_same_object() -> None:
    said = {"rows": [{"pid": 4711, "share": 0.985, "idle": True, "state": "idle in transaction", "xact": None}] * 3}
    assert redact(said) is said


def test_a_fact_keeps_who_decided_and_loses_the_rest() -> None:
    fact = redact_fact(Noted(by="ana@example.com", text="ask bo@example.com"))
    assert fact == Noted(by="ana@example.com", text="ask [redacted: e-mail]")
    assert redact_fact(fact) is fact
    assert "hunter2" not in redact_fact(Noted(by="password=hunter2", text="")).by


@pytest.fixture
def _own_pattern() -> Iterator[None]:
    also_redact("badge", r"\bB-\d{4}\b")
    yield
    redaction.engine.extra.clear()
    redaction.forget()


@pytest.mark.usefixtures("_own_pattern")
def test_an_installation_can_add_its_own_patterns() -> None:
    assert redact({"by": "B-1234 opened the channel"}) == {"by": "[redacted: badge] opened the channel"}
    with pytest.raises(ValueError, match="more specific"):
        also_redact("everything", ".*")


@pytest.mark.parametrize("length", [20, 2000])
def test_what_was_harmless_before_a_pattern_was_added_is_judged_anew(
    length: int, request: pytest.FixtureRequest
) -> None:
    said = {"why B-1234": ("B-1234 opened the channel " + "and went on " * length)[: length + 10]}
    assert redact(said) == redact(said) == said
    request.getfixturevalue("_own_pattern")
    [(name, text)] = redact(said).items()
    assert name == "why [redacted: badge]"
    assert text.startswith("[redacted: badge] opened")


def test_no_planted_secret_reaches_the_journal_the_inbox_or_the_documents(journal: Journal) -> None:
    planted = {name.replace("key", "k"): text for name, (text, _) in SECRETS.items()}
    incident, _ = journal.open_incident(opened(title="; ".join(planted.values())[:200], alert=planted, params=planted))
    for number, text in enumerate(planted.values()):
        journal.append(incident.id, f"note{number}", Noted(by="codeblue", text=text))
        value = {"rows": [{"line": text}, [text]]}
        journal.append(
            incident.id,
            f"read{number}",
            Read(phase="gather", probe="p", asks=text, source="s", at=START, took="PT1S", text=text, value=value),  # type: ignore[arg-type] # parsed
        )
    inbox = Inbox(journal)
    inbox.put(Delivery(format="x", delivery="1", fingerprint="f", alert=planted))
    drawn = timeline(journal.entries(incident.id))
    everywhere = [as_html(drawn), as_markdown(drawn), json.dumps([alert.alert for alert in inbox.pending()])]
    with journal.database.engine.begin() as tx:
        for table in ("entries", "incidents", "inbox", "chains"):
            everywhere += [str(row) for row in tx.exec_driver_sql(f"SELECT * FROM {table}")]
    for name, (_, secret) in SECRETS.items():
        assert not any(secret in text for text in everywhere), name


FRAGMENTS = st.sampled_from(
    [text for text, _ in SECRETS.values()]
    + HARMLESS
    + [
        "[redacted: e-mail]",
        "[redacted: ",
        "]",
        "=",
        ":",
        " ",
        "@",
        "://",
        '"',
        "'",
        "\\",
        "password",
        "token=",
        "Bearer ",
        "a@",
        "b.co",
    ]
    + ["-", "+", "4111", "1111", "authorization: ", "cookie", "\n", ",", "x", "AKIA"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.lists(FRAGMENTS, max_size=6).map("".join),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10) | FRAGMENTS, inner, max_size=3),
    max_leaves=8,
)


# How fast it is, the corpus's tests measure; here a machine that is busy with others is no defect.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(JSON)
def test_redacting_twice_is_redacting_once(value: object) -> None:
    once = redact(value)
    assert redact(once) == once


# Hypothesis wants the bounds naive, and the zone apart.
FIRST, LAST = datetime(1970, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 # Hypothesis takes bounds without a zone


@given(st.uuids(), st.datetimes(min_value=FIRST, max_value=LAST, timezones=st.just(UTC)))
def test_ids_and_times_always_stay(uuid: object, at: datetime) -> None:
    for text in (str(uuid), at.isoformat(), f"{at} {uuid}", f"run {uuid} at {at.isoformat()}Z"):
        assert redact(text) == text


@given(st.binary(min_size=20, max_size=32), st.integers(0, 2**31), st.integers(1, 65535))
def test_digests_pids_and_ports_always_stay(digest: bytes, pid: int, port: int) -> None:
    text = f"sha256:{digest.hex()} {digest.hex()} pid {pid} db.rung.internal:{port}"
    assert redact(text) == text


@pytest.mark.parametrize("field", ["code_sha256", "CodeSha256", "checksum", "content-md5", "digest"])
def test_a_field_that_says_it_is_a_checksum_keeps_one(field: str) -> None:
    """A plan that lost the checksum of a function's code could not be carried out."""
    checksum = "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="
    assert redact({field: checksum}) == {field: checksum}
    assert redact({field: "a token sk-live and more"})[field] is not None
    assert redact({"token": checksum})["token"] != checksum
    assert redact({"password_digest": checksum})["password_digest"] != checksum


@pytest.mark.parametrize("where", ["data", "stringData"])
def test_whatever_a_kubernetes_secret_holds_is_kept_out(where: str) -> None:
    given = {"kind": "Secret", "metadata": {"name": "db"}, where: {"admin": "aGVsbG8=", "empty": "", "more": "hello"}}
    kept = redact(given)
    assert kept[where] == {"admin": "[redacted: secret]", "empty": "", "more": "[redacted: secret]"}
    assert kept["metadata"] == {"name": "db"}
    assert redact(kept) == kept
    assert redact(given | {"kind": "ConfigMap"}) == given | {"kind": "ConfigMap"}
