"""What a value looks like, whoever named it: random, prose, a placeholder, a reference. Used by the other modules."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

from journal.redaction.rule import words

_PAIRS: Final = words(
    "th he in er an re nd at on nt ha es st en ed to it ou ea hi is or ti as te et ng of al de se le sa si ar "
    "ve ra ld ur ro ri io ic ne ma li ce co me ta us ec el la tr na ac pr rs ss un om il ct ie ge ul em pe ns "
    "so ol no ca ni ts wa ly ho lo ir ee wi we ad di po ot am pl op mo sh ch id im ow ue uc os ke ev vi pa ap "
    "rt ut pi ep mp sp qu im if fi fu ck ex ab ag ak ba be bo br bu ci cl cr cu da do dr du ef ey fa fe fo fr "
    "ga gr gu ig ip ks ll lt ls mm mi nc oc od oo pp py ry su sy sc sk ui um up va wo ys"
)
"""Pairs of letters that words are made of: three in four pairs of a word are among them, one in four of chance."""
_LETTERS: Final = re.compile(r"[A-Za-z]{2,}")
_WORDLIKE: Final = 0.58
_RESTLESS: Final = 0.3
"""How often the kind of character changes from one to the next: 0.6 in chance, 0.2 in names like `maxPoolSize`."""
_CHOSEN: Final = re.compile(r"(?=[^\s/]*[A-Za-z])(?=[^\s/]*\d)(?=[^\s/]*[!#%*+$^&?~@])[^\s/,;:()\[\]{}=|<>]{7,64}\Z")
_KEY_SIZE: Final = 32
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEX: Final = re.compile(r"(?:0x)?(?:[0-9a-f]+|[0-9A-F]+)")
_PLACEHOLDER: Final = re.compile(
    r"\$\{[^}]*\}?|\$\([^)]*\)?|\$\w+|\{\{.*|%\(?\w+\)?[sd%]?|<[^<>]*>?|\[[^\]]*\]?|\{\w*\}?|[*•·x.X_#-]{2,}|\?+"
    r"|arn:aws[\w-]*:.*|(?:vault|block|secret|env|file|ssm|op|awssm|gcpsm|keyvault|sops|ref|aws-sm)(?:\+\w+)?:/{0,3}[\w./#@:-]+"
    r"|(?:os\.)?(?:environ|getenv|env)\b.*|process\.env.*|(?:self|this|config|settings|cfg|opts|options|args|params|request"
    r"|req|ctx|secrets|vars?|local|module|data|inputs)\.[\w.\[\]()\"']+|(?:~|\.{1,2})?/[\w.-]+(?:/[\w.-]+)+/?|~/[\w./-]+|\.{1,2}/[\w./-]+|[\w./-]+\.(?:txt|pem|key|crt|json|ya?ml|env|conf|cfg|ini|properties)"
    r"|projects/[\w-]+/secrets/.*|https?://[^@\s]*|(?:[\w.]|::|->)+\([^)]*\)?[;,)}\[]*|[A-Za-z]\w*(?:::\w+)+"
    r"|![a-z][a-z/-]*|(?:new|old|db|app|user|my|the)_(?:password|passwd|pwd|secret|token)|[a-z]+(?:[A-Z][a-z]+)*(?:Token|Password|Secret|Key)"
)
_SAID: Final = words(
    "true false null none nil undefined unset empty set missing required optional invalid expired changed "
    "rotated revoked redacted hidden masked removed omitted unknown must should shall may can cannot could "
    "would will is was are were be been has have had not no yes ok okay on off enabled disabled accepted "
    "denied rejected refused failed failure succeeded success passed error wrong incorrect mismatch matches "
    "found unauthorized forbidden it its this that the a an to for from of in at by with and or but if when "
    "while as your my our their his her please enter use using see too only required, default defaults any "
    "all some each every never always again now then there here renewed updated created deleted loaded "
    "verified validated valid present absent available unavailable pending active inactive locked unlocked "
    "reset refresh refreshed refreshing granted unexpected expected supplied provided given got new old same "
    "different basic digest bearer oauth oauth2 ldap saml saml2 kerberos ntlm plain login password secret "
    "token key credentials credential username user name string number integer int bool boolean bytes str "
    "text varchar object array list map char uuid type optional[str] secretstr worked works working done "
    "skipped md5 sha1 sha256 sha512 scram-sha-256 bcrypt x509 mtls tls peer trust ident cert gss sspi pam "
    "radius certificate prefer require allow disable verify-ca verify-full cookie session header query body "
    "raise throw throws break continue print await async return yield typeof vergessen vergeten oublié olvidada esqueceu не нет нужен забыли option flag argument parameter switch header inherit json form jwt iam sso internal external public private nothing something hunting see= you we they he she "
    "i muss darf ist war sind wird wurde nicht kein keine der die das ein eine und oder bitte fehlt ungültig "
    "abgelaufen falsch gültig erforderlich mindestens geändert trebuie este sunt nu și sau expirat lipsă "
    "lipsește greșită schimbată obligatorie cel puțin parola"
)
"""Words that say something about a secret, where a secret would stand."""
_MACHINERY: Final = words(
    "pool connection connections leak deploy deployment release latency memory cpu disk query queries lock locks deadlock "
    "replica replication timeout timeouts error errors config configuration database service services node nodes pod pods "
    "network dns traffic cache queue thread threads index server host cluster upstream api endpoint job worker session "
    "sessions transaction transactions heap gc bug regression backlog saturation throttled throttling quota certificate"
)
_MODALS: Final = words(
    "must is was are were be has have had should shall may can cannot could would will missing required invalid unknown not "
    "please expected optional muss ist nicht darf trebuie este nu must's true false null none"
)
_SPEECH: Final = words(
    "must be is was are at least the of to not for in and or with by has been should cannot can may it its "
    "this that from a an as on than when if no your please characters muss der die das und ist nicht "
    "mindestens bitte trebuie să este de la nu și cel puțin were will after before during because since until "
    "using via per"
)


def random(word: str, least: int) -> bool:
    """Whether a word of letters and digits was made by chance: upper, lower and digits, mixed, and no words in it."""
    if len(word) < least:
        return False
    plain = [c for c in word if c.isalnum()]
    kinds = [0 if c.isdigit() else 1 if c.isupper() else 2 for c in plain]
    if len(set(kinds)) < 3 or len(plain) < least * 0.8:  # noqa: PLR2004 # upper case, lower case and digits
        return False
    changes = sum(a != b for a, b in pairwise(kinds))
    return changes >= _RESTLESS * len(plain) and wordlike(word) < _WORDLIKE


def sown(word: str, least: int) -> bool:
    """Whether a word of small letters and digits only was made by chance; hexadecimal numbers are not meant."""
    if len(word) < least or not word.isascii() or not word.isalnum() or not word.islower() or digest(word):
        return False
    changes = sum(a.isdigit() != b.isdigit() for a, b in pairwise(word))
    return sum(c.isdigit() for c in word) > 2 and changes >= len(word) / 5 and wordlike(word) < _WORDLIKE  # noqa: PLR2004 # one or two digits are a suffix


def made(word: str) -> bool:
    """Whether a word can only have been made by a machine: mixed characters, or a long hexadecimal number."""
    long = len(word) >= _KEY_SIZE and _HEX.fullmatch(word) is not None
    return long or random(word, 16) or sown(word if word.islower() else word.lower(), 24)


def chosen(word: str) -> bool:
    """Whether a word looks like a password that somebody chose: letters, digits, and a sign that no name has."""
    return (
        _CHOSEN.match(word) is not None
        and "://" not in word
        and not word.startswith(("/", "s/", "y/", "{", "[", "(", "<", "$(", "${", "@", "%", "#", "*", "--"))
    )


def wordlike(word: str) -> float:
    """Which share of a word's pairs of letters are those of words; 0 without letters."""
    pairs = [run[i : i + 2].lower() for run in _LETTERS.findall(word) for i in range(len(run) - 1)]
    return sum(pair in _PAIRS for pair in pairs) / len(pairs) if pairs else 0.0


