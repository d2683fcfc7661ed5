"""A name that shows as another's is refused; one that is only spelt otherwise is the same person's."""

from __future__ import annotations

import pytest

from journal.errors import OddName, Unsigned
from journal.people import same, signed


@pytest.mark.parametrize(
    "name",
    [
        "mal\u200blory",  # zero width space
        "mallory\u200d",  # joiner
        "mallory\ufeff",  # byte order mark
        "mal\u00adlory",  # soft hyphen
        "\u202eyrollam",  # written backwards
        "mal\u2060lory",  # word joiner
        "mallory\U000e0061",  # tag letter
        "mallory\ufe0f",  # variation selector
        "mal\u034flory",  # grapheme joiner
        "mallory\u3164",  # Hangul filler
        "mallory\u2800",  # empty braille
        "mal\x07lory",
        "mal\x1b[2Klory",
        "mallory\ue000",  # private use
        "mal\u2028lory",
        "mallory\ufffc",  # stands in for an object
        "mallory\U0001d159",  # the notehead that shows nothing
    ],
)
def test_a_name_with_characters_that_nobody_sees_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(OddName) as refused:
        signed(name)
    said = str(refused.value)
    assert said.startswith("This name does not show who it is: it holds invisible or control characters;")
    assert "mal" not in said


@pytest.mark.parametrize(
    ("name", "scripts"),
    [
        ("m\u0430llory", "cyrillic, latin"),
        ("mall\u03bfry", "greek, latin"),
        ("\u043callory", "cyrillic, latin"),
        ("mal\u13e6ory", "cherokee, latin"),
        ("m\u0561llory", "armenian, latin"),
        ("ana \u5f20", "cjk, latin"),
        ("mallory\u0650", "arabic, latin"),  # a mark below the line
        ("mal\u05bclory", "hebrew, latin"),
        ("mallory\u0483", "cyrillic, latin"),
        ("mallor\u093cy", "devanagari, latin"),
        ("bob\u09e6", "bengali, latin"),  # a digit that shows as another
        ("bob\u06f5", "arabic, latin"),
        ("\u30bd\u30fc\u0430", "cyrillic, katakana"),
    ],
)
def test_a_name_of_several_scripts_is_refused_and_they_are_named(name: str, scripts: str) -> None:
    with pytest.raises(OddName, match=scripts):
        signed(name)


@pytest.mark.parametrize("name", ["", "  ", "\n", "\t"])
def test_no_name_is_none(name: str) -> None:
    with pytest.raises(Unsigned):
        signed(name)


@pytest.mark.parametrize("name", ["...", "-", "🙂", "x" * 201])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(OddName):
        signed(name)


@pytest.mark.parametrize(
    "name",
    [
        "Ana Lima",
        "ana@example.com",
        "O'Neil-Smith",
        "José",
        "Ærø",
        "Νίκος",
        "Мария",
        "山田 太郎",
        "やまだ タロウ",
        "김민수",
        "مريم",
        "علی ۱۲",
        "佐々木 一郎",  # the sign that repeats is no other script
        "奈々〆",
        "Ka\u02bbiulani",  # letters that stand for an apostrophe
        "\u02beAḥmad",
        "O\u02bcbrien",
        "नीरज",
        "שָׁלוֹם",
        "drill's colleague",
        "bob_2",
    ],
)
def test_names_of_people_are_kept_as_they_are(name: str) -> None:
    assert signed(name) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mike", "m\u0131ke"),
        ("Lukasz", "\u0141ukasz"),
        ("Soren", "S\u00f8ren"),
        ("mallory", "mal\u1dc4lory"),
        ("ana", "ana\u20d0"),
        ("mallory", " Mallory "),
        ("mallory", "\uff4d\uff41\uff4c\uff4c\uff4f\uff52\uff59"),
        ("mallory", "𝓶𝓪𝓵𝓵𝓸𝓻𝔂"),
        ("José", "Jose\u0301"),
        ("mallory", "mallor\u0301y"),
        ("ana lima", "ana\u00a0\u2003lima"),
        ("straße", "STRASSE"),
        ("office", "o\ufb03ce"),
        ("anna-lee", "anna\u2010lee"),
        ("anna-lee", "anna\u2212lee"),
        ("anna-lee", "anna\u2013lee"),
        ("o'brien", "o\u2019brien"),
        ("o'brien", "o\u02bcbrien"),
        ("ana.lima", "ana\u00b7lima"),
        ("ops/ana", "ops\u2215ana"),
        ("ops:ana", "ops\u2236ana"),
        ("alice", "\u1d00\u029f\u026a\u1d04\u1d07"),  # capitals as small as letters
        ("alice", "\u0251lice"),
        ("bob", "\u0253ob"),  # with a hook
        ("scope", "\u0455\u0441\u043e\u0440\u0435"),  # Cyrillic from end to end
        ("nova", "\u03b7\u03bf\u03bd\u03b1"),
    ],
)
def test_the_same_name_in_another_spelling_is_the_same_person(one: str, other: str) -> None:
    assert same(one, signed(other))


def test_another_name_is_another_person() -> None:
    assert not same("mallory", "mallory2")  # which proves nothing: `approvals` asks for proof where it matters
