"""`codeblue postmortem`: a draft that follows the journal until somebody has written into it."""

import os
from pathlib import Path

from deployments.errors import Exit


def path_of(result):
    return Path(result.out.splitlines()[-1].removeprefix("post-mortem: "))


def test_the_draft_is_printed_and_kept(codeblue, story):
    story.whole()
    got = codeblue("postmortem", story.incident)
    path = path_of(got)
    assert path.parent.name == "postmortems"
    assert "# Post-mortem: Connection exhaustion" in path.read_text(encoding="utf-8")
    assert "To be written" in got.out
    page = path_of(codeblue("postmortem", story.incident, "--html"))
    assert "To be written" in page.read_text(encoding="utf-8")
    said = codeblue("postmortem", story.incident, "--json").json
    assert said == {
        "incident": story.incident,
        "status": "resolved",
        "markdown": str(path),
        "html": str(page),
    }


def test_a_draft_nobody_touched_follows_the_journal(codeblue, story):
    story.whole()
    path = path_of(codeblue("postmortem", story.incident))
    codeblue("confirm", story.incident, "--cause", "idle_leak", "--by", "Ana")
    assert "Confirmed by Ana" not in path.read_text(encoding="utf-8")
    codeblue("postmortem", story.incident)
    assert "Confirmed by Ana" in path.read_text(encoding="utf-8")


def test_what_somebody_wrote_is_never_overwritten(codeblue, story, sentence):
    story.whole()
    path = path_of(codeblue("postmortem", story.incident))
    for edit in (lambda text: text.replace("✎ **To be written:** what", "We were lucky. What", 1), lambda _: "gone"):
        path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
        written = path.read_text(encoding="utf-8")
        assert "--replace" in sentence(codeblue("postmortem", story.incident, code=Exit.REFUSED))
        assert path.read_text(encoding="utf-8") == written
    codeblue("postmortem", story.incident, "--replace")
    assert "# Post-mortem" in path.read_text(encoding="utf-8")


def test_whatever_commands_leave_in_the_home_is_for_its_owner_alone(codeblue, story, home):
    story.whole()
    said = ("--by", "Ana Lima", "--why", "release night")
    before = os.umask(0)
    try:
        for command in (
            ("timeline", story.incident, "--html"),
            ("postmortem", story.incident, "--html"),
            ("report", "--html"),
            ("freeze", "rung", "--to", "2h", *said),
            ("silence", "X", "--to", "2h", *said),
            ("stop", *said),
            ("verify",),
        ):
            codeblue(*command)
    finally:
        os.umask(before)
    modes = {str(one.relative_to(home.path)): one.stat().st_mode & 0o777 for one in home.path.rglob("*")}
    assert {"timelines", "postmortems", "reports"} <= set(modes)
    made_here = {name: oct(mode) for name, mode in modes.items() if "journal.db" not in name}  # copied by the fixture
    assert {name: mode for name, mode in made_here.items() if int(mode, 8) & 0o077} == {}
