"""What `codeblue doctor` finds out about the receiver: whether it is ours, whether it takes alerts, what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from deployments import places
from deployments.cli.finding import Finding, no, unknown, yes
from deployments.installation import known_name
from deployments.stack_home import Home
from journal.facts.words import Answer
from journal.wording import counted, span

if TYPE_CHECKING:
    from deployments.receiver.answers import Health
    from deployments.receiver.settings import ReceiverSettings

LATELY = timedelta(hours=1)
"""How long a refused delivery is trouble: its sender still tries, or has given up on an alert."""


def receiver(home: Home) -> Finding:
    """Whether our own receiver answers and would keep an alert."""
    from deployments.receiver.settings import SettingsError, load

    try:
        settings = load(home)
    except SettingsError as error:
        return no("receiver", str(error))
    if places.idle(home):  # whoever listens at its port now is another installation
        return no("receiver", f"Does not run here. {places.start_it(home)}")
    if places.began(home) is not None and places.receiver_of(home) is None:
        return unknown("receiver", "Off: codeblue up was started with --no-receiver, so no alerts are taken here.")
    return _asked(home, _address(home, settings))


def _asked(home: Home, url: str) -> Finding:
    import httpx

    from blocks.in_time import get

    try:
        answer = get(f"{url}/ready", seconds=3.0, trust_env=False)
    except httpx.HTTPError as error:
        text = f"Does not answer at {url} ({type(error).__name__}). {places.start_it(home)}"
        return (unknown if places.coming(home) else no)("receiver", text)
    if (whose := _installation(answer)) is None:
        return no("receiver", f"What answers at {url} is no receiver of Code Blue. {_ours_is_not(home)}")
    if whose != known_name(home):
        return no("receiver", f"Another installation's receiver answers at {url}. {_ours_is_not(home)}")
    if not answer.is_success:
        text = f"Runs at {url} but would keep no alerts now ({answer.status_code}); see its log in {home.logs}"
        return no("receiver", text)
    return yes("receiver", f"Takes alerts at {url}/alerts/…")


def deliveries(home: Home, now: datetime | None = None) -> Iterator[Finding]:
    """Whether nothing was refused lately, and what was taken gets its run. Asked of a receiver that is ours."""
    import httpx
    from pydantic import ValidationError

    from blocks.in_time import get
    from deployments.receiver.answers import Health
    from deployments.receiver.settings import SettingsError, load

    if receiver(home).answer is not Answer.YES:
        yield unknown("deliveries", "Could not look without the receiver.")
        return
    try:
        answer = get(f"{_address(home, load(home))}/health", seconds=3.0, trust_env=False)
        said = Health.model_validate_json(answer.content)
    except (httpx.HTTPError, SettingsError, ValidationError) as error:
        yield unknown("deliveries", f"The receiver does not say how it is ({type(error).__name__}).")
        return
    trouble = list(troubles(said, now or datetime.now(UTC)))
    yield from (no("deliveries", text) for text in trouble)
    if not trouble:
        taken = counted(sum(one.taken for one in said.deliveries), "delivery", "deliveries")
        yield yes("deliveries", f"{taken} taken since it started, none refused lately")


def troubles(said: Health, now: datetime) -> Iterator[str]:
    """What is wrong with what came in, in sentences."""
    for one in said.deliveries:
        if one.last_refused is not None and now - one.last_refused <= LATELY:
            times = counted(one.refused, "delivery", "deliveries")
            kept = f"the last one taken {span(now - one.last_taken)} ago" if one.last_taken else "none was ever taken"
            ago = span(now - one.last_refused)
            yield f"{one.form}: {times} refused, the last {ago} ago ({one.status}: {one.error}); {kept}."
    if not said.dispatch.running:
        yield "What is taken starts nothing: the dispatcher does not work. Start the receiver again."
    elif said.dispatch.trouble:
        waits = counted(said.dispatch.awaiting_runs, "open incident")
        yield f"What is taken does not get its run ({waits} without one): {said.dispatch.trouble}"


def _installation(answer: Any) -> str | None:
    try:
        return answer.json()["installation"]
    except (ValueError, KeyError, TypeError):
        return None


def _address(home: Home, settings: ReceiverSettings) -> str:
    return places.receiver_of(home) or f"http://{settings.host}:{settings.port}"


def _ours_is_not(home: Home) -> str:
    return f"This one's is not there: choose another port in receiver.toml, and see its log in {home.logs}"
