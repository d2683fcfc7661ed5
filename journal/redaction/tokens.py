"""Tokens that carry a sign of their own: what vendors issue, keys in blocks, hashes of passwords.

The forms are those of the vendors' documents. `chance` is for the others: a word made by chance behind a short prefix,
or long enough to be nothing else. detect-secrets knows 26 of these forms; it is asked in the tests, as a second opinion,
because importing it takes longer than starting a command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from journal.redaction.rule import MASK, Place, Rule, form, spots, words
from journal.redaction.shapes import digest, made, random, readable, sown, wordlike

_A: Final = r"(?<![A-Za-z0-9])"
_AT_LEAST: Final = 16
_ALONE: Final = 32
_TOLD: Final = 12
_SOWN: Final = 24

VENDORS: Final = (
    # What stands first, what follows. Where both together are common words, the number is exact.
    ("gh[pousr]_", r"\w{30,}"), ("github_pat_", r"\w{22,}"), ("gl[a-z]{2,6}-", r"[\w.-]{20,}"), ("GR1348941", r"[\w-]{20,}"),
    ("xox[a-z](?:\\.xox[a-z])?-", r"[\w-]{10,}"), ("xapp-", r"[\w-]{20,}"), ("ya29\\.", r"[\w-]{20,}"), ("1//0", r"[\w-]{30,}"),
    ("GOCSPX-", r"[\w-]{20,}"), ("AIza", r"[\w-]{35}"), ("[srp]k_(?:live|test|prod)_", r"\w{16,}"), ("whsec_", r"[\w+/=]{16,}"),
    ("sk-", r"[\w-]{20,}"), ("npm_", r"\w{30,}"), ("pypi-", r"[\w-]{50,}"), ("rubygems_", r"\w{40,}"),
    ("dckr_[op]at_", r"[\w-]{20,}"), ("SG\\.", r"[\w-]{16,}\.[\w-]{16,}"), ("key-", r"[0-9a-f]{32}\b"), ("pn[bu]_", r"\w{30,}"),
    ("xkeysib-", r"[\w-]{40,}"), ("do[oprs]_v1_", r"[0-9a-f]{40,}"), ("HRKU-", r"[\w-]{30,}"), ("shp(?:at|ca|pa|ss|tka)_", r"\w{30,}"),
    ("sq0[a-z]{3}-", r"[\w-]{20,}"), ("EAA[A-Z]", r"[\w-]{40,}"), ("access_token\\$\\w+\\$", r"[\w$]{20,}"), ("dapi", r"[0-9a-f]{32}(?:-\d)?\b"),
    ("NR(?:AK|JS|II|RA|IQ|SP|AL)-", r"\w{16,}"), ("gl(?:c|sa)_", r"[\w+/=]{30,}"), ("eyJrIjoi", r"[\w=+/]{30,}"), ("sntry[su]_", r"[\w+/=-]{30,}"),
    ("ATATT3x", r"[\w=-]{40,}"), ("AT(?:BB|CTT3x)", r"[\w=-]{20,}"), ("ATTA", r"[0-9a-f]{60,}"), ("lin_(?:api|oauth)_", r"\w{30,}"),
    ("(?:secret|ntn)_", r"(?=\w*\d)[A-Za-z0-9]{40,}"), ("pat[A-Za-z0-9]{14}\\.", r"[0-9a-f]{40,}"), ("figd_", r"[\w-]{30,}"), ("PMAK-", r"[0-9a-f-]{40,}"),
    ("hv[sbr]\\.", r"[\w-]{20,}"), ("[A-Za-z0-9]{14}\\.atlasv1\\.", r"[\w-]{50,}"), ("dp\\.(?:pt|st|ct|sa|scim|audit)\\.", r"[\w.-]{30,}"), ("pul-", r"[0-9a-f]{40}\b"),
    ("pk_", r"\d{6,}_[A-Z0-9]{30,}"), ("fm[12][ar]?_", r"[\w+/=,-]{30,}"), ("fo1_", r"[\w-]{30,}"), ("nf[pc]_", r"\w{30,}"),
    ("v1\\.0-", r"[0-9a-f-]{100,}"), ("sb[ps]_", r"\w{30,}"), ("sb_(?:secret|publishable)_", r"[\w-]{20,}"), ("pscale_(?:tkn|pw|oauth)_", r"[\w.=-]{30,}"),
    ("tskey-", r"[\w-]{16,}"), ("AGE-SECRET-KEY-1", r"[A-Z0-9]{40,}"), ("sl\\.", r"(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{60,}"), ("LTAI", r"[A-Za-z0-9]{12,26}\b"),
    ("p8e-", r"[\w-]{32,}"), ("s-s4t2(?:ud|af)-", r"[0-9a-f]{64}"), ("[A-Za-z0-9]{6}_", r"[A-Za-z0-9]{29}_mmk"), ("EXO", r"[0-9a-f]{24}\b"), ("fhb-", r"[0-9a-f]{40}\b"), ("SCW", r"[A-Z0-9]{17}\b"), ("xa[ap]t-", r"[0-9a-f-]{36}\b"),
    ("pdus\\+_", r"[\w-]{20,}"), ("AKID", r"[A-Za-z0-9]{32}\b"), ("AQVN", r"[\w-]{35,}"), ("y0_", r"[\w-]{40,}"), ("t1\\.", r"[\w-]{40,}\.[\w-]{60,}"),
    ("CFPAT-", r"[\w-]{40,}"), ("dt0[a-z]\\d\\d\\.", r"\w{6,}\.\w{50,}"), ("EZ[AT]K", r"[A-Za-z0-9]{40,}"), ("FLW(?:SECK|PUBK)(?:_TEST)?-", r"[\w-]{12,}"),
    ("fio-u-", r"[\w=-]{40,}"), ("AKC[A-Za-z0-9]", r"\w{60,}"), ("cmVmdGtu", r"[\w-]{40,}"), ("[sp]k\\.eyJ", r"[\w-]{20,}\.[\w-]{10,}"),
    ("access-(?:sandbox|development|production)-", r"[0-9a-f-]{36}\b"), ("rdme_", r"\w{60,}"), ("tk-us-", r"[\w-]{40,}"), ("shippo_(?:live|test)_", r"[0-9a-f]{40}"),
    ("sq[apu]_", r"[0-9a-f]{40}\b"), ("tfp_", r"[\w.=-]{40,}"), ("ops_eyJ", r"[\w+/=]{100,}"), ("A3-[A-Z0-9]{6}-", r"[A-Z0-9-]{20,}"),
    ("bk(?:ua|aj|ta)_", r"\w{30,}"), ("CCIP(?:AT|RJ)_", r"\w{20,}"), ("pcsk_", r"\w{30,}"), ("lsv2_[ps][tk]_", r"\w{30,}"),
    ("(?:api|sdk|mob)-", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), ("CLOJARS_", r"[a-z0-9]{40,}"), ("duffel_(?:test|live)_", r"[\w=-]{30,}"), ("pat-(?:na|eu)\\d-", r"[0-9a-f-]{36}"),
    ("sha256~", r"[\w-]{40,}"), ("n8n_api_", r"[\w.-]{30,}"), ("ico-", r"[A-Za-z0-9]{32}\b"), ("API-", r"[A-Z0-9]{26,}\b"),
    ("sgp_", r"(?:[a-f0-9]{16}_|local_)?[0-9a-f]{40}"), ("rzp_(?:live|test)_", r"\w{14,}"), ("(?:live|test)_(?:pub_)?", r"[A-Za-z0-9]{30,}"), ("(?:sc|ext|scauth|authress)_", r"[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.(?:acc)[_-][a-z0-9-]{10,32}\.[\w+/=-]{30,}"), ("mdb_sa_[a-z]{2}_", r"[\w-]{30,}"),
    ("CCDB1_", r"\w{20,}"), ("AVNS_", r"[\w-]{16,}"), ("nvapi-", r"[\w-]{40,}"), ("pplx-", r"\w{40,}"),
    ("hf_", r"\w{30,}"), ("(?:api_)?org_", r"[a-zA-Z]{34}\b"), ("r8_", r"\w{30,}"), ("gsk_", r"\w{40,}"),
    ("xai-", r"\w{60,}"), ("ph[cx]_", r"\w{30,}"), ("apify_api_", r"\w{30,}"), ("tvly-", r"[\w-]{20,}"),
    ("jina_", r"\w{40,}"), ("re_", r"\w{8,}_\w{16,}"), ("AIS[A-Z]", r"a[\w-]{35}"), ("prefect_", r"\w{40,}"),
    ("ABSK", r"[A-Za-z0-9+/=]{100,}"), ("A(?:KIA|SIA|BIA|CCA|3T[A-Z0-9])", r"(?:[A-Z0-9]{16}(?![A-Za-z0-9])|[A-Z0-9]{16}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+]))"), ("IQoJ", r"[A-Za-z0-9+/]{60,}={0,2}"), ("FwoG", r"[A-Za-z0-9+/]{60,}={0,2}"),
    ("S[KC]", r"[0-9a-f]{32}\b"), ("[0-9a-f]{32}-us\\d\\d?", r"\b"), ("EAAA[A-Za-z]", r"[\w-]{50,}"), ("key_", r"[0-9a-f]{32}\b"),
    ("endr\\+", r"\w{16,}"), ("rpa_", r"\w{30,}"), ("hc[a-z]mk_", r"\w{20,}:\w{32}"), ("K10", r"[0-9a-f]{64}::\w{1,20}:\w{16,}"),
    ("[0-9a-f]{10}msh", r"[0-9a-f]{15}p1[0-9a-f]{5,6}jsn[0-9a-f]{12}"), ("[a-z0-9_-]{1,40}:[a-z0-9_-]{1,40}\\.", r"[0-9a-f]{56}\b"),
    ("\\d{8,10}:AA", r"[\w-]{30,}"), ("[MNO][A-Za-z0-9_-]{22,27}\\.[\\w-]{6}\\.", r"[\w-]{27,}"), ("mfa\\.", r"[\w-]{80,}"), ("\\d/\\d{12,}(?:/\\d+)?:", r"[0-9a-f]{32}\b"),
    ("AAAA{10,}", r"[\w%-]{40,}"), ("\\w{3}\\dQ~", r"[\w.~-]{30,}"), ("\\w{3}8Q~", r"[\w.~-]{30,}"), ("00[A-Za-z0-9]", r"(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{39}(?![\w-])"),
)  # fmt: skip
_HOOKS: Final = (
    r"(?:hooks\.slack\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/webhooks/|\.webhook\.office\.com/webhookb2/"
    r"|hooks\.zapier\.com/hooks/catch/|chat\.googleapis\.com/v1/spaces/\w+/messages\?key=|api\.telegram\.org/bot"
    r"|events\.pagerduty\.com/integration/|outlook\.office\.com/webhook/|maker\.ifttt\.com/use/|open\.feishu\.cn/open-apis/bot/v2/hook/"
    r"|oapi\.dingtalk\.com/robot/send\?access_token=|cronitor\.link/(?:p|ping)/|qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=|hc-ping\.com/)(?P<x>[^\s\"'<>]+)"
)
_HASHES: Final = (
    r"\$(?:1|2[abxy]?|5|6|7|8|9|y|gy|P|H|S|apr1|argon2(?:id|i|d)|scrypt|pbkdf2(?:-\w+)?|bcrypt(?:-sha256)?|sha1|md5|krb5\w+)\$[\w./=,$+*@:-]{16,}"
    r"|SCRAM-SHA-\d+\$\d+:[\w+/=]+\$[\w+/=]+:[\w+/=]+|\b(?:pbkdf2|bcrypt|scrypt|argon2)(?:_sha\d+|:sha\d+)?(?::\d+)*\$[\w./+=$-]{16,}"
    r"|\bscrypt:\d+:\d+:\d+\$\w+\$[0-9a-f]{32,}"
)
_LONG: Final = re.compile(r"[a-zA-Z0-9]{32}")
_LDAP_HASHES: Final = r"\{(?:S?SHA\d*|S?MD5|CRYPT|PBKDF2[\w-]*|ARGON2)\}[\w./+=$]{16,}"
_HASH_SIGN: Final = re.compile(r"\$[\w+/.=:-]{1,40}[$:]")
_HEX_HASHES: Final = r"\bmd5[0-9a-f]{32}\b|(?<![\w*])\*[0-9A-F]{40}\b|\b[0-9a-f]{32}:[0-9a-f]{32}\b|\b[0-9a-f]{16,64}\$[0-9a-f]{32,}\b|\b0x0[12]00[0-9A-F]{40,}\b|\bS:[0-9A-F]{60}\b"
_BLOCK: Final = (
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)"
    r"|---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----.*?(?:---- END [^\n]*|\Z)|PuTTY-User-Key-File-\d:.*?(?:Private-MAC: \w+|\Z)"
    r"|-----BEGIN OpenVPN Static key V1-----.*?(?:-----END[^\n]*|\Z)|\\?\"kty\\?\"\s*:.{0,400}?\\?\"d\\?\"\s*:\s*\\?\"[\w-]{16,}"
)
_C: Final = "[A-Za-z0-9_+/=.~-]"
_WORD: Final = re.compile(rf"(?<![A-Za-z0-9_+/=.~$@-])(?={_C}*?\d)(?={_C}*?[A-Z])(?={_C}*?[a-z]){_C}{{12,}}")
WORDS: Final = re.compile(
    r"(?<![\w.~/:$+=%-])(?=[A-Za-z_.~/:$+=%-]{0,400}?(?:\d|[a-z][A-Z]|[A-Z]{14}))[\w.~/:$+=%-]{12,}", re.ASCII
)
"""Long words that no dictionary has, where tokens are looked for."""
_PREFIXED: Final = re.compile(r"((?:[A-Za-z][A-Za-z0-9]{0,12}[_.-]){1,4})([A-Za-z0-9_.~+/=-]{16,})")
_TELLING: Final = re.compile(
    r"pass|pwd|secret|token|credential|api[ _-]?key|access[ _-]?key|\bkey\b|auth|bearer|session|cookie|licen[cs]e|login|signature",
    re.IGNORECASE,
)
_DIGEST: Final = re.compile(
    r"sha-?\d+\W{0,3}$|sha\d*(?:sum)?|digest|integrity|fingerprint|thumbprint|e-?tag|checksum|request.?id|amz-(?:id|cf)|host.?id"
    r"|trace|span|commit|nonce-|version.?id|continuation|next.?token|cursor|receipt|correlation|message.?id|upload.?id|md5|hash"
    r"|next_?page|\bh1:|marker|public.?key|ssh-(?:rsa|ed25519)|ecdsa|known_hosts|data:[\w/+.-]+;base64,",
    re.IGNORECASE,
)
_IDS: Final = words(
    "cus pi ch evt req in sub prod price txn pm seti src file run msg thread asst org proj user usr team inc "
    "job trace span cs si il acct po tr re build deploy img image layer vol snap sha256 sha1 sha512 md5 rev "
    "commit id uid ref branch pod node svc app wf flow task step call resp chatcmpl batch ws conn sess ver v "
    "obj doc row rec"
)
_SMALL: Final = re.compile(
    r"(?<![\w./-])(?P<prefix>[a-z][a-z0-9]{1,7}[_-](?:[a-z][a-z0-9]{1,7}[_-])?)(?P<rest>[a-z0-9]{24,})(?![\w-])"
)
_BEFORE: Final = 48
_BESIDE: Final = 12
_LONE: Final = 40
_DOTS: Final = range(1, 5)
_FILE: Final = re.compile(r"\.[a-z][a-z0-9]{1,5}$")


_PUBLIC: Final = re.compile(
    r"-----BEGIN (?!(?:[A-Z0-9]+ ){0,3}PRIVATE)[A-Z0-9 ]{3,40}-----.*?(?:-----END |\Z)", re.DOTALL
)
"""Certificates and public keys."""


def _random_words(text: str) -> Iterator[Place]:
    public = [found.span() for found in _PUBLIC.finditer(text)] if "-----BEGIN " in text else []
    for found in (one for begin, end in spots(WORDS, text) for one in _WORD.finditer(text, begin, end)):
        word = found[0].rstrip(".=~-/")
        name, sign, value = word.partition("=")
        if len(word) < _TOLD or digest(word) or ("/" in word and wordlike(word) > 0.5):  # noqa: PLR2004 # a path
            continue
        if any(start <= found.start() < end for start, end in public):
            continue
        before = text[max(0, found.start() - _BEFORE) : found.start()].rpartition("\n")[2]
        skipped = len(name) + 1 if sign else 0
        if _made_by_chance(value if sign else word, before + (name if sign else ""), text[found.end() :][:3].lstrip()):
            yield found.start() + skipped, found.start() + len(found[0].rstrip(".~-/")), "token"


def _sown_words(text: str) -> Iterator[Place]:
    """Small letters and digits by chance, behind a short prefix: `napi_…`, `csk-…`."""
    for begin, end in spots(WORDS, text):
        for found in _SMALL.finditer(text, begin, end):
            if found["prefix"].rstrip("_-") not in _IDS and sown(found["rest"], _SOWN):
                yield *found.span(), "token"


def _made_by_chance(word: str, before: str, after: str) -> bool:
    if _DIGEST.search(before) or _DIGEST.match(word):
        return False
    said = readable(word) if len(word) >= _AT_LEAST else None
    if said is not None and len(said) > 8:  # noqa: PLR2004 # text in Base64; what it says is looked at elsewhere
        return False
    whole = word.replace("_", "").replace("-", "")
    if random(whole, _ALONE) and word.count(".") == 0 and max(map(len, re.split(r"[-_.]", word))) >= _AT_LEAST:
        return True
    if word.count(".") in _DOTS and "/" not in word and not _FILE.search(word) and _parted(word):
        return True
    prefixed = _PREFIXED.fullmatch(word)
    if prefixed and prefixed[1].rstrip("_.-").lower() not in _IDS and "." not in prefixed[2] and "/" not in prefixed[2]:
        longest = max(re.split(r"[-_.~+/=]", prefixed[2]), key=len)
        if "_" in prefixed[1] + prefixed[2][:1] or prefixed[1].count("-") == 1:
            return random(longest, _AT_LEAST) or sown(longest, _SOWN)
    told = _TELLING.search(before) or MASK in before[-_BESIDE:] or after.startswith(MASK)
    return bool(told) and random(whole, _TOLD) and "." not in word


def _parted(word: str) -> bool:
    """Whether a part of a dotted word was made by chance, as no part of a host, file or class is."""
    return any(random(part, _AT_LEAST) for part in word.split("."))


def _of_one_sort(found: re.Match[str]) -> bool:
    said = found["x"]
    before = found.string[max(0, found.start("x") - _BEFORE) : found.start("x")].rpartition("\n")[2]
    return not said.startswith(("bafy", "bafk")) and not _DIGEST.search(before) and sown(said.lower(), _LONE)


TOKENS: Final[tuple[Rule, ...]] = (
    form("private key", _BLOCK, gate=("private key", "putty-user", "openvpn static", "kty"), flags=re.DOTALL),
    form("password hash", _HASHES, gate=("$",), opens=_HASH_SIGN, flags=0),
    form(
        "password hash", _LDAP_HASHES, gate=("{sha", "{ssha", "{md5", "{smd5", "{crypt", "{pbkdf2", "{argon"), flags=0
    ),
    form("password hash", r"(?<=,r=)[\w+/=-]{20,}|(?<=,p=)[\w+/=]{20,}={0,2}", gate=(",p=", ",r="), flags=0),
    form("password hash", _HEX_HASHES, opens=_LONG, flags=0),
    form(
        "token",
        r"(?<![\w-])(?=[A-Z-]*\d)(?:[A-Z0-9]{5}-){3,5}[A-Z0-9]{5}(?![\w-])",
        opens=re.compile(r"-[A-Z0-9]{5}-[A-Z0-9]{5}"),
        flags=0,
    ),
    form("token", r"\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){1,3}", gate=("eyj",), flags=0),
    form(
        "token",
        _HOOKS,
        gate=("hook", "telegram", "googleapis", "pagerduty.com", "robot", "ifttt", "hc-ping", "cronitor"),
        flags=0,
    ),
    form("token", r"\bF(?:lyV1|LYV1) [\w+/=,-]{30,}", gate=("flyv1 ",), flags=0),
    form(
        "token",
        _A + r"(?=[\w.~/:$+=%-]{17})(?:" + "|".join(first + rest for first, rest in VENDORS) + ")",
        near=WORDS,
        flags=0,
    ),
    # The second half of a pair, `id:secret`, whose first half was recognised.
    form(
        "token", rf"{MASK}::?(?P<x>[\w+/=-]{{20,}})", gate=(f"{MASK}:",), check=lambda found: made(found["x"]), flags=0
    ),
    Rule(find=_random_words),
    Rule(find=_sown_words, opens=re.compile(r"[_-][a-z0-9]{24}")),
    form(
        "token",
        r"(?<![\w./:@-])(?:[A-Za-z]\w{1,11}-(?:[A-Z0-9]{8,40}-)?)?(?P<x>[a-z0-9]{40,200}|[A-Z0-9]{40,200})(?![\w.@-])",
        near=WORDS,
        check=_of_one_sort,
        flags=0,
    ),
    form(
        "token",
        r"(?<![\w/.-])(?!(?i:sha\d*|md5|trace|span|rev|commit|layer|im(?:g|age)|blob|file|obj|etag|build|ref|hash|digest|snap|id|uid|vol|container|req|pod|cri|main|chunk|docker|overlay|index)[_.])[A-Za-z]{2,8}[_.](?:[a-z]{2,8}_)?[0-9a-f]{32,}\b",
        opens=re.compile(r"[_.][0-9a-f]{32}"),
        near=WORDS,
        flags=0,
    ),
)
