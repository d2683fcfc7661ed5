"""`codeblue ack`: a person takes an incident over."""

from journal.facts.policy import Acknowledged


def test_what_nobody_knows_or_nobody_signs_is_refused(codeblue, story, journal):
    incident = story.waiting().incident
    codeblue("ack", "INC-nothing", "--by", "Ana", code=2)
    codeblue("ack", incident, "--by", "Ana", "--why", " ", code=2)
    assert not [e for e in journal.entries(incident) if e.kind == "acknowledged"]


def test_it_is_recorded_once_and_approves_nothing(codeblue, story, journal):
    incident = story.waiting().incident
    assert "nobody else is paged for it" in codeblue("ack", incident, "--by", "Ana").flat
    said = codeblue("ack", incident.rpartition("-")[2], "--by", "Ben", "--json").json  # its last part will do
    assert (said["incident"], said["by"]) == (incident, "Ana")
    kept = [e.fact for e in journal.entries(incident) if isinstance(e.fact, Acknowledged)]
    assert [fact.by for fact in kept] == ["Ana"]
    assert not [e for e in journal.entries(incident) if e.kind == "decided"]
