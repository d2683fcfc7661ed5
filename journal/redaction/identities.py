"""What a state, a network or a shop calls somebody: numbers of papers, devices and wallets, and pages of one's own.

Most have no form of their own, or one that counters have too; so the word beside them decides, in whatever language.
"""

from __future__ import annotations

import re
from typing import Final

from journal.redaction.rule import MASK, Rule, form
from journal.redaction.tokens import WORDS

_PAPERS: Final = (
    r"isikukood|asmens kodas|personas kods|amka|kennitala|fødselsnummer|fnr|henkilötunnus|rodn[ée] [čc][íi]slo|r[čc]|szem[ée]lyi sz[áa]m|taj(?: sz[áa]m)?|adóazonosító"
    r"|em[šs]o|jmbg|oib|егн|ипн|іпн|рнокпп|снилс|инн|иин|паспорт|t\.?c\.? kimlik|tckn|burgerservicenummer|rijksregister(?:nummer)?|registre national"
    r"|niss|nrn|svnr|versicherungsnummer|versichertennummer|rentenversicherungsnummer|krankenversicherungsnummer|num[ée]ro de s[ée]curit[ée] sociale|insee|secu"
    r"|cart[ãa]o (?:de )?cidad[ãa]o|cni|dowód|nip|nss|cnh|c[ée]dula|rut|cuil|cuit|nin|bvn|huduma|(?:sa|south african|citizen|national) id(?: number)?|iqama|cnic|nik|ktp"
    r"|mykad|philsys|umid|cccd|cmnd|ird|nhi|chi number|pps|hkid|civil id|qid|رقم الهوية|الرقم القومي|کد ملی|ת\.?ז\.?|מספר זהות|身份证(?:号码?)?|身份證(?:字號)?|居民身份证"
    r"|マイナンバー|個人番号|免許証番号|주민등록번호|여권번호|เลขประจำตัวประชาชน|visa|residence permit|green card|work permit|permesso di soggiorno|aufenthaltstitel"
    r"|carte vitale|ehic|ahv(?:-nr)?|führerschein|permis de conduire|carnet de conducir|patente|prawo jazdy|reisepass|passeport|护照(?:号码?)?|護照|旅券(?:番号)?|ausweis|id-?kort|permis|legitymacja|carte d'identité|pasaporte|passaporto|pa[șs]aport|paszport"
)
_DEVICES: Final = r"imei2?|imeisv|meid|esn|imsi|iccid|sim(?: card)?(?: serial)?|idfa|idfv|gaid|aaid|advertising id|udid|vin|chassis(?: number)?|fahrgestellnummer"
_TO: Final = (
    r"\b(?:[\s_-]?(?:no\.?|number|nr\.?|num\.?|code|is|was|nummer|n[°º]))*\\*[\"']?\s{0,2}[:=#：]?\s{0,2}\\*[\"']?"
)
_CARDS: Final = r"(?:loyalty|membership|gift|library|club|fidelity|customer|health|insurance|debit|credit|store|transit|travel|access|badge|id)"
_CITY: Final = r"(?:,? (?:[A-ZÀ-Þ][\w.]{1,20} ?){1,3},? [A-Z]{2} \d{5}(?:-\d{4})?|,? \d{4,6} [A-ZÀ-Þ][\w-]{1,30})?"
_GATE: Final = (
    "isiku", "kodas", "kods", "amka", "kennit", "fødsel", "fnr", "henkil", "rodn", "rč", "szem", "taj", "azonos", "emšo", "emso", "jmbg", "oib",
    "егн", "ипн", "іпн", "рнокпп", "снилс", "инн", "иин", "паспорт", "kimlik", "tckn", "burger", "rijks", "registre", "niss", "nrn", "svnr",
    "versich", "curit", "insee", "secu", "cidad", "cni", "dow", "nip", "nss", "cnh", "dula", "rut", "cui", "nin",
    "bvn", "huduma", "sa id", "african id", "citizen id", "national id", "civil id", "iqama", "cnic", "nik", "ktp", "mykad", "phil", "umid", "cccd", "cmnd", "ird", "nhi", "chi", "pps",
    "رقم", "الرقم", "ملی", "זהות", "ת", "身份", "身分", "居民", "マイナ", "個人", "免許", "주민", "여권", "เลข", "visa", "permit", "green", "permesso", "aufent",
    "vitale", "ehic", "ahv", "führer", "permis", "carnet", "patente", "prawo", "passe", "passap", "reisep", "pasa", "pașa", "pasz", "护照", "護照", "旅券", "ausweis", "kort", "legity", "identi",
)  # fmt: skip


def _digits_in(found: re.Match[str]) -> bool:
    return sum(c.isdigit() for c in found["x"]) > 1


