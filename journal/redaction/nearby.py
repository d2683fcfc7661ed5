"""Values whose name stands further off, or behind them: blocks, manifests, pairs of name and password, bare keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from journal.redaction.fields import kind_of, tells
from journal.redaction.rule import MASK, Place, Rule, form
from journal.redaction.shapes import harmless

_BLOCK: Final = re.compile(
    r"\b(?:variable|output|secret|resource|parameter)\s+(?:\"\w+\"\s+)?[\"'](?P<key>[\w.-]{1,80})[\"']\s*\{[^{}]{0,600}?"
    r"\b(?:default|value|secret_string|secret_data|plaintext)\s*=\s*[\"'](?P<x>[^\"'\n]{1,2000})"
)
_SET: Final = re.compile(
    r"(?i:\b(?:set(?: -\w+)+|setx|setenv|set_env|unsetenv|passenv|fastcgi_param|env|arg|setvar|define))[ \t]+"
    r"[\"']?(?P<key>[A-Za-z_][\w.-]{1,80})[\"']?[ \t]+(?P<q>[\"']?)(?P<x>[^\s\"';|&]{3,400})"
)
_MANIFEST: Final = re.compile(r"(?m)^[ \t-]*kind\\*[\"']?:[ \t]*[\"']?(?:Sealed)?Secret\b(?!\w)")
_DATA: Final = re.compile(
    r"(?m)^(?P<in>[ \t]*)(?:data|stringData):[ \t]*\n(?P<body>(?:(?P=in)[ \t]+\S[^\n]*(?:\n|\Z)|[ \t]*\n)+)"
)
_ENTRY: Final = re.compile(
    r"(?m)^[ \t]+[\w.\"'-]+:[ \t]+(?P<x>[^\s|>#][^\n]*?)[ \t]*$|^[ \t]+(?P<more>[^\s:]{8,})[ \t]*$"
)
_DIGIT_OR_SIGN: Final = re.compile(r"(?=.*[^\W\d_])(?:.*\d|.*[!@#$%^&*?+=~])")


def _blocks(text: str) -> Iterator[Place]:
    for pattern in (_BLOCK, _SET):
        for found in pattern.finditer(text):
            kind = kind_of(found["key"])
            if kind and MASK not in found["x"] and tells(kind, found["x"]):
                yield *found.span("x"), kind.what


def _manifests(text: str) -> Iterator[Place]:
    """Whatever a Kubernetes Secret holds, however its entries are called."""
    for part in _parts(text):
        if not _MANIFEST.search(text, *part):
            continue
        for data in _DATA.finditer(text, *part):
            for entry in _ENTRY.finditer(text, *data.span("body")):
                group = "x" if entry["x"] else "more"
                if MASK not in entry[group] and not harmless(entry[group]):
                    yield *entry.span(group), "secret"


def _parts(text: str) -> Iterator[tuple[int, int]]:
    edges = [0, *(found.start() for found in re.finditer(r"(?m)^---\s*$", text)), len(text)]
    yield from pairwise(edges)


def _odd(found: re.Match[str]) -> bool:
    said = found["x"].rstrip(".,;:)")
    return bool(_DIGIT_OR_SIGN.match(said)) and not harmless(said) and not said.startswith(("/", "-", "(", "$", "{"))


_OF: Final = (
    r"(?:api|admin|access|auth|server|private|write|read|master|app|application|client|agent|deploy|account|secret|signing"
    r"|encryption|bot|user|personal|project|integration|license|licence|ingest|service|webhook|search|management)"
)
_HEX: Final = r"[0-9a-f]{32,128}"
_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_GATE: Final = ("key", "token", "secret", "admin", "api", "passw")

_LONG: Final = re.compile(r"[a-zA-Z0-9]{32}")
_UUID_END: Final = re.compile(r"-[0-9a-fA-F]{12}")
_ODD_NUMBER: Final = re.compile(r"[a-z0-9]{16}|-[0-9a-f]{12}")

NEARBY: Final[tuple[Rule, ...]] = (
    Rule(find=_blocks, gate=("variable", "output", "secret", "resource", "parameter", "set", "env", "arg", "fastcgi", "define")),
    Rule(find=_manifests, gate=("kind",)),
    form("token", rf"\b(?:{_OF}[ _-]){{1,3}}(?:key|token|secret)s?(?: is| was| value)?\s{{0,2}}[:=]?\s{{1,2}}(?P<x>{_HEX})\b", gate=_GATE, opens=_LONG),
    form("token", rf"\b(?:server|api|access|auth|account)[ _-](?:token|secret)(?: is| was)?\s?[:=]?\s{{1,2}}(?P<x>{_UUID})\b", gate=_GATE, opens=_UUID_END),
    form("token", rf"\b(?:admin|api|secret|password)\s(?P<x>{_HEX})\b", gate=_GATE, opens=_LONG),
    form("token", rf"(?<![\w:/-])(?P<x>{_HEX}|{_UUID}|(?=[a-z]*\d)[a-z0-9]{{16,64}}) (?:is|was|as) (?:now )?(?:the |our |my |your |an? )?(?:[\w-]+ ){{0,2}}[\w-]*(?:key|token|secret|password)\b", gate=_GATE, opens=_ODD_NUMBER),
    form("token", r"\b(?:oauth|pat|apikey|api_key):(?P<x>(?=[a-z0-9]*\d)[a-z0-9]{24,64})\b", gate=("oauth:", "pat:", "apikey:", "api_key:")),
    form("token", r"(?<![\w./-])(?:[A-Za-z][\w-]{0,24}\.)?[\w-]{1,40}\.[0-9a-f]{32,64}\.[0-9a-f]{32,64}(?![\w.-])", opens=re.compile(r"\.[0-9a-f]{32}")),
    form("token", r"(?<![\w:/.-])11[0-9a-f]{32}(?![\w-])", near=re.compile(r"[0-9a-f]{34}"), flags=0),
    form("password", r"\b(?:creds?|credentials?|log[ -]?in|sign[ -]?in|logged in|user(?:name)? ?/ ?pass(?:word)?)\b(?:\s(?:with|as|is|are|using|via|for \S{1,40}))?\s?[:=]?\s{1,2}(?!(?:to|at|in|on|for|the|from|by|of|page|url)\s)[\w.@+-]{1,60}\s?[/|:]\s?(?P<x>[^\s\"'`,;]{4,200})", gate=("cred", "log", "sign", "user"), check=_odd),
    form("password", r"\bjdbc:\w+:(?:thin|oci8?):[\w.$#-]{1,60}/\"?(?P<x>[^\s\"'<>]{2,120}?)\"?@", gate=("jdbc:",)),
    form("password", r"\b(?:Sensitive|SecretStr(?:ing)?|SecretBytes|GuardedString|SecureString|SecretValue(?:\.\w+)?|Password|String::from|Some)\((?:[bru]|new )?[\"'](?P<x>[^\"'\n]{4,200})[\"']", gate=("sensitive", "secret", "guarded", "secure", "password", "string", "some"), check=_odd, flags=0),
    form("password", r"\s(?:-[uU]|--user(?:name)?)[ =]?[\w.@\\-]+\s+(?:-[pP]|--pass(?:word)?|-w)[ =]?[\"']?(?P<x>[^\s\"'|;&-][^\s\"'|;&]{3,})", gate=("-u", "--user"), check=_odd),
    form("password", r"<<<\s?[\"']?(?P<x>[^\s\"'|;&]{4,})", gate=("<<<",), check=_odd),
    form("payment card", r"\b(?:cvv2?|cvc2?|cvn|csc)\W{1,3}(?:is |was )?(?P<x>\d{3,4})(?![\w.%-])", gate=("cvv", "cvc", "cvn", "csc"), personal=True),
    form("password", r"(?:parola d['’]ordine|mot de passe|palavra[- ]passe|kata sandi|mật khẩu|كلمة (?:المرور|السر)|पासवर्ड|รหัสผ่าน|κωδικός πρόσβασης|clé (?:api|secrète|d['’]accès)|chiave (?:api|segreta|di accesso)|clave (?:api|secreta|de acceso)|chave (?:api|secreta|de acesso)|contraseña|parol[ăa]|senha|wachtwoord|hasło|heslo|lösenord|пароль|пароля|passwort|kennwort)(?: (?:für|pour|para|per|voor|för|для|do|is|ist|lautet|est|es|é|är|to|je|:))?(?:(?: [^\W\d_]{1,20}){0,4}\s?[:=]\s?|(?: [^\W\d_]{1,20}){0,3} (?:este|e|es|é|è|est|ist|lautet|är|er|to|je|on|это)\s|\s)(?P<x>[^\s\"'`,;]{4,200})", gate=("parol", "mot", "palavra", "kata", "mật", "كلمة", "पासवर", "รหัส", "κωδικ", "clé", "chiave", "clave", "chave", "contrase", "senha", "wachtwo", "hasło", "heslo", "lösenor", "парол", "passwor", "kennwor"), check=_odd),
)  # fmt: skip