def digest(value: str) -> bool:
    """A UUID or hexadecimal number: an id as often as a key."""
    return _UUID.fullmatch(value) is not None or _HEX.fullmatch(value) is not None


def readable(word: str) -> str | None:
    """What a word says in Base64, if that is text."""
    body = word.rstrip("=").replace("-", "+").replace("_", "/")
    if len(body) % 4 == 1:
        return None
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return text_of(raw)


def text_of(raw: bytes) -> str | None:
    """Bytes as text, if a person could read all of it; also the two-byte form that PowerShell takes."""
    if len(raw) > 3 and raw[1::2].count(0) == len(raw) // 2:  # noqa: PLR2004 # every second byte is empty
        raw = raw[::2]
    try:
        said = raw.decode()
    except UnicodeDecodeError:
        return None
    return said if said and all(c.isprintable() or c in "\r\n\t" for c in said) else None


@lru_cache(maxsize=4096)
def harmless(value: str) -> bool:
    """A value that is no secret although its name says so: a placeholder, a reference, or a word about the secret."""
    value = value.strip().strip("\"'`")
    if not value or _PLACEHOLDER.fullmatch(value):
        return True
    return value.lower().rstrip(".,;:!?)") in _SAID


def modal(line: str) -> bool:
    """Whether it is a sentence about the field, `must be given`, or about machines and not about a person."""
    said = [word.strip(".,;:!?()\"'").lower() for word in line.split()[:9]]
    return any(word in _MODALS for word in said[:3]) or not _MACHINERY.isdisjoint(said)


def speech(line: str) -> bool:
    """Whether what follows a colon is a sentence: its first word says something, or others make it grammar."""
    said = [word.strip(".,;:!?()\"'") for word in line.split()[:9]]
    if not said:
        return True
    if said[0].lower() in _SAID:
        return True
    plain = said[0].isalpha() and (said[0].islower() or said[0].istitle())
    return plain and len(said) > 2 and any(word.lower() in _SPEECH for word in said[1:])  # noqa: PLR2004 # a pair
