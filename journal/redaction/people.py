"""What says who somebody is: addresses, phones, cards, ids, dates of birth, where they connect from.

A number is taken only where a check digit, a telling word or an unmistakable form says so: ordinary numbers, times,
versions and ids must survive. Names of machines have the form of e-mail addresses and stay too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any, Final

from journal.redaction.rule import MASK, Place, Rule, form, spots, words

_MACHINES: Final = (
    *(
        "service",
        "socket",
        "timer",
        "target",
        "mount",
        "slice",
        "scope",
        "internal",
        "local",
        "localdomain",
        "lan",
        "svc",
    ),
    *(
        "png",
        "jpg",
        "jpeg",
        "gif",
        "svg",
        "webp",
        "js",
        "mjs",
        "ts",
        "tsx",
        "css",
        "json",
        "yaml",
        "yml",
        "py",
        "md",
        "html",
    ),
    *("cluster", "intranet", "corp", "arpa", "consul", "txt", "log", "gz", "whl", "jar", "so", "rb", "go", "rs"),
)
_ACCOUNTS: Final = words(
    "git hg svn root postgres ubuntu ec2-user www-data deploy nobody daemon centos vagrant noreply no-reply "
    "mailer-daemon donotreply do-not-reply postmaster mysql redis runner jenkins"
)
"""Accounts of machines: no person is called so."""
_TELLS_IP: Final = re.compile(
    r"\bip\b|ipv[46]|addr|client|remote|peer|host|source|src|dst|from|user|visitor|login|log(?:ged)? ?in|forwarded|connect|"
    r"request|x-real|by|for|ban|block|device",
    re.IGNORECASE,
)
_VERSION: Final = re.compile(
    r"(?:version|release|build|\bv|\bver\.?|revision|driver|chrome|firefox|agent|schema|engine|firmware|upgrad\w*|downgrad\w*|"
    r"[a-z][\w+.]*[/_@~^-]|[=<>~^!]=?|section|chapter|oid|rfc|image|tag|sdk|jdk|lib(?:rary)?|pkg|package|module|plugin|dependency|component|\bto|\d)[\s:='\"]{0,3}v?$",
    re.IGNORECASE,
)
_FIRMS: Final = words(
    "corp inc ltd gmbh sa srl llc ag bv plc co company group team platform service services api bank university hospital "
    "agent admin administrator portal account pool table database cluster gateway manager system"
)
"""Words that end names which nobody has."""
_OF_A_CARD: Final = re.compile(r"cv[vcn]|card|\bpan\b", re.IGNORECASE)
_COUNTED: Final = re.compile(
    r"(?:order|query ?id|offset|serial|ticket|build|trace|span|seq(?:uence)?|xid|lsn|bytes|request|batch|snowflake|cursor|rows?|position"
    r"|(?<!d_)\bid|_id|Id|nonce|epoch|ns|size|total|count|version)[\"']?[\s:=#]{1,3}[\"']?$"
)
"""What stands before a long number that counts or names a thing: one in ten of them has the check digit of a card."""
_MOVED: Final = re.compile(r"\b(?:up|down)grad|\bversion|\brelease|\bmigrat|\bbump", re.IGNORECASE)
_RESOLVERS: Final = frozenset(
    ["8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "208.67.222.222", "208.67.220.220"]
)
_DOCUMENTED: Final = ("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:")
_SMALL: Final = 32
_FIVE: Final = 5
"""Digits that a number of a person has at least."""


def _numbers() -> Any:
    from journal.redaction import numbers  # it takes a tenth of a second, and most processes never see such a number

    return numbers


def digits_of(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _long_enough(found: re.Match[str]) -> bool:
    return len(digits_of(found["x"])) >= _FIVE


def _email(found: re.Match[str]) -> bool:
    # Service accounts, template units and images have the form, but name machines and not people.
    said, after = found[0].lower(), found.string[found.end() : found.end() + 2]
    name, _, host = said.rpartition("@")
    if name in _ACCOUNTS or said.endswith(".gserviceaccount.com") or host.rpartition(".")[2] in _MACHINES:
        return False
    return not (after[:1] == ":" and after[1:].isalpha() and found.string[: found.start()].endswith("ssh://"))


def _of_a_device(found: re.Match[str]) -> bool:
    """Whether letters are in it, as in most, and it is no pattern of one digit."""
    return not re.sub(r"\W", "", found[0]).isdigit() and len(set(found[0])) >= _FIVE


def _somebody(found: re.Match[str]) -> bool:
    return _FIRMS.isdisjoint(found["x"].replace(".", "").lower().split())


def _card(found: re.Match[str]) -> bool:
    if found[0].isdigit() and _COUNTED.search(found.string[max(0, found.start() - 24) : found.start()]):
        return False
    return bool(_numbers().is_card(digits_of(found[0])))


def _accounts(text: str) -> Iterator[Place]:
    """IBANs, as long as their country has them: words of the sentence may follow after a space."""
    for begin, end in spots(_ACCOUNT, text):
        for found in _IBAN.finditer(text, max(0, begin), min(len(text), end + _LONGEST)):
            stop = found.end()
            while stop - found.start() >= _SHORTEST:
                said = re.sub(r"[\s.-]", "", text[found.start() : stop]).upper()
                if not text[stop : stop + 1].isalnum() and _numbers().is_account(said):
                    yield found.start(), stop, "bank account"
                    break
                stop -= 1


def _national(found: re.Match[str]) -> bool:
    return bool(_numbers().is_national(found[0].upper()))


def _international(found: re.Match[str]) -> bool:
    digits = len(digits_of(found[0]))
    return digits in range(10, 16) if found[0][1:].isdigit() else digits in range(8, 16)


def _ip4(found: re.Match[str]) -> bool:
    said = found[0]
    try:
        address = IPv4Address(said)
    except AddressValueError:
        return False
    if said in _RESOLVERS or not (address.is_global or said.startswith(_DOCUMENTED)) or address.is_multicast:
        return False
    before = found.string[max(0, found.start() - 40) : found.start()].rpartition("\n")[2]
    if _MOVED.search(before):
        return False
    if re.search(
        r"(?:://|@|ip[=:/-]|\bfrom |\bby |(?:\b|_)(?:s|d)?(?:src|dst|source|destination|addr|address|client|remote|peer|origin|[rlcx]?host|[rlcx]?ip|user|login|visitor|from|gateway|server)[\"']?[=:]\s?[\"']?)$",
        before,
        re.IGNORECASE,
    ):
        return True
    if _VERSION.search(before):
        return False
    told = _TELLS_IP.search(before) or re.match(r":\d{2,5}\b| port |[\s\"']{1,2}- ", found.string[found.end() :])
    return bool(told) or any(int(part) >= _SMALL for part in said.split("."))


def _ip6(found: re.Match[str]) -> bool:
    if _OCTETS.fullmatch(found[0]):  # the serial number or a part of the fingerprint of a certificate
        return False
    try:
        address = IPv6Address(found[0])
    except AddressValueError:
        return False
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_global
    return len(found[0]) > 6 and (address.is_global or found[0].lower().startswith(_DOCUMENTED))  # noqa: PLR2004 # `a::b` is code


_OCTETS: Final = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){7}", re.IGNORECASE)
_ALONE: Final = r"(?<![\w.+/=-])"
_END: Final = r"(?![\w-]|\.\d)"
_DATE: Final = (
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/. ]{1,2}\d{1,2}[-/. ]{1,2}\d{2,4}|\d{8}|\d{1,2}(?:st|nd|rd|th)?[. ]{1,2}(?:of )?[^\W\d]{3,10}\.?,? \d{4}"
    r"|\d{1,2}(?:st|nd|rd|th)? [^\W\d]{3,10} '\d\d\b|\d{4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日|(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[^\W\d]{0,7} \d{4}\b|[^\W\d]{3,10}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{1,2} (?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[^\W\d]{0,7} \d\d\b|\d{1,2}[ -]?(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[^\W\d]{0,7}[ -]?\d{2,4}\b|\d{1,2}[-/][^\W\d]{3,9}[-/]\d{2,4})"
)
_TO: Final = r"(?:[\s-]?(?:no\.?|number|nr\.?|num\.?|id|code|is|was|nummer|#))*\s{0,3}(?:\\*[\"'])?\s{0,2}[:=#：]?\s{0,3}(?:\\*[\"'])?"
_IDS: Final = (
    r"ssn|ppsn?|social security|tax file n(?:umber|o)|med(?:ical)?\.? rec(?:ord)?s?\.?|hospital (?:id|number)|cpf|cnp|pesel|bsn|nino|ni|nhs|mrn|medical record|patient|passport|tax[ _-]?id|tin|itin|sin|tfn|aadhaar|aadhar|curp"
    r"|dni|nie|nif|nir|hetu|cpr|fødselsnummer|personnummer|personal number|personal code|jmbg|egn|oib|cuit|cuil|rut|rodn[eé] [cč][ií]slo"
    r"|steuer-?id|steuer-?identifikationsnummer|sozialversicherungsnummer|avs|ahv|codice fiscale|my ?number|nric|hkid|id card|identity card"
    r"|carte d'identité|personalausweis|driver'?s? licen[cs]e|driving licen[cs]e|national id(?:entity)?|national insurance|health (?:card|insurance)"
    r"|medicare|medicaid|insurance|member|policy|emirates id|teudat zehut|voter|chart|hospital|npi|dea|buletin|serie|c\.?i\.?"
)
_ID_GATE: Final = tuple(
    words(
        "ssn pps social cpf cnp pesel bsn nino nhs mrn medical patient passport tax tin itin sin tfn aadha curp "
        "dni nie nif nir hetu cpr fødsel personn personal jmbg egn oib cuit cuil rut rodn steuer sozial avs ahv "
        "codice mynumber nric hkid card identi carte personalaus rec licen national health medica insurance member "
        "policy emirates teudat voter chart hospital npi dea buletin serie c.i ni: "
    )
)
_STREET: Final = r"street|st|avenue|ave|road|rd|lane|ln|boulevard|blvd|drive|dr|court|ct|place|pl|terrace|way|square|sq|crescent|close"
_STREET_END: Final = re.compile(rf"\ (?:{_STREET})\b", re.IGNORECASE)
TWO_NAMES: Final = re.compile(
    r"(?:^|[\n >(=:\"'])[A-ZÀ-ÞĀ-ɏ][a-zß-ÿĀ-ɏ'-]+(?:-\w+)? (?:[A-ZÀ-ÞĀ-ɏ]|(?:van|von|de|der|den|di|da|dos|del|la|le|bin|al|el|ter|zu) )"
)
_NUMBERS: Final = re.compile(r"[+(]?(?!\d{4}-\d\d-\d\d(?:[ T]\d\d:|\b))\d(?:[ .()/-]{0,3}\d){6}[\d ().\-/]{0,30}")
"""Seven digits close together that are no date."""
_IBAN: Final = re.compile(r"(?<![\w-])[A-Z]{2}\d\d(?:[ .-]?[A-Z0-9]){11,30}(?![A-Z0-9])", re.IGNORECASE)
_SHORTEST, _LONGEST = 15, 20
_LONG_NUMBER: Final = re.compile(r"\d{4}[ .-]?\d{4,6}[ .-]?\d{4,5}")
_ACCOUNT: Final = re.compile(r"[A-Za-z]{2}\d\d[ .-]?[A-Za-z0-9]{4}[ .-]?[A-Za-z0-9]{4}")
_PHONE_WORD: Final = r"(?:phones?|msisdn|mob|fon|tlf|gsm|cel|tel(?:efon|ephone|éphone|efono|éfono|efone|\.)?|n[uú]mer[oó]?|číslo|mobile|mobil|cell|fax|call(?:ed|back)?|dial|whatsapp|sms(?: to)?|text|contact|handy|ring|reach(?:ed)?|numărul|telefonul|nummer|hotline|pager)"
_N: Final = r"(?:\+?\(?\d[\d ().\-/]{5,18}\d)"

ONE: Final = r"[A-ZÀ-ÞĀ-ɏ][a-zß-ÿĀ-ɏ']+(?:-[A-ZÀ-ÞĀ-ɏ]?[a-zß-ÿĀ-ɏ']+)?"
NAME: Final = (
    ONE
    + r"(?: (?:[A-ZÀ-ÞĀ-ɏ]\.|(?:(?:van|von|de|der|den|di|da|dos|del|la|le|bin|al|el|ter|zu) ){0,2}"
    + ONE
    + r")){1,3}"
)

PEOPLE: Final[tuple[Rule, ...]] = (
    form("e-mail", r"(?<!//)(?<![\w.%+-])(?:[\w.%+'-]{1,64}|\"[^\"\n@]{1,64}\")@(?:(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])|\[\d{1,3}(?:\.\d{1,3}){3}\])", gate=("@",), check=_email, personal=True),
    form("e-mail", r"(?<![\w.])[\w.%+-]{1,64}\s?[\[({<]\s?at\s?[\])}>]\s?[\w-]{1,63}(?:\s?(?:\.|[\[({<]\s?dot\s?[\])}>])\s?[\w-]{2,63}){1,4}", opens=re.compile(r"[\[({<]\s?at\s?[\])}>]", re.IGNORECASE), personal=True),
    form("payment card", r"(?<![\w.])(?<!\d-)(?<!ecs-svc/)(?:(?:4\d{3}|5[0-8]\d\d|2[2-7]\d\d|35[2-8]\d|9792)(?:[ .-]?\d{4}){3}|6\d{3}(?:[ .-]?\d{4}){3}(?:[ -]?\d{3})?|3[47]\d\d[ .-]?\d{6}[ .-]?\d{5}|3(?:0[0-5]|[68]\d)\d[ .-]?\d{6}[ .-]?\d{4})" + _END, near=_LONG_NUMBER, check=_card, personal=True),
    Rule(find=_accounts, opens=_ACCOUNT, personal=True),
    form("national id", r"(?<![\w.+/=-])(?:(?!000|666)\d{3}-(?!00)\d\d-(?!0000)\d{4}|\d{3}\.\d{3}\.\d{3}-\d\d|756\.\d{4}\.\d{4}\.\d\d|\d\d\.\d\d\.\d\d-\d{3}\.\d\d|\d{6}(?:\d\d)?[-+A]\d{3}[\dA-Y]|\d{3} \d{3} \d{4}|[1-9]\d{10}|[1-8]\d{12}|[12]\d{14}|[12] \d\d \d\d \d\d \d{3} \d{3} \d\d|[XYZ]?\d{7,8}-?[A-HJ-NP-TV-Z])" + _END, near=_NUMBERS, check=_national, personal=True, flags=0),
    form("national id", r"(?<![\w.+/=-])(?:[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]|[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d)" + _END, opens=re.compile(r"[A-Z]{4}\d\d"), check=_national, personal=True, flags=0),
    form("national id", _ALONE + r"9\d\d-[5-9]\d-\d{4}" + _END, near=_NUMBERS, personal=True),
    form("national id", _ALONE + r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]" + _END, near=re.compile(r"[A-Z]{2} ?\d\d ?\d\d"), personal=True, flags=0),
    form("national id", _ALONE + r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]" + _END, near=re.compile(r"[A-Z]{5}\d{4}"), personal=True, flags=0),
    form("national id", _ALONE + r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-[AC-HJKMNP-RT-Y]{2}\d\d" + _END, near=re.compile(r"\d[A-Z][A-Z0-9]\d-"), personal=True, flags=0),
    form("national id", r"(?<![\w.+/=-])[2-9]\d{3}[ -]\d{4}[ -]\d{4}" + _END, near=_NUMBERS, personal=True, check=lambda found: bool(_numbers().is_aadhaar(digits_of(found[0])))),
    form("national id", rf"(?<![\w:/.-])(?:{_IDS})\b{_TO}(?P<x>[A-Z]{{0,4}}[ -]?\d(?:[ ./-]?\d){{4,17}}[ -]?[A-Z0-9]{{0,3}}|[A-Z]{{1,6}}\d{{5,8}}[A-Z0-9]{{1,9}})(?![\w])", gate=_ID_GATE, opens=re.compile(r"\d[\d ./-]{3,}\d"), check=_long_enough, personal=True),
    form("personal", rf"\b(?:d\.?o\.?b\.?|born(?: on| in)?|date of birth|birth ?(?:date|day)|birthday|geb(?:\.|oren|urtsdatum)|n[ăa]scut[ăa]?(?: (?:la|pe|în))?|data na[șşs]terii|né[e]?(?: le)?|date de naissance|fecha de nacimiento|nacid[oa](?: el)?|nato il|data di nascita|data de nascimento|data urodzenia|urodzon[ya]|ur\.|(?:date de )?naissance|rođen[aoi]?|roden[aoi]?|nar(?:ozen[ýáaé]?)?\.|szül(?:etett|\.)|syntynyt|född|født|γεννήθηκε|doğdu|д\.р\.|родил(?:ся|ась)|geboortedatum|fødselsdato|födelsedatum|doğum tarihi|дата рождения|生年月日|出生日期)(?: (?:am|den|dnia|dne|op|on|le|la|el|il))?{_TO}(?P<x>{_DATE})", gate=("dob", "d.o.b", "born", "birth", "geb", "năs", "nasc", "naș", "naş", "nast", "né", "naissance", "nac", "nato", "nascita", "nascimento", "urodz", "geboorte", "fødsel", "födelse", "doğum", "рожд", "生年", "出生", "ur.", "urodz", "rođ", "rod", "nar.", "narozen", "szül", "synty", "född", "født", "γενν", "д.р", "родил"), personal=True),
    form("personal", r"\b(?i:patient|pacient[aăeul]{0,4}|paciente|pacjent(?:k[aęi])?|pasient|potilas|hasta|mother|father|husband|wife|spouse|daughter|guardian|sibling|relative|signed by|seen by|referred by|treated by|examined by|patientin|paziente|kunde|klient|cliente|user\.name|requester|applicant|complainant|customer|employee|cardholder|member|caller|client|user|subscriber|resident|guest|passenger|student|nurse|doctor|physician|holder|recipient|beneficiary|tenant|owner name|full ?name|display ?name|real ?name|nok)(?:(?i:'s)?(?i: full)?(?i: name| is| was|:|=))+\s?[\"']?(?P<x>" + NAME + ")", check=_somebody, opens=TWO_NAMES, gate=("patient", "pacient", "pacjent", "pasient", "potilas", "hasta", "mother", "father", "husband", "wife", "spouse", "daughter", "guardian", "sibling", "relative", "signed", "seen", "referred", "treated", "examined", "request", "applicant", "complain", "pazient", "kunde", "klient", "customer", "employee", "holder", "member", "caller", "client", "user", "subscriber", "resident", "guest", "passenger", "student", "nurse", "doctor", "physician", "recipient", "benefi", "tenant", "name", "nok"), personal=True, flags=0),
    form("personal", r"\"(?P<x>[^\W\d_][^\"\n@\d]{2,60})\"\s{0,2}(?:&lt;|<)(?=[^\s<>@]{1,64}@|" + MASK + ")", opens=re.compile(r"\"\s?<"), personal=True, flags=0),
    form("personal", r"(?P<x>" + NAME + r")\s?[\"']?\s{0,2}(?:&lt;|<)(?=[^\s<>@]{1,64}@|" + MASK + ")", opens=re.compile(r"<(?:[^\s<>@]{1,64}@|" + MASK + ")"), personal=True, flags=0),
    form("personal", r"\b(?:licen[cs]e plates?|number plates?|plate (?:no|number)|registration plate|kennzeichen|immatriculation|[iî]nmatriculare|matr[ií]cula|targa)\b\W{0,3}(?:is |nr\.? )?\s?(?P<x>(?=[A-Z0-9 -]{0,9}\d)[A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{1,4}){1,3})\b", gate=("plate", "kennzeichen", "matricul", "matrícul", "targa"), personal=True),
    form("personal", r"\b(?:Mrs|Mme|Frau|Herr|Dna|Dl|Sra|Sig\.ra|Fam|Familie|Familia|Famille)\.? (?P<x>" + ONE + ")", gate=("mrs", "mme", "frau", "herr", "dna", "dl ", "dl. ", "sra", "sig.ra", "fam"), personal=True, flags=0),
    form("personal", r"\b(?:[Cc]all(?:ed)?|[Cc]ontact(?:ed)?|[Aa]sk|[Rr]each|[Pp]hone[d]?|[Dd]ial|[Ss]poke (?:to|with)|[Tt]ell) (?P<x>" + NAME + r")(?=(?: at| on|,|:| \()?\s?(?:" + MASK + r"|\+?\d))", gate=("call", "contact", "ask", "reach", "phone", "dial", "spoke", "tell"), opens=TWO_NAMES, check=_somebody, personal=True, flags=0),
    form("personal", r"(?i:\bname)[\"']?(?:\s?[:=]\s?[\"']?|>)(?P<x>" + NAME + r")(?=[^\n]{0,60}?\n?[^\n]{0,20}?(?i:\bage\b|\baged\b|\bdob\b|\bborn\b|\bsex\b|\bgender\b|birth))", gate=("age", "dob", "born", "sex", "gender", "birth"), check=_somebody, personal=True, flags=0),
    form("personal", r"\b(?:(?:Mrs?|Ms|Dr|Prof|D-?na|Dl|Mme|Mlle|Sra?|Do[ñn]a?|Sig|Pani?|Panią|Pana|Dhr|Mevr|Hr|Fru|Bay|Bayan|Sir|Lady|Rev|(?i:miss|mister|herrn?|frau|domnul|doamna|madame|monsieur|se[ñn]ora?|signora?|senhora?|mevrouw|meneer|sayın)))\.? (?P<x>" + NAME + ")", gate=("prof", "miss", "domn", "doamn", "madame", "monsieur", "mlle", "señor", "senor", "don", "doñ", "signor", "sig", "senhor", "pan", "mevr", "meneer", "dhr", "hr ", "hr. ", "fru", "bay", "say", "sir", "lady", "rev", "d-na", "mr. ", "mr ", "mrs", "ms. ", "ms ", "dr. ", "dr ", "herr", "frau", "dna", "dl ", "dl. ", "mme", "sr ", "sr. ", "sra"), personal=True, flags=0),
    form("personal", rf"(?<![\w.])(?:\d{{1,5}}[A-Z]? (?:(?:N|S|E|W|North|South|East|West)\.? )?(?:[A-Z][\w'.-]+ ){{1,3}}(?i:{_STREET})\b\.?(?: (?:NE|NW|SE|SW|N|S|E|W)\b\.?)?(?:,? (?i:apt|suite|unit|flat)\.? ?#?\w+)?(?:,? (?:[A-Z][\w.]{{1,20}} ?){{1,3}},? [A-Z]{{2}} \d{{5}}(?:-\d{{4}})?)?)", opens=_STREET_END, personal=True, flags=0),
    form("personal", r"(?<![\w.])(?:(?:[A-Z][\wäöüß-]+(?:straße|strasse|str\.|weg|platz|gasse|allee|straat|laan|gracht|kade|plein|dijk|singel|gatan|vägen|veien|vegen|gade|vej|katu|utca)|(?:[Ss]tr(?:ada|\.)|[Bb]d\.|[Rr]ue|[Vv]ia|[Cc]alle|[Aa]leea|[Cc]alea|[Șș]os(?:eaua|\.)|[Pp]ia[țt]a|[Ss]plaiul|[Ii]ntrarea|[Aa]venida|[Aa]v\.|[Pp]laza|[Pp]iazza|[Cc]orso|[Vv]iale|[Rr]ua|[Uu]l\.|[Uu]lica) (?:[A-Z][\w.'-]+ ?){1,4},?(?: nr\.?)?) ?\d{1,4}[a-z]?\b(?:,? (?:[A-Z]{1,2}-)?\d{4,6} [A-ZÀ-Þ][\w-]+)?)", gate=("stra", "laan", "gracht", "kade", "plein", "dijk", "singel", "gatan", "vägen", "veien", "vegen", "gade", "vej", "katu", "utca", "str.", "weg", "platz", "gasse", "allee", "bd.", "rue", "via", "calle", "alee", "cale", "șos", "piaz", "pia", "splai", "intrarea", "aveni", "av.", "plaza", "corso", "rua", "ul.", "ulica"), opens=re.compile(r"\ \d{1,4}[a-z]?\b"), personal=True, flags=0),
    form("phone", rf"\b{_PHONE_WORD}\b(?:[^\w\n]{{1,4}}|\s(?:me|us|him|her|them|at|on|is|no\.?|number|nr\.?|to|under|unter|back|kom|mob|fix|privat|mobil|work|home|gsm)\b\.?[\s:]*){{1,4}}(?P<x>{_N})(?![\w-]|\.\d)", gate=("phone", "msisdn", "tel", "mob", "fon", "tlf", "gsm", "cel", "cell", "fax", "call", "dial", "whatsapp", "sms", "text", "contact", "handy", "ring", "reach", "num", "hotline", "pager"), check=lambda found: (len(digits_of(found["x"])) in range(7, 16) and not re.fullmatch(r"\d{4}-\d\d-\d\d.*|[\d.]+", found["x"].replace(".", "x", 0))) or (found["x"].isdigit() and len(found["x"]) in range(9, 13)), personal=True),
    form("phone", r"(?<![\w+/=.:-])(?:\+[1-9]\d{0,2}[ ./-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,12}(?:[ ./-]\d{2,8}){0,4}|\(\d{2,5}\) ?\d{2,5}[ .-]?\d{2,4}(?:[ .-]?\d{2,4}){0,2}|[2-9]\d\d-[2-9]\d\d-\d{4}|[2-9]\d\d\.[2-9]\d\d\.\d{4}|1-[2-9]\d\d-[2-9]\d\d-\d{4})" + _END, near=_NUMBERS, check=_international, personal=True),
    form("phone", r"(?<![\w+/=.,:-])(?<!\d )00?[1-9]\d{0,3}(?:[ /.-]\d{1,8}){1,5}(?! ?\d)" + _END, near=_NUMBERS, check=lambda found: len(digits_of(found[0])) in range(9, 15) and not re.match(r"0\d[-/.]\d\d[-/.]\d{4}", found[0]) and bool(_numbers().is_phone(found[0] if not found[0].startswith("00") else "+" + found[0][2:])), personal=True),
    form("ip address", r"(?<![\w.])(?<!\d-)\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d|/\d)(?!\.\w)", opens=re.compile(r"\.\d{1,3}\.\d{1,3}\.\d"), check=_ip4, personal=True),
    form("ip address", r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?=/32\b)", opens=re.compile(r"\.\d{1,3}\.\d{1,3}\.\d"), check=_ip4, personal=True),
    form("ip address", r"(?<![\w:.])[0-9a-f]{1,4}:[0-9a-f:]{3,36}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:]|/\d)", opens=re.compile(r":[0-9a-fA-F]{0,4}:[0-9a-fA-F]{0,4}:"), check=_ip6, personal=True),
    form("payment card", r"\bexp(?:ir(?:y|es|ation))?(?:[ _-]?date)?\W{1,4}(?P<x>(?:0[1-9]|1[0-2])\s?[/-]\s?(?:20)?\d\d)\b", gate=("exp",), check=lambda found: _OF_A_CARD.search(found.string) is not None, personal=True),
    form("mac address", r"(?<![\w:.-])[0-9a-fA-F][048cC](?:(?::[0-9a-fA-F]{2}){5}|(?:-[0-9a-fA-F]{2}){5})(?![\w:-])", opens=re.compile(r"[:-][0-9a-fA-F]{2}[:-][0-9a-fA-F]{2}[:-][0-9a-fA-F]{2}[:-]"), check=_of_a_device, personal=True),
    form("mac address", r"(?<![\w.-])[0-9a-fA-F][048cC][0-9a-fA-F]{2}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}(?![\w.-])", opens=re.compile(r"\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}"), check=_of_a_device, personal=True),
    form("bank account", r"\b(?:acct|a/c|account)\.?\s(?:no|nr|number|#)\.?:?\s?(?P<x>(?!\d{12}\b)\d{8,17})" + _END, gate=("acct", "a/c", "account"), personal=True),
    form("location", r"\b(?:lat(?:itude)?|gps|geo|coordinates|location)\W{1,4}(?P<x>-?\d{1,3}\.\d{3,}\W{1,12}(?:(?:lon|lng|long)(?:gitude)?\W{1,4})?-?\d{1,3}\.\d{3,})", gate=("lat", "gps", "geo", "coord", "location"), personal=True),
    form("phone", r"(?<![\w+/=.,:-])00[1-9]\d{8,12}" + _END, near=_NUMBERS, check=lambda found: bool(_numbers().is_phone("+" + found[0][2:])), personal=True),
    form("personal", r"(?<![\w.])\d{1,4}(?: ?(?:bis|ter))?,? (?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Pp]lace|[Cc]hemin|[Ii]mpasse|[Aa]llée|[Qq]uai|[Cc]ours) (?:(?:de|du|des|la|le|les|l'|d'|de la|de l') ?){0,3}[A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+){0,3}(?:,? \d{5} [A-ZÀ-Þ][\w-]+)?", gate=("rue", "avenue", "boulevard", "place", "chemin", "impasse", "allée", "quai", "cours"), personal=True, flags=0),
    form("personal", r"(?:\[redacted: personal\]|" + MASK + r"+),? (?P<x>(?:[A-ZÀ-Þ][\wÀ-ÿ-]+,? ){1,3}[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b)", opens=re.compile(r"[A-Z]\d[A-Z\d]? \d[A-Z]{2}"), personal=True, flags=0),
    form("personal", r"\b(?:[Pp]atient|[Pp]acient[aăul]{0,3}|[Pp]acjent(?:k[aęi])?|[Pp]asient|[Pp]t\.?|[Uu]ser \"|[Ee]mergency contact|[Nn]ext of kin) ?(?P<x>" + NAME + r"|(?:[A-Z]\. ?){1,3}" + ONE + ")", check=_somebody, opens=re.compile(r"[A-ZÀ-ɏ]"), gate=("patient", "pacient", "pacjent", "pasient", "user", "pt", "emergency", "kin"), personal=True, flags=0),
    form("bank account", r"\b(?:sort[ -]?code|routing(?: (?:no|number|nr)\.?)?|aba|blz|bankleitzahl|bsb)\W{1,3}(?:is )?(?P<x>\d{2}[ -]?\d{2}[ -]?\d{2}(?:\d{2,3})?)" + _END, gate=("sort", "routing", "aba", "blz", "bankleit", "bsb"), personal=True),
    form("bank account", r"\b(?:bank account|sort[ -]?code|routing|iban|bic|swift|bsb|blz|konto(?:nummer)?|beneficiary)\b[^\n]{0,40}?\b(?:account|acct|a/c|konto\w*|nr|no)\.?(?: (?:no|number|nr)\.?)?[ :#]{1,3}(?P<x>\d{6,11})" + _END, gate=("account", "acct", "a/c", "konto"), personal=True),
    form("personal", r"\b(?i:nume(?:le)?|prenume|nom|prénom|nombre|apellidos?|cognome|nachname|vorname|imię|nazwisko|navn|naam|contact (?:person|name)|ansprechpartner(?:in)?|persoan[ăa] de contact|beneficiary|next of kin|emergency contact)\s?[:=]\s?(?P<x>" + NAME + ")", gate=("num", "nom", "apellido", "name", "imi", "nazwisko", "navn", "naam", "contact", "ansprech", "benefi", "kin"), personal=True, flags=0),
)  # fmt: skip
