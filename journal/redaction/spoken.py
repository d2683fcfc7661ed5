"""What people tell each other in plain sentences: codes that open something once, and passwords without a sign before them."""

from __future__ import annotations

import re
from typing import Final

from journal.redaction.rule import Rule, form
from journal.redaction.shapes import chosen, made

_OPENS: Final = r"(?:door|gate|alarm|entry|safe|lock ?box|key ?pad|garage|2fa|mfa|sms|otp|login|log-in|sign-in|verification|security|one-time|confirmation|temporary|temp|pin|activation|unlock|invite|invitation)"
_ABROAD: Final = r"code (?:de|d') ?(?:v[ée]rification|s[ée]curit[ée]|confirmation|acc[èe]s)|c[óo]digo de \w+|codice (?:di )?\w+|codul? de \w+|kod \w+|код \w+|(?:best[äa]tigungs|sicherheits|zugangs|einmal)code|认证码|验证码|認証コード|인증번호"
_SAYS: Final = r"(?:\s?[:=：]\s{0,2}|\s(?:is|lautet|ist|este|est|es|è|e|to)\s|\s)"
_YOURS: Final = r"(?:your|my|his|her|their|ihr|dein|votre|ton|su|tu|il tuo|codul t[ăa]u|din)"
_THING: Final = r"(?:passwords?|passphrase|passcode|pwd|pin|secret|token|key)"
_THINGS: Final = ("passw", "passphrase", "passcode", "pwd", "pin", "secret", "token", "key")


def _odd(found: re.Match[str]) -> bool:
    return chosen(found["x"]) or made(found["x"])


_TOLD: Final = re.compile(
    rf"(?:\b(?:{_OPENS}[ -](?:code|pin|combination)|{_ABROAD})|\b{_YOURS}(?: [\w-]{{1,16}}){{0,2}} (?:code|cod|código|codice)){_SAYS}$",
    re.IGNORECASE,
)
_TOLD_AFTER: Final = re.compile(
    rf" (?:is|ist|este|est|es|è) (?:the |a )?(?:{_YOURS} )?(?:[\w-]{{1,20}} ){{0,3}}(?:code|codul?|código|codice|otp|pin|passcode)\b",
    re.IGNORECASE,
)
_ENTERED: Final = re.compile(r"\b(?:enter|use|type|with|tippen sie|entrez|introduceți)\s$", re.IGNORECASE)
_TO_OPEN: Final = re.compile(
    r" (?:to|um|pour|para|pentru) (?:sign|log|confirm|verify|unlock|continue|finish|complete|reset)", re.IGNORECASE
)
_NEAR: Final = 70


def _a_code(found: re.Match[str]) -> bool:
    """Whether the words around a short number say that it opens something."""
    text, start, end = found.string, found.start(), found.end()
    before = text[max(0, start - _NEAR) : start].rpartition("\n")[2]
    return (
        _TOLD.search(before) is not None
        or _TOLD_AFTER.match(text, end) is not None
        or (_TO_OPEN.match(text, end) is not None and _ENTERED.search(before) is not None)
    )


SPOKEN: Final[tuple[Rule, ...]] = (
    form("secret", r"(?<![\w.-])(?:[A-Z]-)?(?P<x>\d{3}[ -]\d{3}|\d{4,8})(?![\w%-]|[.,]\d)", gate=("cod", "kod", "код", "pin", "combination", "passcode", "otp", "验证", "认证", "認証", "인증", "enter", "to sign", "to log"), check=_a_code),
    form("password", r"\bpass (?:for|of|to|on|at)(?: the| my| our)? [^\s,;:]{1,40}(?:\s?[:=]\s?|\s(?:is|was)\s)[\"']?(?P<x>[^\s\"'`,;]{4,64})", gate=("pass for", "pass of", "pass to", "pass on", "pass at"), check=_odd),
    form("password", r"(?<![\w:/-])(?P<x>[^\s\"'`,;()]{6,64}) \((?:the |my |our |is )?(?:new |old |temp )?(?:password|passphrase|pw|pass|token|secret|key|pin)\)", gate=("passw", "passphrase", "pw", "pass", "token", "secret", "key", "pin"), opens=re.compile(r" \((?:\w+ )?(?:\w+ )?(?:pass|pw|token|secret|key|pin)", re.IGNORECASE), check=_odd),
    form("password", r"\bpassphrase\W{1,3}(?:is |was )?[\"'](?P<x>[^\"'\n\ue000]{8,120})[\"']", gate=("passphrase",)),
    form("password", r"(?<![\w:/-])(?P<x>(?=[^\s]{0,60}\d)[^\s\"'`,;()]{7,64}) (?:is|was|as) (?:now )?(?:the |our |my |your |an? )?(?:[\w-]+ ){0,2}(?:password|passphrase|passcode|pwd|secret|token|pin)\b", gate=_THINGS, opens=re.compile(r" (?:is|was|as) (?:[\w-]+ ){0,4}(?:passw|passphrase|passcode|pwd|secret|token|pin\b)", re.IGNORECASE), check=_odd),
    form("password", rf"\b{_THING}\b[^\n]{{0,40}}?\b(?:from|von|de|din|da)\s[\"']?(?P<x>[^\s\"'`,;]{{4,64}})[\"']?\s(?:to|auf|à|a|în|in|nach)\s", gate=_THINGS, opens=re.compile(r"\b(?:from|von|de|din|da) \S{4,66} (?:to|auf|à|a|în|in|nach) ", re.IGNORECASE), check=_odd),
    form("password", rf"\b{_THING}\b[^\n]{{0,110}}?\b(?:to|auf|à|în)\s[\"']?(?P<x>[^\s\"'`,;]{{4,64}})", gate=_THINGS, opens=re.compile(r"\b(?:to|auf|à|în) \S{0,60}\d", re.IGNORECASE), check=_odd),
)  # fmt: skip
