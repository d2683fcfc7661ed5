"""The cases about switches. Each raises `Broken` with its sentence at the first thing that is not as it must be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any
from uuid import uuid4

from blocks.switchboard_http import CONTRACT
from deployments.conformance.server import NOWHERE, OK, SAID, SWITCH, WHILE, Broken, Server, must, switch_in
from tasks.switchboard.read import Switch
from tasks.switchboard.setting import ends_after

AT_ONCE = 4


def speaks(server: Server) -> None:
    for token, identity in ((server.reading, "reading"), (server.changing, "changing")):
        doing = f"GET / with the {identity} token"
        heard = must(server.ask("/", token=f"Bearer {token}"), OK, doing)
        if heard.body.get("contract") != CONTRACT:
            raise Broken(f"GET / must say that the contract is {CONTRACT}.")
        if heard.body.get("identity") != identity:
            raise Broken(f"The {identity} token is taken for one of identity {heard.body.get('identity')!r}.")


def has_the_test_switch(server: Server) -> None:
    if server.ask(f"/switches/{SWITCH}").status == 404:  # noqa: PLR2004 # HTTP's own
        raise Broken(f"There is no switch {SWITCH}: offer one that nothing reads, so that the rest can be checked.")
    now = server.switch()
    if now.type != "int":
        raise Broken(f"{SWITCH} is no int, so bounds cannot be checked on it.")
    server.at_rest()
    _ = server.bounds


def knows_nobody_else(server: Server) -> None:
    wrong = {
        "no token": "",
        "a token that nobody was given": f"Bearer {uuid4()}",
        "the beginning of a token": f"Bearer {server.reading[:-1]}",
        "a token and something more": f"Bearer {server.reading}x",
        "a token without the word Bearer": server.reading,
    }
    for what, token in wrong.items():
        must(server.ask(f"/switches/{SWITCH}", token=token), (401,), f"Looking with {what}")
        must(server.lift(1, token=token or "Bearer"), (401,), f"Changing with {what}")


def lets_readers_only_read(server: Server) -> None:
    now, reader = server.at_rest(), f"Bearer {server.reading}"
    wish = {"value": server.other(now), "expires_after": WHILE, **SAID}
    given: dict[str, Any] = {"token": reader, "version": now.version, "key": str(uuid4())}
    must(server.ask(f"/switches/{SWITCH}", method="PUT", body=wish, **given), (403,), "Setting with the reading token")
    must(server.lift(now.version, token=reader), (403,), "Lifting with the reading token")
    _unchanged(server, now, "A refused request")


def says_what_it_does_not_know(server: Server) -> None:
    heard = must(server.ask(f"/switches/{NOWHERE}"), (404,), "Looking at a switch that is not there")
    if not (heard.body.get("error") and heard.body.get("says")):
        raise Broken("A refusal must have a word for programs (`error`) and a sentence for people (`says`).")
    wish = {"value": 1, "expires_after": WHILE, **SAID}
    must(server.put(wish, 1, to=NOWHERE), (404,), "Setting a switch that is not there")


def runs_dry(server: Server) -> None:
    now = server.at_rest()
    value = server.other(now)
    wish = {"value": value, "expires_after": WHILE, **SAID}
    would = switch_in(must(server.put(wish, now.version, dry=True), OK, "A dry run with the reading token"))
    _unchanged(server, now, "A dry run")
    if (would.value, would.lasting, would.version) != (value, now.lasting, now.version + 1) or not ends_after(
        would, WHILE
    ):
        raise Broken("A dry run must answer what the same set would answer.")


def echoes(server: Server) -> None:
    now, key = server.at_rest(), str(uuid4())
    value = server.other(now)
    wish = {"value": value, "expires_after": WHILE, **SAID}
    said = switch_in(must(server.put(wish, now.version, key=key), OK, "Setting the test switch"))
    if (said.value, said.lasting, said.version) != (value, now.lasting, now.version + 1):
        raise Broken("A set must answer with the value that was sent, the same lasting one, and the next version.")
    if said.changed_by != SAID["incident"]:
        raise Broken("A set must answer that the incident has changed the switch (`changed_by`).")
    if not ends_after(said, WHILE):
        raise Broken("A set must answer when it ends: `expires_after` seconds after `changed_at`.")
    last = said.last_set
    told = (last.request, last.incident, last.value, last.after_version, last.version) if last else ()
    if told != (key, SAID["incident"], value, now.version, now.version + 1):
        raise Broken("A set must tell itself in `last_set`: request, incident, value, after_version, version.")


def keeps_what_it_echoes(server: Server) -> None:
    said = server.set(server.at_rest())
    kept = server.switch()
    if said != kept:
        raise Broken(f"What is kept is not what was answered: {said} was answered, and {kept} is kept.")


def compares_before_it_sets(server: Server) -> None:
    before = server.at_rest()
    server.set(before)
    now = server.switch()
    stale = {"value": server.other(now), "expires_after": WHILE, **SAID}
    for dry in (False, True):
        must(server.put(stale, before.version, dry=dry), (412,), "Setting with a version that is no longer so")
    must(server.lift(before.version), (412,), "Lifting with a version that is no longer so")
    _unchanged(server, now, "A request with an old version")
    with ThreadPoolExecutor(AT_ONCE) as threads:
        asked = [threads.submit(server.put, stale, now.version) for _ in range(AT_ONCE)]
        heard = [one.result().status for one in asked]
    if sum(status in OK for status in heard) != 1:
        raise Broken(f"Of {AT_ONCE} sets at once with the same version, one must be done, and not {heard}.")


def asks_for_a_version(server: Server) -> None:
    now = server.at_rest()
    wish = {"value": server.other(now), "expires_after": WHILE, **SAID}
    must(server.put(wish, None), (428,), "Setting without If-Match")
    must(server.lift(None), (428,), "Lifting without If-Match")
    _unchanged(server, now, "A refused request")


def keeps_within_bounds(server: Server) -> None:
    least, most, _ = server.bounds
    _refuses(server, "value", {f"a value of {one}": one for one in (most + 1, least - 1)})


def insists_on_types(server: Server) -> None:
    least, _, _ = server.bounds
    odd = {"a text": str(least), "true": True, "a fraction": least + 0.5, "null": None, "a list": [least]}
    _refuses(server, "value", odd)


def insists_on_an_end(server: Server) -> None:
    _, _, longest = server.bounds
    odd = {"no end": ..., "an end at once": 0, "an end before": -60, "a text for an end": "60", "null for an end": None}
    _refuses(server, "expires_after", {**odd, f"an end after {longest + 1} s": longest + 1})


def insists_on_who_and_why(server: Server) -> None:
    for field, odd in product(("incident", "reason"), (..., "", 7)):
        _refuses(server, field, {f"no {field}" if odd is ... else f"{odd!r} for {field}": odd})
    _refuses(server, "expires_afer", {"a misspelt field": 60})


def does_a_request_once(server: Server) -> None:
    now, key = server.at_rest(), str(uuid4())
    wish = {"value": server.other(now), "expires_after": WHILE, **SAID}
    first = must(server.put(wish, now.version, key=key), OK, "Setting the test switch").body
    if must(server.put(wish, now.version, key=key), OK, "The same request again").body != first:
        raise Broken("The same request again must be answered as before.")
    if server.switch().version != now.version + 1:
        raise Broken("The same request again was done again.")
    must(server.put({**wish, "expires_after": WHILE + 1}, now.version, key=key), (422,), "Another request with its key")
    must(server.put(wish, now.version + 1, key=None), (422,), "Setting without Idempotency-Key")


def lifts(server: Server) -> None:
    rest = server.at_rest()
    now = server.set(rest)
    must(server.lift(now.version), OK, "Lifting what is set")
    _went_back(server.switch(), rest, now, by=SAID["incident"])
    back = server.switch()
    must(server.lift(back.version), OK, "Lifting where nothing is set")
    _unchanged(server, back, "Lifting where nothing is set")


def goes_back_to_what_lasts(server: Server) -> None:
    rest = server.at_rest()
    least, most, _ = server.bounds
    values = [one for one in (least, least + 1, most) if one != rest.lasting]
    now = server.set(server.set(rest, value=values[0]), value=values[1])
    must(server.lift(now.version), OK, "Lifting what is set")
    if server.switch().value != rest.lasting:
        raise Broken("A set upon a set must go back to the lasting value, and not to the set before.")


def ends_by_itself(server: Server) -> None:
    rest = server.at_rest()
    now = server.set(rest, seconds=1)
    late = server.grace.total_seconds()
    if not server.eventually(lambda: not server.switch().is_set, 1 + late):
        raise Broken(f"What was set for 1 s still holds {late:g} s after its end: it must go back by itself.")
    _went_back(server.switch(), rest, now, by="expiry")


def _went_back(back: Switch, rest: Switch, now: Switch, *, by: str) -> None:
    if (back.value, back.lasting, back.version) != (rest.lasting, rest.lasting, now.version + 1) or back.is_set:
        raise Broken("After its end a switch must have its lasting value, the next version and no `expires_at`.")
    if back.changed_by != by:
        raise Broken(f"Such an end must be said to be by {by!r} (`changed_by`).")
    if back.last_set != now.last_set:
        raise Broken("`last_set` must stay after the end: it is how a client that was interrupted finds out.")


def _refuses(server: Server, field: str, odd: dict[str, Any]) -> None:
    """A set with each of these, dry and in earnest; `...` leaves the field out."""
    now = server.at_rest()
    wish = {"value": server.other(now), "expires_after": WHILE, **SAID}
    for (what, value), dry in product(odd.items(), (True, False)):
        body = {name: one for name, one in {**wish, field: value}.items() if one is not ...}
        doing = f"{'A dry run' if dry else 'Setting'} with {what}"
        must(server.put(body, now.version, dry=dry), (422,), doing)
    _unchanged(server, now, "A refused request")


def _unchanged(server: Server, before: Switch, what: str) -> None:
    now = server.switch()
    if now != before:
        raise Broken(f"{what} has changed the switch: it was {before}, and is {now}.")
