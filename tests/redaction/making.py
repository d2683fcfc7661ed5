"""Makes planted texts from templates: `{b62:36}` becomes 36 characters by chance, `<<…>>` is what must be gone.

Tokens are put together here and never stand in the repository, so that nobody's scanner takes them for real ones. The
same seed makes the same texts.
"""

from __future__ import annotations

import base64
import random
import re
import string
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from stdnum import iban, luhn

from tests.redaction.people_by_chance import PEOPLE

_LOWER, _UPPER, _DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
ALPHABETS = {
    "b62": _LOWER + _UPPER + _DIGITS,
    "b64u": _LOWER + _UPPER + _DIGITS + "-_",
    "b64": _LOWER + _UPPER + _DIGITS + "+/",
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "low": _LOWER + _DIGITS,
    "up": _UPPER + _DIGITS,
    "b32": _UPPER + "234567",
    "d": _DIGITS,
    "az": _LOWER,
    "AZ": _UPPER,
}
_WORDS = [
    "falcon",
    "river",
    "copper",
    "lantern",
    "meadow",
    "walnut",
    "harbor",
    "cobalt",
    "thistle",
    "ember",
    "quartz",
    "willow",
]
_SLOT = re.compile(r"\{(\w+)(?::(\d+))?\}")
_PLANTED = re.compile(r"<<(.*?)>>", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Planted:
    """One text with what must not be left of it."""

    kind: str
    text: str
    secrets: tuple[str, ...]


def planted(
    kind: str, templates: list[str], chance: random.Random, coat: Callable[[str], str] | None = None
) -> list[Planted]:
    """A text for each template. A `coat` is put around the secret part, as an encoding is."""
    made = []
    for template in templates:
        text = filled(template, chance)
        if coat is not None:
            text = _PLANTED.sub(lambda found: f"<<{coat(found[1])}>>", text)
        secrets = tuple(_PLANTED.findall(text))
        assert secrets, template
        made.append(Planted(kind=kind, text=_PLANTED.sub(r"\1", text), secrets=secrets))
    return made


def filled(template: str, chance: random.Random) -> str:
    """The template with its slots filled; doubled braces stand for single ones."""
    return _SLOT.sub(lambda slot: _filled(slot, chance), template).replace("{{", "{").replace("}}", "}")


def _filled(slot: re.Match[str], chance: random.Random) -> str:
    name, size = slot[1], int(slot[2] or 0)
    if name in ALPHABETS:
        while True:
            made = "".join(chance.choices(ALPHABETS[name], k=size))
            if name not in {"b62", "b64u", "b64"} or size < 12 or _mixed(made):
                return made
    return SPECIAL[name](chance) if name in SPECIAL else slot[0]


def _mixed(word: str) -> bool:
    return sum(c.isdigit() for c in word) > 1 and word[0].isalnum() and word[-1].isalnum()


def _password(chance: random.Random) -> str:
    return chance.choice(_WORDS).title() + chance.choice("!#%+*") + "".join(chance.choices(_DIGITS, k=4))


def _card(chance: random.Random) -> str:
    body = "4" + "".join(chance.choices(_DIGITS, k=14))
    return body + luhn.calc_check_digit(body)


def _iban(chance: random.Random) -> str:
    body = "".join(chance.choices(_DIGITS, k=18))
    return f"DE{iban.calc_check_digits('DE00' + body)}{body}"


def _fours(sign: str, make: Callable[[random.Random], str]) -> Callable[[random.Random], str]:
    return lambda chance: sign.join(re.findall(".{1,4}", make(chance)))


def _address4(chance: random.Random) -> str:
    return f"{chance.choice((31, 46, 79, 84, 91, 185, 188, 213))}.{chance.randint(1, 254)}.{chance.randint(1, 254)}.{chance.randint(1, 254)}"


SPECIAL: dict[str, Callable[[random.Random], str]] = PEOPLE | {
    "pw": _password,
    "word": lambda chance: chance.choice(_WORDS),
    "uuid": lambda chance: "-".join("".join(chance.choices("0123456789abcdef", k=n)) for n in (8, 4, 4, 4, 12)),
    "card": _card,
    "card4": _fours(" ", _card),
    "carddots": _fours(".", _card),
    "carddash": _fours("-", _card),
    "iban": _iban,
    "iban4": _fours(" ", _iban),
    "ibanlow": lambda chance: _iban(chance).lower(),
    "ip4": _address4,
    "ip6": lambda chance: (
        f"2a02:{chance.randint(4096, 65535):x}:{chance.randint(256, 65535):x}::{chance.randint(1, 9999):x}"
    ),
    "jwt": lambda chance: ".".join(
        (
            base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("="),
            base64.urlsafe_b64encode(f'{{"sub":"{chance.randint(1000, 9999)}"}}'.encode()).decode().rstrip("="),
            "".join(chance.choices(ALPHABETS["b64u"], k=43)),
        )
    ),
}

COATS: dict[str, Callable[[str], str]] = {
    "percent": lambda said: quote(said, safe=""),
    "twice percent": lambda said: quote(quote(said, safe=""), safe=""),
    "all percent": lambda said: "".join(f"%{byte:02X}" for byte in said.encode()),
    "base64": lambda said: base64.b64encode(said.encode()).decode(),
    "base64url": lambda said: base64.urlsafe_b64encode(said.encode()).decode().rstrip("="),
    "twice base64": lambda said: base64.b64encode(base64.b64encode(said.encode())).decode(),
    "base32": lambda said: base64.b32encode(said.encode()).decode(),
    "utf-16 base64": lambda said: base64.b64encode(said.encode("utf-16-le")).decode(),
    "hex": lambda said: said.encode().hex(),
    "full width": lambda said: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in said),
    "zero width": lambda said: "\u200b".join(said),
    "soft hyphen": lambda said: said[:7] + "\u00ad" + said[7:],
    "unicode escapes": lambda said: "".join(f"\\u{ord(c):04x}" for c in said),
    "hex escapes": lambda said: "".join(f"\\x{ord(c):02x}" for c in said),
    "entities": lambda said: "".join(f"&#{ord(c)};" for c in said),
    "hex entities": lambda said: "".join(f"&#x{ord(c):x};" for c in said),
    "quoted printable": lambda said: "".join(f"={byte:02X}" for byte in said.encode()),
    "twice escaped": lambda said: "".join(f"\\\\u{ord(c):04x}" for c in said),
    "octal escapes": lambda said: "".join(f"\\{ord(c):03o}" for c in said),
    "braced escapes": lambda said: "".join(f"\\u{{{ord(c):x}}}" for c in said),
    "wrapped": lambda said: "\n".join(said[at : at + 20] for at in range(0, len(said), 20)),
    "soft wrapped": lambda said: "=\n".join(said[at : at + 18] for at in range(0, len(said), 18)),
    "gone on": lambda said: said[:11] + "\\\n" + said[11:],
    "word joiner": lambda said: said[:6] + "\u2060" + said[6:12] + "\ufeff" + said[12:],
    "hex bytes": lambda said: " ".join(f"{byte:02x}" for byte in said.encode()),
    "base64 lines": lambda said: "\n".join(textwrap.wrap(base64.b64encode(said.encode()).decode(), 16)),
    "double struck": lambda said: "".join(
        chr(0x1D7F6 + ord(c) - 48) if c in _DIGITS else chr(0x1D670 + ord(c) - 65) if c in _UPPER else c for c in said
    ),
    "mathematical": lambda said: "".join(
        chr(0x1D5BA + ord(c) - 97) if c in _LOWER else chr(0x1D5A0 + ord(c) - 65) if c in _UPPER else c for c in said
    ),
}
