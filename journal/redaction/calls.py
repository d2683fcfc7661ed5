"""Values that a place gives away: arguments of a call or a command that only a secret can be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from journal.redaction.rule import MASK, Place, Rule, form
from journal.redaction.shapes import chosen, harmless, made

_CALL: Final = re.compile(
    r"\b(?P<name>[A-Za-z][\w.]{0,60})(?:\s?[=:]\s?)?[(\[](?P<said>(?:[^()'\"\n]{0,120}(?:'[^'\n]{0,400}'|\"[^\"\n]{0,400}\"))+)"
)
_SEALS: Final = re.compile(
    r"encrypt|decrypt|hmac|crypt$|pgp_sym|dearmor|unseal|setpassword|set_password|check_password", re.IGNORECASE
)
_OPENS: Final = re.compile(
    r"client|connect|login|auth|session|account|credential|api|sdk|bind|signin|sign_in|pool|engine|service|mailer|smtp|ftp|args|params|values|send_?keys|\btype$|\.type$|\bfill|set_?value|enter_?text",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"'(?P<one>[^'\n]*)'|\"(?P<two>[^\"\n]*)\"")
_OF_ALGORITHM: Final = re.compile(
    r"(?:aes|sha|md5|des|bf|hmac|rsa|ecb|cbc|gcm|utf|hex|base64|cipher|compress|pad)[\w/:=, -]*", re.IGNORECASE
)
_SHORT: Final = 4


def _arguments(text: str) -> Iterator[Place]:
    for call in _CALL.finditer(text):
        seals = _SEALS.search(call["name"])
        if not seals and not _OPENS.search(call["name"]):
            continue
        for one in _QUOTED.finditer(text, *call.span("said")):
            group = "one" if one["one"] is not None else "two"
            said = one[group]
            if MASK in said or len(said) < _SHORT or harmless(said) or _OF_ALGORITHM.fullmatch(said):
                continue
            if made(said) or chosen(said) or (seals and " " not in said and said.isascii() and not said.islower()):
                yield *one.span(group), "secret"


def _odd(found: re.Match[str]) -> bool:
    said = found["x"]
    return not harmless(said) and (chosen(said) or made(said))


_CODE: Final = r"(?:[A-Za-z0-9]{3,8}(?:-[A-Za-z0-9]{3,8}){1,5}|(?=[A-Za-z]*\d)[A-Za-z0-9]{6,16})"

_OF_USERS: Final = re.compile(
    r"\buser|passw|\blogin|account|\bcred|\badmin|\bauth|secret|\s-u\b|[ /]r[up] |kennwort|parol|add_user|users?:|digest|keyring|\bwpa|\bpsk\b|wi-?fi|log in|sign in|unlock|decrypt|\bcurl|\bsftp",
    re.IGNORECASE,
)
_STRICT: Final = re.compile(
    r"(?=[^A-Z]{0,60}[A-Z]|[^!%^*~$?]{0,60}[!%^*~$?])(?=[^\d]{0,60}\d)[A-Za-z][\w!#%*+$^&?~@]{7,63}"
)


def _of_a_user(found: re.Match[str]) -> bool:
    """A word that only a password looks like, in a line that speaks of users."""
    said = found["x"].rstrip("?")
    before = found.string[max(0, found.start("x") - 80) : found.start("x")].rpartition("\n")
    told = _OF_USERS.search(before[2]) or (":" in found[0] and _OF_USERS.search(before[0]))
    return bool(told) and _STRICT.fullmatch(said) is not None and chosen(said) and not harmless(said)


CALLS: Final[tuple[Rule, ...]] = (
    Rule(find=_arguments, gate=("(", "["), opens=re.compile(r"[(\[][^()\n]{0,120}?['\"]")),
    form("secret", r"(?<!\S)-(?:[kKpPwWaAxXsStTN]|pw|pass|pwd|key|apikey|api-key|psk)[ =]{1,2}[\"']?(?P<x>[^\s\"'|;]{8,200})", opens=re.compile(r"\s-[A-Za-z]"), check=_odd, flags=0),
    form("secret", r"\b(?:snmp[\w-]{0,20}\s+(?:\w+\s+){0,2}?|r[ow])community(?:\s+|\s?[=:]\s?)(?:string\s+)?[\"']?(?P<x>[^\s\"':]{4,64})", gate=("community",), check=lambda found: not harmless(found["x"]) and found["x"].lower() not in {"public", "string"}),
    form("secret", r"\b(?:echo|printf|print)\s{1,2}(?:-\w+\s)?[\"']?(?P<x>[^\s\"'|;)]{8,64})", gate=("echo", "print"), check=_odd),
    form("password", r"(?:^|[\s'\"=/(])(?:[A-Za-z][\w.-]{0,40}:){0,2}(?P<x>(?=\w{1,40}[!#%*+$^&?~@])[A-Za-z][\w!#%*+$^&?~@]{7,39})(?=$|[\s'\",;)]|@[a-z])", gate=("user", "passw", "login", "account", "cred", "admin", "auth", "secret", "kennwort", "parol", "-u", "/r", "digest", "curl", "sftp", "keyring", "wpa", "psk", "wifi", "wi-fi", "log in", "sign in", "unlock", "decrypt"), opens=re.compile(r"[!#%*+$^&?~@](?:[A-Za-z0-9]|$|[\s'\",;)])"), check=_of_a_user, flags=0),
    form("secret", r"\bmc\s+(?:alias\s+set|config\s+host\s+add)\s+\S+\s+\S+\s+(?P<x>\S+\s+\S+)", gate=("alias", "config")),
    form("secret", r"\bBUNDLE_[A-Z_]+\W{1,3}(?P<x>[0-9a-f]{8}:[0-9a-f]{8})\b", gate=("bundle",), flags=0),
    form("password", r"\brandom_(?:password|string|bytes)\b.{1,600}?\\*\"(?:result|bcrypt_hash|base64|hex)\\*\"\s?:\s?\\*\"(?P<x>[^\"\\\ue000]{4,400})", gate=("random_",), flags=re.DOTALL),
    form("secret", r"\$ANSIBLE_VAULT;[\d.]+;\w+(?:;\w+)?\s+(?P<x>[0-9a-f\s]{32,})", gate=("ansible",), flags=0),
    form("secret", r"\bsnmp\w+\s[^\n|;]{0,60}?-c\s{0,2}(?P<x>[^\s\"'|;-][^\s\"'|;]{3,64})", gate=("snmp",), check=lambda found: found["x"] != "public"),
    form("secret", rf"\b(?:(?:recovery|backup|scratch|emergency|one-time|2fa|mfa|bypass)[ _-]?codes?|(?:2fa|mfa|t?otp)[ _-](?:backup|recovery|scratch))\b[^\w\n]{{0,6}}(?:(?:are|is|for \S{{1,40}})[:\s]{{1,3}})?\s{{0,4}}(?P<x>{_CODE}(?:[\s,;|\"'-]{{1,6}}{_CODE}){{0,24}})", gate=("code", "2fa", "mfa", "otp"), check=lambda found: any(c.isdigit() for c in found["x"])),
    form("secret", r"(?<![\w-])[xX]-(?![\w-]*(?:[iI][dD]|[tT]race|[sS]pan|[hH]ash|[vV]ersion|[cC]ache|[tT]ag|[rR]ay|[aA]gent|[cC]orrelation|[rR]equest)\b)[\w-]{3,60}\\*[\"']?\s{0,2}[:=]\s{0,2}\\*[\"']?(?P<x>[\w+/=.-]{20,200})(?![\w+/=.-])", gate=("x-",), check=lambda found: made(found["x"]), flags=0),
)  # fmt: skip
