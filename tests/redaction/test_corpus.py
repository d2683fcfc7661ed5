"""What `make redaction` promises: at least 95 % of what is planted is recognised, and at most 2 % of the rest changed."""

from __future__ import annotations

import time

import pytest
from detect_secrets.core.scan import scan_line
from detect_secrets.settings import transient_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from journal.redaction import forget, redact
from tests.redaction import sinks
from tests.redaction.__main__ import FALSE, RECOGNISED
from tests.redaction.corpus import HALVES, SEED, half, ordinary
from tests.redaction.finding import leaked, passed

EVERY = [one for which in HALVES for one in half(which)]
ALONE = [redact(one.text) for one in EVERY]
SECOND_OPINION = {
    "plugins_used": [
        {"name": name}
        for name in (
            "AWSKeyDetector", "AzureStorageKeyDetector", "DiscordBotTokenDetector", "GitHubTokenDetector", "GitLabTokenDetector",
            "JwtTokenDetector", "MailchimpDetector", "NpmDetector", "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector",
            "SendGridDetector", "SlackDetector", "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector", "TwilioKeyDetector",
        )
    ]
}  # fmt: skip


def test_the_corpus_is_as_large_as_it_is_said_to_be() -> None:
    assert len(EVERY) >= 300
    assert len({one.kind for one in EVERY}) >= 60
    assert len(list(ordinary())) >= 300


@pytest.mark.parametrize("seed", [SEED, 1, 2, 3])
@pytest.mark.parametrize("which", HALVES)
def test_nearly_all_that_is_planted_is_recognised(which: str, seed: int) -> None:
    planted = list(half(which, seed))
    missed = [one for one in planted if leaked(one, redact(one.text))]
    assert 100 * (1 - len(missed) / len(planted)) >= RECOGNISED, missed


@pytest.mark.parametrize("seed", [SEED, 1, 2, 3])
def test_hardly_any_harmless_text_is_changed(seed: int) -> None:
    texts = [text for _, text in ordinary(seed)]
    changed = [(text, redact(text)) for text in texts if redact(text) != text]
    assert 100 * len(changed) / len(texts) <= FALSE, changed


def test_redacting_the_corpus_twice_is_redacting_it_once() -> None:
    for text in [*(one.text for one in EVERY), *(text for _, text in ordinary())]:
        assert redact(redact(text)) == redact(text)


def test_detect_secrets_finds_no_token_in_what_came_out() -> None:
    with transient_settings(SECOND_OPINION):
        assert sum(any(scan_line(one.text)) for one in EVERY) > 20, "the second opinion finds nothing at all"
        missed = [one.text for one in EVERY if any(scan_line(redact(one.text)))]
    assert missed == []


def test_journal_inbox_documents_and_terminal_hold_no_more_than_the_function_lets_pass() -> None:
    for sink, shown in sinks.journal_and_documents([one.text for one in EVERY]).items():
        missed = passed(EVERY, shown, ALONE)
        assert 100 * (1 - len(missed) / len(EVERY)) >= RECOGNISED, (sink, missed)


def test_log_files_hold_no_more_either() -> None:
    assert 100 * (1 - len(passed(EVERY, sinks.logs([one.text for one in EVERY]), ALONE)) / len(EVERY)) >= RECOGNISED


PIECES = st.sampled_from(
    [
        "a",
        "1",
        "=",
        "password",
        "-",
        "a:",
        "<a ",
        "\\",
        "%41",
        "{",
        '"',
        "'",
        "a@",
        "://",
        "0 ",
        "+1 ",
        "(",
        "&#1;",
        "AAAA",
        "Aa1",
        "-p",
        "token is ",
        "name=a value=",
        "<a>",
        "\n",
        "a_",
        "1.",
        "1:",
        "a/",
        "--a ",
        "born ",
        "tel ",
        "[redacted: secret]",
        "$a$",
        "2 Aa Bb ",
        "é",
        "\u200b",
        "login ",
        "mysql -p ",
        "PASS ",
        "patient id ",
        "Authorization: ",
        "cookie: a=",
        "aGVsbG8g",
    ]
)


@settings(max_examples=60)
@given(st.lists(PIECES, min_size=1, max_size=3).map("".join))
def test_a_text_four_times_as_long_takes_not_much_more_than_four_times_as_long(piece: str) -> None:
    def took(times: int) -> float:
        forget()
        began = time.process_time()
        redact(piece * times)
        return time.process_time() - began

    times = max(1, 1500 // len(piece))
    short, long = took(times), took(4 * times)
    assert long < 0.3 or long / short < 12, (short, long)


@given(st.text(max_size=60) | st.lists(PIECES, max_size=10).map("".join))
def test_nothing_that_is_written_makes_it_fail(text: str) -> None:
    once = redact(text)
    assert redact(once) == once
