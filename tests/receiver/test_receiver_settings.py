"""Settings and secrets: a mistake is one sentence at start, and a secret is never in it."""

import stat

import pytest

from deployments.receiver import formats, settings
from deployments.receiver.app import create_app
from deployments.receiver.keys import Keys, MissingSecretError
from deployments.receiver.routing import Rule
from deployments.receiver.settings import ReceiverSettings, SettingsError
from deployments.stack_home import Home

RULES = [Rule(runbook="a", deployment="a/b", title="a", system="rung", environment="rung-prod")]
NOT_RULES = ["x"]


@pytest.fixture
def home(tmp_path):
    return Home.at(tmp_path / "home")


def test_settings_that_are_not_there_need_no_correction(home):
    with pytest.raises(SettingsError) as missing:
        settings.load(home)
    assert str(missing.value).endswith("codeblue up makes one.")
    assert "Correct" not in str(missing.value)


def test_settings_may_begin_with_a_byte_order_mark(home):
    (home.path / settings.FILE).write_bytes(b"\xef\xbb\xbfport = 4711\r\n")
    assert settings.load(home).port == 4711


@pytest.mark.parametrize(("text", "said"), [
    (None, "no such file"), ("port = ", "cannot be read"), ("prot = 1", "prot"), ("port = 99999999", "port"),
    ("[[routes]]\nname = 'x'", "routes.0.deployment"),
])  # fmt: skip
def test_unusable_settings_are_refused_in_one_sentence(home, text, said):
    if text is not None:
        (home.path / settings.FILE).write_text(text)
    with pytest.raises(SettingsError, match=said):
        settings.load(home)


@pytest.mark.parametrize(("given", "said"), [
    ({"pigeon": {}}, "no format 'pigeon'"), ({"_reading": {}}, "no format"), ({"sns": {}}, "formats.sns.topics"),
    ({"signed": {"secrets": ["env:X"], "tolerence": 5}}, "formats.signed.tolerence"),
])  # fmt: skip
def test_a_misspelt_format_or_option_is_refused_at_start(journal, given, said):
    with pytest.raises(SettingsError, match=said):
        create_app(ReceiverSettings(formats=given), journal, lambda: None)


@pytest.mark.parametrize(("path", "said"), [
    ("nowhere:RULES", "no such thing"), ("tests.receiver.test_receiver_settings:MISSING", "no such thing"),
    ("tests.receiver.test_receiver_settings:NOT_RULES", "0"),
])  # fmt: skip
def test_rules_that_are_not_there_are_refused(path, said):
    with pytest.raises(SettingsError, match=said):
        ReceiverSettings(routes_from=[path]).rules()


def test_rules_may_live_with_the_runbooks():
    assert ReceiverSettings(routes_from=[f"{__name__}:RULES"]).rules() == RULES


def test_the_operators_rule_replaces_the_runbooks_for_the_same_alerts():
    own = RULES[0].model_copy(update={"environment": "rung-staging"})
    assert ReceiverSettings(routes=[own], routes_from=[f"{__name__}:RULES"]).rules() == [own]


@pytest.mark.parametrize(
    "reference", ["file:none", "env:CODEBLUE_NOT_SET", "hunter2-the-secret-itself", "file:empty", "file:three"]
)
def test_a_secret_that_is_not_there_is_refused_without_showing_it(tmp_path, reference):
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "three").write_text("a\nb\nc\n")
    with pytest.raises(MissingSecretError) as refused:
        Keys([reference], tmp_path)
    assert "hunter2" not in str(refused.value)


def test_no_reference_at_all_is_refused(tmp_path):
    with pytest.raises(MissingSecretError):
        Keys([], tmp_path)


def test_two_secrets_are_valid_at_a_time_and_shown_nowhere(tmp_path, monkeypatch):
    (tmp_path / "old").write_text("old secret\n")
    monkeypatch.setenv("CODEBLUE_NEW", "new secret")
    keys = Keys(["file:old", "env:CODEBLUE_NEW"], tmp_path)
    assert [keys.match(s) for s in (b"old secret", b"new secret", b"old", b"")] == [True, True, False, False]
    assert "secret" not in repr(keys)


def test_a_secret_that_vanishes_stays_valid_until_it_is_back(tmp_path, caplog):
    (tmp_path / "s").write_text("one")
    keys = Keys(["file:s"], tmp_path)
    (tmp_path / "s").unlink()
    keys.refresh()
    assert keys.match(b"one")
    assert "file:s" in caplog.text
    assert "one" not in caplog.text.replace("stay", "")


def test_a_new_home_gets_a_secret_of_its_own(home, journal):
    assert settings.begin(home, routes_from=[f"{__name__}:RULES"]).name == settings.FILE
    token = home.path / "alertmanager.token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    first = token.read_text()
    settings.begin(home)
    assert token.read_text() == first
    loaded = settings.load(home)
    assert loaded.rules() == RULES
    create_app(loaded, journal, lambda: None, home=home.path)


def test_every_format_is_a_module_of_two_names():
    for name in formats.known():
        module = formats.module(name)
        assert issubclass(module.Options, formats.FormatOptions)
        assert callable(module.make)