def _five_digits(found: re.Match[str]) -> bool:
    return sum(c.isdigit() for c in found["x"]) >= 5  # noqa: PLR2004 # a number of a person has at least five


_OF_SOMEBODY: Final = r"(?:matriculation|student|employee|staff|personnel|payroll|prescription|accession|encounter|specimen|referral|admission|claimant|inmate|pupil|badge|matrikel|personal)"
_POSTCODE: Final = r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|\d{5}(?:-\d{4})?|\d\d-\d{3}|\d{3}-\d{4}|\d{3} \d\d|\d{6}|\d{4} [A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d"
_TAIL: Final = r"(?:/\d{1,4}[a-z]?)?(?:,? (?:nr\.? ?)?[\wº°ª./-]{1,8}){0,3},? (?:[A-Z]{1,2}-)?(?:\d{5}|\d\d-\d{3}|\d{4}|\d{4} [A-Z]{2}|\d{3} \d\d) [A-ZÀ-ÞĀ-ɏ][\w'-]+(?: [A-ZÀ-ÞĀ-ɏ][\w'-]+)?|, [A-ZÀ-ÞĀ-ɏ][\w'-]+(?: [A-ZÀ-ÞĀ-ɏ][\w'-]+)?,? \d{4,6}\b"

IDENTITIES: Final[tuple[Rule, ...]] = (
    form("personal", rf"\b{_OF_SOMEBODY}[ _-]?(?:no\.?|number|nr\.?|id|#|nummer)\W{{1,3}}(?:is )?(?P<x>[A-Z]{{0,3}}-?\d{{4,12}}[A-Z]?)(?![\w-]|\.\d)", gate=("matri", "student", "employee", "staff", "person", "payroll", "prescri", "accession", "encounter", "specimen", "referral", "admission", "claimant", "inmate", "pupil", "badge"), personal=True),
    form("personal", r"\bspecimen (?P<x>\d\d-\d{5,9})\b", gate=("specimen",), personal=True),
    form("personal", rf"(?i:\b(?:post ?code|postal code|zip(?: ?code)?|plz|cod po[șs]tal|c[óo]digo postal|cap|code postal))\W{{1,3}}(?:is )?(?P<x>{_POSTCODE})(?![\w-])", gate=("postcode", "postal", "zip", "plz", "cod", "código"), opens=re.compile(r"\d"), flags=0, personal=True),
    form("personal", r"〒\s?(?P<x>\d{3}-?\d{4}[^\n,;]{0,60})", gate=("〒",), personal=True),
    form("personal", r"(?:住所|住址|地址|주소|адрес|домашний адрес)\s?[:：]\s?(?P<x>[^\n;]{4,80})", gate=("住所", "住址", "地址", "주소", "адрес"), personal=True),
    form("personal", rf"{MASK}(?P<x>{_TAIL})", gate=(MASK,), flags=0, personal=True),
    form("personal", r"\b(?:skype|telegram|whatsapp|viber|signal|discord|instagram|insta|snapchat|twitter|tiktok|wechat)\b\W{1,3}(?:(?:id|user(?:name)?|handle)\W{1,3})?(?:live:|@)(?P<x>[\w.#-]{3,40})", gate=("skype", "telegram", "whatsapp", "viber", "signal", "discord", "insta", "snapchat", "twitter", "tiktok", "wechat"), personal=True),
    form("bank account", r"\bUPI\b\W{1,3}(?:id\W{1,2})?(?P<x>[\w.-]{2,60}@[a-z]{2,20})\b", gate=("upi",), personal=True),
    form("payment card", r"\bcid\W{1,3}(?P<x>\d{3,4})\b", gate=("cid",), check=lambda found: re.search(r"amex|card|" + MASK, found.string, re.IGNORECASE) is not None, personal=True),
    form("personal", r"\b(?:salary|salaries|wages?|income|pension|bonus|gehalt|salaire|salariul?)\b[^\n]{0,50}?(?P<x>(?:[$€£] ?\d[\d.,]*k?|\d[\d.,]* ?(?:k ?)?(?:EUR|USD|GBP|RON|CHF|PLN|SEK|lei|€|\$|£)))", gate=("salar", "wage", "income", "pension", "bonus", "gehalt", "salaire"), personal=True),
    form("payment card", r";\d{13,19}=\d{7,30}\??|%?B\d{12,19}\^[^^\n]{2,26}\^\d{7,40}\??", gate=("?", "^"), opens=re.compile(r"\d{12}[=^]"), flags=0, personal=True),
    form("phone", r"\bsips?:(?P<x>\+?\d{7,15})(?=@)", gate=("sip:", "sips:"), personal=True),
    form("phone", r"(?<![\w*#])(?:\*\d{2,3}[#*]|#\d\d#)(?P<x>\+?\d{7,15})(?!\w)", gate=("#", "*"), opens=re.compile(r"\d[#*]\+?\d{7}"), personal=True),
    form("bank account", rf"\b(?:clabe|cbu|cvu|nuban|iban|konto(?:nummer|nr\.?)?|cuenta|compte|rekening(?:nummer)?|conto|contul|р/с|сч[её]т){_TO}(?P<x>\d(?:[ -]?\d){{9,21}})(?![\w-])", gate=("clabe", "cbu", "cvu", "nuban", "iban", "konto", "cuenta", "compte", "rekening", "conto", "contul", "р/с", "сч"), personal=True),
    form("national id", rf"(?<![\w:/.-])(?:{_PAPERS}){_TO}(?P<x>[A-Z]{{0,4}}[ -]?\d(?:[ ./-]?\d){{4,17}}(?:[ -]?[A-Z0-9]{{1,4}}){{0,2}}|[A-Z]{{1,4}}\d{{5,10}}[A-Z0-9]{{0,3}}|[A-Z](?=(?:[A-Z]{{0,4}}\d){{5}})[A-Z0-9]{{7,10}})(?![\w-])", gate=_GATE, opens=re.compile(r"\d[\d ./-]{3,}\d"), check=_five_digits, personal=True),
    form("national id", r"\b(?:RG|RUN|C\.?I\.?|CURP|RFC)\b\W{1,3}(?P<x>\d{1,2}\.\d{3}\.\d{3}-[\dXxKk]|[A-ZÑ&]{3,4}-?\d{6}-?[A-Z0-9]{3})\b", gate=("rg", "run", "ci", "c.i", "rfc"), flags=0, personal=True),
    form("device", rf"(?<![\w:/.-])(?:{_DEVICES}){_TO}(?P<x>[0-9a-f]{{40}}|(?=[A-Z-]{{0,8}}\d)[A-Z0-9]{{8,20}}(?:[ -][A-Z0-9]{{1,12}}){{0,4}})(?![\w-])", gate=("imei", "meid", "esn", "imsi", "iccid", "sim", "idfa", "idfv", "gaid", "aaid", "advert", "udid", "vin", "chassis", "fahrgest"), check=_digits_in, personal=True),
    form("national id", rf"\b{_CARDS} card(?: (?:no\.?|number|nr\.?|#))?\s{{0,2}}[:=#]?\s{{0,2}}(?P<x>[A-Z]{{0,3}}\d(?:[ -]?\d){{5,18}})(?![\w-]|\.\d)", gate=("card",), personal=True),
    form("wallet", r"(?<![\w./-])0x[0-9a-fA-F]{40}(?!\w)|\b(?:bc1|tb1|ltc1|addr1)[a-z0-9]{30,90}\b|\bbitcoincash:[a-z0-9]{40,44}\b", near=WORDS, personal=True),
    form("wallet", r"\b(?:btc|bitcoin|tron|trc20|usdt|xrp|ripple|doge|ltc|litecoin|solana|sol|wallet)\b[^\n]{0,24}?\b(?P<x>[1-9A-HJ-NP-Za-km-z]{25,44})(?!\w)", gate=("btc", "bitcoin", "tron", "trc", "usdt", "xrp", "ripple", "doge", "ltc", "litecoin", "sol", "wallet"), check=_five_digits, personal=True),
    form("personal", r"\b(?:paypal\.me|venmo\.com(?:/u)?|cash\.app|wa\.me|t\.me|(?:[a-z]{2,3}\.)?linkedin\.com/in|instagram\.com|facebook\.com|fb\.com|snapchat\.com/add|tiktok\.com|threads\.net|onlyfans\.com|x\.com|twitter\.com)/(?:\$|@)?(?P<x>(?!(?:help|about|legal|privacy|share|sharer|intent|login|status|joinchat|tr)\b)[\w.+-]{3,60})", gate=("paypal.me", "venmo", "cash.app", "wa.me", "t.me/", "linkedin", "instagram", "facebook", "fb.com", "snapchat", "tiktok", "threads.net", "onlyfans", "x.com/", "twitter"), personal=True),
    form("personal", rf"\b(?:P\.? ?O\.? ?Box|Postfach|Postbus|Apartado|Casilla|C\.P\.|BP)\s(?P<x>\d{{1,6}}{_CITY})", gate=("box", "postfach", "postbus", "apartado", "casilla", "c.p.", "bp"), flags=0, personal=True),
    form("location", r"(?<![\w.-])-?\d{1,2}\.\d{4,}°?\s?[NS]?,\s?-?\d{1,3}\.\d{4,}(?![\w.])", gate=("lat", "gps", "geo", "coord", "location", "position", "map", "home", "user", "lives", "address"), opens=re.compile(r"\.\d{4,}[^\n]{0,4},\s?-?\d"), personal=True),
)  # fmt: skip
