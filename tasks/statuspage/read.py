"""Looks at what a provider says of itself on its public status page.

A page that tells of trouble is good evidence that the trouble is theirs, and is never alone: what our own calls came
to stands beside it. A green page is a hint at most, since pages lag behind. A page that is silent, has another form
than its kind announces, or does not tell of what we use is unknown. Pages are asked without a proxy: where only a proxy
gets out, they are silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from pydantic import TypeAdapter, ValidationError

from journal.wording import brief, moment
from runbook import Facts, Permanent, Temporary, look
from tasks.statuspage.clouds import Amazon, Google
from tasks.statuspage.forms import LEVELS, Form, Level, Wanted
from tasks.statuspage.pages import Instatus, Slack, Statuspage
from tasks.web.read import ask

SIZE = 2 * 1024 * 1024
"""Bytes of a page that are read: of the largest providers a quiet day has some hundred thousand."""

PATIENCE = timedelta(seconds=10)
BUSY = frozenset({408, 429})
"""HTTP statuses of a page that may be there again soon."""

NAMED, LONG = 10, 80
"""Parts that are named, of a whole region there may be hundreds, and letters of a name: others have written it."""


Kind = Literal["statuspage", "google", "aws", "instatus", "slack"]
FORMS: Mapping[Kind, TypeAdapter[Any]] = {
    "statuspage": TypeAdapter(Statuspage),
    "google": TypeAdapter(Google),
    "aws": TypeAdapter(Amazon),
    "instatus": TypeAdapter(Instatus),
    "slack": TypeAdapter(Slack),
}


class Status(Facts):
    """What a provider's page says of what we use of it, and since when.

    `level` is *well*, *maintenance*, *impaired* or *down*; `parts` are those that it tells of.
    """

    provider: str
    kind: Kind
    level: Level
    parts: tuple[str, ...] = ()
    since: datetime | None = None

    @property
    def troubled(self) -> bool:
        """Whether the page tells of trouble. Planned maintenance is none, and is no health either."""
        return self.level in {"impaired", "down"}

    @property
    def well(self) -> bool:
        """Whether the page is green."""
        return self.level == "well"

    def __str__(self) -> str:
        said = f"{self.provider} says of itself: {self.level}"
        since = "" if self.since is None else f" since {moment(self.since)}"
        return f"{said}{since}" + (f" ({', '.join(self.parts)})" if self.parts else "")


@look("http:GET", bound=f"one page, {SIZE // 1024} KiB, redirects not followed; its texts are dropped")
def read_status(provider: str, kind: Kind, url: str, *, wanted: Wanted = Wanted()) -> Status:  # noqa: B008 # frozen
    """Ask a status page for what it says of what we use.

    `url` is that of its JSON:

    - statuspage, also of incident.io: `<page>/api/v2/summary.json`
    - google: `https://status.cloud.google.com/incidents.json`
    - aws: `https://health.aws.amazon.com/public/currentevents`
    - instatus: `<page>/summary.json`
    - slack: `https://slack-status.com/api/v2.0.0/current`

    Raises `Temporary` when the page does not answer, and `Permanent` when it answers in another form or does not tell
    of what is wanted: either is unknown.
    """
    reply = ask(url, patience=PATIENCE, headers={"Accept": "application/json"}, at_most=SIZE)
    page = reply.page
    if page.kind != "answered" or page.status is None or page.status in BUSY or page.status >= 500:  # noqa: PLR2004 # HTTP's own
        raise Temporary(f"The status page of {provider} does not answer ({page}); that is unknown.")
    if page.status != 200 or not page.complete:  # noqa: PLR2004 # HTTP's own
        raise Permanent(f"The status page of {provider} is not there in a form that can be read ({page}).")
    return status_of(provider, kind, reply.text, wanted)


def status_of(provider: str, kind: Kind, text: str, wanted: Wanted) -> Status:
    """What a page says. Raises `Permanent` when it has another form, or does not tell of what is wanted."""
    try:
        form = cast("Form", FORMS[kind].validate_json(text))
    except ValidationError as odd:
        first = odd.errors(include_input=False, include_url=False)[0]
        odd_at = brief(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", 2 * LONG)
        raise Permanent(
            f"The status page of {provider} has another form than {kind} ({odd_at}); that is unknown."
        ) from None
    try:
        said = [one for one in form.troubles(wanted) if one.level != "well"]
    except LookupError as missing:
        raise Permanent(f"The status page of {provider} cannot tell: {missing}.") from None
    told = [one for one in said if one.of or not wanted.parts]
    if said and not told:
        raise Permanent(f"The status page of {provider} tells of trouble and not of what; that is unknown.")
    worst = LEVELS[max((LEVELS.index(one.level) for one in told), default=0)]
    counted = [one for one in told if one.level == worst]
    return Status(
        provider=provider,
        kind=kind,
        level=worst,
        parts=tuple(dict.fromkeys(brief(name, LONG) for one in counted for name in one.of))[:NAMED],
        since=min((one.since for one in counted if one.since is not None), default=None),
    )
