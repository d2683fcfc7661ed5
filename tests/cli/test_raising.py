"""An error whose text holds a secret: no command prints it, however it is asked to say what went wrong."""

import pytest

from deployments import cli

SECRET = "Falcon!9174#x"
SAID = f"cannot reach redis://:{SECRET}@cache:6379/0"


def _raise(kind):
    fault = kind(SAID)
    fault.add_note(SAID)
    raise fault from OSError(2, SAID, SAID)


@pytest.mark.parametrize("more", [(), ("--json",), ("--debug",)], ids=str)
@pytest.mark.parametrize("kind", [RuntimeError, OSError, ValueError, KeyError])
@pytest.mark.parametrize("command", [("incidents",), ("doctor",), ("show", "INC"), ("verify",), ("status",)], ids=str)
@pytest.mark.usefixtures("journal")
def test_no_command_prints_a_secret_of_an_error(monkeypatch, capsys, command, kind, more):
    for name in ("journal", "journal_url"):
        monkeypatch.setattr(f"deployments.places.{name}", lambda *_, **__: _raise(kind))
    code = cli.run([*command, *more])
    said = capsys.readouterr()
    assert SECRET not in said.out + said.err
    assert "cache:6379" in said.out + said.err, "what is no secret is told all the same"
    assert code != 0
