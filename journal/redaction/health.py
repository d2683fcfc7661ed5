"""What says how somebody is: codes of diagnoses, and what follows words that only patients are spoken of with."""

from __future__ import annotations

from typing import Final

from journal.redaction.rule import Rule, form

_CODE: Final = r"[A-TV-Z]\d[\dA-Z](?:\.?[\dA-Z]{1,4})?"
_REST: Final = r"[^\n,;|\"'<>.()]{3,80}"

HEALTH: Final[tuple[Rule, ...]] = (
    form("personal", rf"\b(?:icd(?:[- ]?(?:9|10|11)(?:[- ]?(?:cm|gm|pcs))?)?|dx|diagnos(?:is|e|tic)|dg)\b(?:\s?codes?)?\s{{0,2}}[:=#]?\s{{0,2}}[\"'(]?(?P<x>{_CODE}(?:[,\s]{{1,2}}{_CODE}){{0,9}})\b", gate=("icd", "dx", "diagnos", "dg"), personal=True),
    form("personal", r"\bblood[ _](?:group|type)\W{1,3}(?:is )?(?P<x>(?:AB|A|B|O)\s?(?:[+-]|(?:rh )?(?:pos|neg)\w{0,5}))", gate=("blood",), personal=True),
    form("personal", r"(?<![\w|])(?:PID|NK1|GT1|IN[123]|PD1)\|(?P<x>[^\r\n]{4,2000})", gate=("pid|", "nk1|", "gt1|", "in1|", "in2|", "in3|", "pd1|"), flags=0, personal=True),
    form("personal", r"\b(?:family|given)\\*[\"']?(?:\s?:\s?\[?\s?\\*[\"']|>)(?P<x>[^\"'<>\\\n\ue000]{2,80})", gate=("given",), check=lambda found: "family" in found.string.lower(), personal=True),
    form("personal", rf"\b(?:diagnosed with|suffer(?:s|ing|ed) from|treated for|allergic to|tested positive for|(?:known|medical|family) history of|prescribed|admitted (?:with|for))\s(?P<x>(?!(?:the|this|our|a|an) ){_REST})", gate=("diagnosed", "suffer", "treated", "allergic", "positive", "history", "prescribed", "admitted"), personal=True),
)  # fmt: skip
