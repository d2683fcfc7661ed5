"""What `medicalcor.webhooks_not_processing` asks: what becomes of webhooks, and what the API logs of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from blocks.medicalcor import MedicalCor
from flows.medicalcor.probes._api import ApiForm, api
from flows.medicalcor.probes._cloudrun import of_log
from runbook import Context, Evidence, probe
from runbook.shares import FEW
from tasks.gcplogs.read import Entries, read_entries
from tasks.gcplogs.taken import CHART, INVALID, KINDS, LATE, TAKEN, UNSIGNED, Taken
from tasks.gcplogs.wanted import Wanted, of_service
from tasks.logs.read import Kind
from tasks.selections import RunServiceOf
from tasks.web.read import Page, read_page

WRONGLY_SIGNED, FULL = "wrongly_signed", "full"
SENDERS = ("whatsapp", "stripe")
"""Who sends webhooks, as their addresses end."""
GAPS = 3
"""How many times the longest usual gap is silence: devised, the page gives no number."""


class Params(ApiForm):
    pass


Here = Context[MedicalCor, Params]


@probe(
    read_entries,
    asks="What became of webhooks, as Cloud Run logs each request?",
    source="devised medicalcor.p477",
    timeout=timedelta(seconds=30),
    about=api,
)
def came(c: Here, of: RunServiceOf) -> Taken:
    wanted = Wanted(fields=(*of_service(of.service), of_log(c, "requests")), holds=("/webhooks/",))
    window = c.back(max(c.params.window, GAPS * c.env.webhook_gap))
    return Taken(events=read_entries(c.env.google, wanted, window=window, kinds=KINDS, known_by=wanted))


@probe(
    read_entries,
    asks="Does the API say that signatures of webhooks are wrong?",
    source="medicalcor.c488 medicalcor.t488b medicalcor.p479 medicalcor.p487",
    timeout=timedelta(seconds=30),
    about=api,
)
def signatures(c: Here, of: RunServiceOf) -> Entries:
    wanted = Wanted(fields=(*of_service(of.service), of_log(c, "stdout")), holds=("signature",))
    kinds = (Kind(name=WRONGLY_SIGNED, pattern=r"(?i)signature"),)
    return read_entries(c.env.google, wanted, window=c.back(c.params.window), kinds=kinds)


@probe(
    read_entries,
    asks="Of which senders are webhooks refused as unsigned, and of which are they taken?",
    source="devised",
    timeout=timedelta(seconds=30),
    about=api,
)
def senders(c: Here, of: RunServiceOf) -> Entries:
    wanted = Wanted(fields=(*of_service(of.service), of_log(c, "requests")), holds=("/webhooks/",))
    kinds = tuple(
        Kind(name=of_sender(sender, one.name), pattern=rf"{one.pattern}\S*/webhooks/{sender}\b")
        for sender in SENDERS
        for one in KINDS
        if one.name in {TAKEN, UNSIGNED}
    )
    return read_entries(c.env.google, wanted, window=c.back(c.params.window), kinds=kinds, known_by=wanted)


def of_sender(sender: str, kind: str) -> str:
    """The kind of one sender's webhooks; a bare `whatsapp` beside a number would be taken for a telephone's."""
    return f"{sender}_webhooks_{kind}"


def taken_all_the_same(found: Entries) -> bool:
    """Whether of each sender that is refused as unsigned webhooks are taken as well, and not only before."""
    refused = [sender for sender in SENDERS if found.of(of_sender(sender, UNSIGNED)) >= FEW]
    if not refused:
        raise LookupError("of no sender three webhooks were refused as unsigned")
    return all(
        found.of(of_sender(sender, TAKEN))
        and found.goes_on(of_sender(sender, TAKEN), since=of_sender(sender, UNSIGNED))
        for sender in refused
    )


@probe(
    read_entries,
    asks="Does the API say that Redis takes nothing more?",
    source="devised",
    timeout=timedelta(seconds=30),
    about=api,
)
def refused_by_redis(c: Here, of: RunServiceOf) -> Entries:
    wanted = Wanted(fields=(*of_service(of.service), of_log(c, "stdout")), holds=("OOM command not allowed",))
    kinds = (Kind(name=FULL, pattern="OOM command not allowed"),)
    return read_entries(c.env.google, wanted, window=c.back(c.params.window), kinds=kinds)


@probe(
    read_page,
    asks="Does the address answer to which webhooks are sent?",
    source="medicalcor.c485 medicalcor.t485 medicalcor.p484",
)
def address(c: Here) -> Page:
    return read_page(f"{c.env.api.address}/webhooks/whatsapp/health")


@dataclass(frozen=True, kw_only=True)
class OfKind:
    """That one kind of webhooks that were not taken leads, that there are few of it, or none."""

    many: Evidence[MedicalCor, Params]
    few: Evidence[MedicalCor, Params]
    none: Evidence[MedicalCor, Params]


def of_kind(kind: str, said: str) -> OfKind:
    return OfKind(
        many=came.shows(f"at least a third of the webhooks not taken {said}", lambda r: r.share_of(kind) >= 1 / 3),
        few=came.shows(f"fewer than one in twenty of the webhooks not taken {said}", lambda r: r.share_of(kind) < 0.05),
        none=came.shows(f"no webhook {said.replace('were', 'was')}", lambda r: r.events.none(kind)),
    )


TROUBLE = came.shows(
    "no webhook was taken for three times the longest usual gap, or more than one in ten that came was not",
    lambda r: r.in_trouble(),
    gauge=CHART,
)
WELL = came.shows("webhooks come, and at least 19 of 20 are taken", lambda r: r.lost_share() <= 0.05)
NONE_CAME = came.shows("no webhook came for three times the longest usual gap", lambda r: r.none_came())
SOME_CAME = came.shows("webhooks come", lambda r: r.came > 0)
OF_UNSIGNED = of_kind(UNSIGNED, "were refused as unsigned (401, 403)")
OF_LATE = of_kind(LATE, "were given up as late (408, 504)")
OF_INVALID = of_kind(INVALID, "were refused as not valid (another 4xx)")
SIGNED_WRONG = signatures.shows(
    "the API says at least three times that a signature is wrong", lambda r: r.of(WRONGLY_SIGNED) >= FEW
)
STRANGERS = senders.shows(
    "of each sender that is refused as unsigned webhooks are taken as well, still three minutes later",
    taken_all_the_same,
)
NO_SIGNATURE = signatures.shows("the API says nothing of signatures", lambda r: r.none(WRONGLY_SIGNED))
NO_ROOM = refused_by_redis.shows(
    "the API says at least three times that Redis takes nothing more, for want of memory", lambda r: r.of(FULL) >= FEW
)
ROOM = refused_by_redis.shows("the API says nothing of Redis being full", lambda r: r.none(FULL))
SILENT = address.shows("the address of webhooks does not answer", lambda r: not r.answers)
