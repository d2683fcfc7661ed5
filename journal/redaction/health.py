"""What says how somebody is: codes of diagnoses, and what follows words that only patients are spoken of with."""

from __future__ import annotations

import re
from typing import Final

from journal.redaction.rule import Rule, form

_CODE: Final = r"[A-TV-Z]\d[\dA-Z](?:\.?[\dA-Z]{1,4})?"
_REST: Final = r"[^\n,;|\"'<>.()]{3,80}"

_OLD: Final = re.compile(r"\baged? \d|year[- ]old|\by/?o\b", re.IGNORECASE)
_UNIT: Final = re.compile(r"kg|lb|cm|mmhg|bpm|mg/dl|mmol|\d/\d|\d\.\d ?%", re.IGNORECASE)

HEALTH: Final[tuple[Rule, ...]] = (
    form("personal", rf"\b(?:icd(?:[- ]?(?:9|10|11)(?:[- ]?(?:cm|gm|pcs))?)?|dx|diagnos(?:is|e|tic)|dg)\b(?:\s?codes?)?\s{{0,2}}[:=#]?\s{{0,2}}[\"'(]?(?P<x>{_CODE}(?:[,\s]{{1,2}}{_CODE}){{0,9}})\b", gate=("icd", "dx", "diagnos", "dg"), personal=True),
    form("personal", r"\bblood[ _](?:group|type)\W{1,3}(?:is )?(?P<x>(?:AB|A|B|O)\s?(?:[+-]|(?:rh )?(?:pos|neg)\w{0,5}))", gate=("blood",), personal=True),
    form("personal", r"(?<![\w|])(?:PID|NK1|GT1|IN[123]|PD1)\|(?P<x>[^\r\n]{4,2000})", gate=("pid|", "nk1|", "gt1|", "in1|", "in2|", "in3|", "pd1|"), flags=0, personal=True),
    form("personal", r"\b(?:family|given)\\*[\"']?(?:\s?:\s?\[?\s?\\*[\"']|>)(?P<x>[^\"'<>\\\n\ue000]{2,80})", gate=("given",), check=lambda found: "family" in found.string.lower(), personal=True),
    form("personal", rf"\b(?:patient|man|woman|male|female|boy|girl|child)\b[^\n]{{0,30}}?\bwith (?P<x>(?!(?:the|this|our|a|an|id|no) ){_REST})", gate=("aged", "year-old", "year old", "y/o", "yo "), check=lambda found: _OLD.search(found.string, max(0, found.start() - 40), found.end()) is not None, personal=True),
    form("personal", r"\b(?:hiv|hcv|hbv|hbsag|covid(?:-19)?|pregnancy|drug|syphilis|tb|tuberculosis)\b(?: (?:test|status|result))?\W{1,3}(?:is |was )?(?P<x>positive|negative|reactive|pregnant|detected)", gate=("hiv", "hcv", "hbv", "hbsag", "covid", "pregnan", "drug", "syphilis", "tb ", "tubercul"), personal=True),
    form("personal", r"\b(?:weight|height|body (?:weight|temperature)|bp|blood pressure|heart rate|pulse|bmi|spo2|glucose|hba1c)\W{1,3}(?:is |was |of \w+ )?(?P<x>\d{1,3}(?:[.,/]\d{1,3})? ?(?:kg|lbs?|cm|mmhg|bpm|mg/dl|mmol/l|kg/m2|%)?)(?![\w.])", gate=("weight", "height", "temperature", "bp", "blood", "heart rate", "pulse", "bmi", "spo", "glucose", "hba"), check=lambda found: _UNIT.search(found["x"]) is not None, personal=True),
    form("personal", r"\btested (?P<x>positive|negative)\b", gate=("tested",), personal=True),
    form("personal", r"\b(?:PHQ-?\d|GAD-?7|MMSE|MoCA|GCS|APGAR|AUDIT-C|NIHSS)\b\W{1,3}(?:score\W{1,3})?(?P<x>\d{1,2})\b", gate=("phq", "gad", "mmse", "moca", "gcs", "apgar", "audit-c", "nihss"), personal=True),
    form("personal", r"\b(?:diabetic|epileptic|asthmatic|hypertensive|pregnant|patient)\b[^\n]{0,20}?\bon (?P<x>(?!the |hold|call|duty|page|ward|port)[a-z]{4,24}(?:in|ol|pril|tan|ine|one|mab|nib|pam|lam|statin|mycin|cillin|azole|ide)(?: \d+ ?m[cg]g?)?)\b", gate=("diabetic", "epileptic", "asthmatic", "hypertensive", "pregnant", "patient"), personal=True),
    form("personal", rf"\b(?:diagnosed with|suffer(?:s|ing|ed) from|treated for|allergic to|tested positive for|(?:known|medical|family) history of|prescribed|admitted (?:with|for))\s(?P<x>(?!(?:the|this|our|a|an) ){_REST})", gate=("diagnosed", "suffer", "treated", "allergic", "positive", "history", "prescribed", "admitted"), personal=True),
)  # fmt: skip
