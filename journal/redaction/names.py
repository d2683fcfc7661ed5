"""People by their given names: two capital words of which the first is what many people are called.

Whoever answers, approves or stops something is named in messages too, and must be: a record of decisions without names
would be none. So what follows *by* and such a verb stays.
"""

from __future__ import annotations

import re
from typing import Final

from journal.redaction.field_words import folded
from journal.redaction.people import NAME, ONE, TWO_NAMES
from journal.redaction.rule import MASK, Rule, form, words

_GIVEN: Final = words(
    "adrian adriana agnieszka ahmed ahmet aisha alejandro aleksander aleksandra alessandro alexandra alexandru alexei alina amelie ana anamaria andreea andrei andres andrew andrzej "
    "anna anne annika antonio antonia aurel ayse barbara bartosz beatriz bianca bogdan brigitte camelia carlos carmen caroline catalina catherine cezar charlotte "
    "christian christine christopher ciprian claire claudia constantin corina cornel cosmin cristian cristina dan daniel daniela david deborah denisa diana diego dimitri dmitri "
    "dorothea dragos dumitru ecaterina eduard edward elena eleni elisabeth elizabeth ella emily emma eric erika esther eva ewa fatima felix fernando filip florin francesca francesco francois "
    "gabriel gabriela george georgios gheorghe gianni giovanni giulia giuseppe grace grzegorz hannah hans heinrich helen helena helga henrik horia hussein ian ibrahim ileana ingrid ioan ioana ion "
    "irina isabel isabella ivan jacob jadwiga james jan jane janet javier jean jennifer jessica joan joanna joao johan johanna john jonathan jorge jose josef joseph juan juergen julia julian "
    "karen karin karl karolina katarzyna katherine kathleen kevin khalid klaus krzysztof larisa lars laura lena leonardo liam linda lisa liviu lucas lucia luis luisa lukas lukasz magdalena malgorzata manuel "
    "marcel marcin marco margaret maria mariana marie marius martin martina mary mateusz matthew mehmet mia michael michal michelle miguel mihaela mihai mircea mohamed mohammed monica monika muhammad mustafa "
    "nadia natalia natasha nicolae nicole nikolai nina oana olga oliver olivia omar otto pablo patricia patrick paul paula pavel pedro peter petra petre philip pierre piotr radu rafael raluca rebecca rachel "
    "richard robert roberto rodica roxana ruth samantha samuel sandra sara sarah sebastian sergei sergiu silvia simona sofie sonia sophie stefan stefania stephanie steven susan svetlana tatiana teodora teresa "
    "theodor thomas timothy tomasz tudor ulrich ursula valentin valentina vasile veronica victor viktor viorica vlad vladimir walter wanda werner william wolfgang yusuf yvonne zofia zoe zuzanna hiroshi kenji yuki sakura priya rahul anjali arjun deepak sanjay wei"
)
_NOBODY: Final = words(
    "corp inc ltd gmbh sa srl llc ag plc co company group team platform service services api bank university hospital agent admin portal table database cluster gateway manager "
    "system server street road avenue lane institute foundation theorem model method center centre clinic prize cup award hall house airport station park bridge region zone client driver library framework"
)
_DECIDES: Final = re.compile(
    r"\b(?:approv|answer|acknowledg|ack|request|declin|reject|releas|thaw|froz|confirm|clos|open|start|stopp|decid|refus|ask|pag|merg|commit|author|creat|writ|own|escalat|tak|sign)\w{0,6}"
    r"(?: \w+){0,2} (?:by|from|to)\W{1,3}$|(?<!reported )(?<!seen )(?<!treated )(?<!examined )(?<!used )\bby\W{1,3}$|\b(?:author|owner|committer|reviewer|approver|assignee|on[ -]call|contact)\W{1,3}$",
    re.IGNORECASE,
)
_DECIDED: Final = re.compile(
    r"\W{0,3}(?:has )?(?:approved|answered|acknowledged|acked|requested|declined|rejected|confirmed|decided|refused|signed)\b"
)


def _a_person(found: re.Match[str]) -> bool:
    first, *rest = found["x"].split()
    if folded(first).lower().partition("-")[0] not in _GIVEN or not _NOBODY.isdisjoint(one.lower() for one in rest):
        return False
    before = found.string[max(0, found.start() - 40) : found.start()].rpartition("\n")[2]
    return not (_DECIDES.search(before) or _DECIDED.match(found.string, found.end()))


def _turned_round(found: re.Match[str]) -> bool:
    return folded(found["given"]).lower().partition("-")[0] in _GIVEN


NAMES: Final[tuple[Rule, ...]] = (
    form("personal", r"(?<![\w.@/-])(?P<x>" + NAME + r")(?![\w@]|-\w|\.\w)", opens=TWO_NAMES, check=_a_person, personal=True, flags=0),
    form("personal", rf"(?<=[\"'=:>])\s?(?P<x>{ONE}, (?P<given>{ONE}))(?=[\"'<\n]|$)", opens=re.compile(r"[\"'=:>]\s?[A-ZÀ-ɏ][^\W\d_]+(?:-\w+)?, [A-ZÀ-ɏ]"), check=_turned_round, personal=True, flags=0),
    form("personal", rf"(?P<x>{NAME})(?=,? \(?(?:patient|pacient|born|aged|née?|geb\.|d\.?o\.?b|\d{{1,3}} ?(?:y|yo|years)\b))", opens=TWO_NAMES, gate=("patient", "pacient", "born", "aged", "né", "geb", "dob", "d.o.b", "yo", "years", "y/o"), check=lambda found: _NOBODY.isdisjoint(found["x"].lower().split()), personal=True, flags=0),
    form("personal", r"(?i:\b(?:patient|pacient|pt)\.?(?:'s)?(?: full)? name)\W{1,3}(?P<x>[A-ZÀ-Þ]{2,}(?:[ ,]{1,2}[A-ZÀ-Þ]{2,}){1,3})", gate=("name",), personal=True, flags=0),
    form("personal", r"\b(?:born|née?|geboren|n[ăa]scut[ăa]?)(?: in| en| în)? (?P<x>19\d\d|20[012]\d)(?![\w-]|[.:]\d)", gate=("born", "né", "geboren", "născ", "nasc"), personal=True),
    form("personal", r"\baged?\W{1,3}(?P<x>\d{1,3})(?![\w.%])", gate=("age", "aged"), check=lambda found: re.search(r"patient|pacient|\bsex\b|gender|female|\bmale\b|" + MASK, found.string, re.IGNORECASE) is not None, personal=True),
)  # fmt: skip
