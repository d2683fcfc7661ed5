"""Values whose name stands further off, or behind them: blocks, manifests, pairs of name and password, bare keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from journal.redaction.fields import kind_of, tells
from journal.redaction.rule import MASK, Place, Rule, form
from journal.redaction.shapes import chosen, harmless, made, random, sown, wordlike
from journal.redaction.tokens import WORDS

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


def _key_of_a_device(found: re.Match[str]) -> bool:
    said = found["x"]
    return chosen(said) or made(said) or re.fullmatch(r"[0-9A-F]{8,}|[0-9a-f]{16,}", said) is not None


def _chosen_or_made(found: re.Match[str]) -> bool:
    return chosen(found["x"]) or made(found["x"])


def _of_a_vendor(found: re.Match[str]) -> bool:
    """What stands beside a vendor's name is a key of his, unless it is said to be the number of something."""
    said = found[0]
    before = found.string[max(0, found.start() - _NEAR) : found.start()].rpartition("\n")[2]
    odd = "-" in said or re.fullmatch(r"[0-9a-f]{32,}", said) is not None or sown(said.lower(), 28)
    return odd and _OF_VENDORS.search(before) is not None and _A_NUMBER.search(before) is None


_NEAR: Final = 60


_A_NUMBER: Final = re.compile(
    r"\b(?:\w*id|commit|sha\d*|rev(?:ision)?|trace|span|build|release|digest|image|hash|event|issue|run|deployment|checksum|tag|version)\b\W{0,4}$|@|sha\d+:",
    re.IGNORECASE,
)


def _told_by_itself(found: re.Match[str]) -> bool:
    """A word whose beginning says what it is, if the rest was made by chance."""
    longest = max(re.split(r"[-_]", found["x"]), key=len)
    return (
        random(longest, 16)
        or sown(longest, 20)
        or re.fullmatch(r"[0-9a-f]{32,}", found["x"]) is not None
        or (random(found["x"], 20) and wordlike(found["x"]) < _WORDLIKE)
    )


_OF_VENDORS: Final = re.compile(
    r"\b(?:"
    r"algolia|adafruit|airtable|akamai|alchemy|amplitude|appcenter|appveyor|artifactory|asana|ably|auth0|azuredevops|backblaze|bitrise|braintree|bugsnag|bunny(?:\.net)?|calendly|chargebee|clearbit|"
    r"clickup|clockify|close\.io|cloudflare|cloudinary|cloudsmith|codacy|codecov|cohere|coinbase|coinmarketcap|confluent|contentful|coveralls|datadog|deepgram|deepl|digicert|drone|dropbox|duo|elevenlabs|"
    r"etherscan|eventbrite|fastly|finicity|firebase|fivetran|flickr|freshdesk|freshservice|front|ghost|giphy|gitter|gocd|grafana|hcaptcha|hetzner|honeybadger|honeycomb|hotjar|hubspot|"
    r"hunter\.io|infura|intercom|ipinfo|ipstack|iterable|jfrog|jotform|jumpcloud|klaviyo|kraken|kucoin|lastfm|launchdarkly|linode|lob|logdna|loggly|logz\.io|looker|mailchimp|mailgun|mailjet|mapbox|"
    r"mattermost|maxmind|meraki|messagebird|microsoft teams|mistral|mixpanel|moz|netlify|newrelic|new relic|newsapi|ngrok|nightfall|nylas|okta|omnisend|onesignal|opsgenie|openweather(?:map)?|opencage|pagerduty|"
    r"papertrail|pastebin|paypal|pingdom|pinecone|pipedrive|plaid|plivo|postmark|privateai|pubnub|pusher|quay|rapidapi|raygun|recaptcha|rollbar|safetyculture|salesforce|scaleway|securitytrails|segment|sendbird|sendgrid|"
    r"sendinblue|sentinelone|shodan|shopify|shortcut|signalwire|skybiometry|smartsheet|snyk|sonarcloud|sonarqube|splunk|spotify|square|squarespace|statuspage|statuscake|storyblok|strava|stripe|sumologic|surveymonkey|"
    r"telnyx|tenable|textmagic|tiingo|tines|todoist|trello|travis(?:ci)?|twilio|twitch|twitter|typeform|unsplash|uptimerobot|urlscan|vercel|victorops|virustotal|vonage|vultr|wakatime|webflow|weatherapi|wistia|workato|"
    r"together(?:\.ai)?|wandb|openrouter|huggingface|replicate|fireworks|voyage|firehydrant|incident\.io|perplexity|groq|anthropic|openai|pulumi|doppler|infisical|axiom|posthog|resend|render|railway|upstash|neon|turso|supabase|planetscale|xero|yandex|yelp|zapier|zendesk|zenserp|zoho|zoom)\b",
    re.IGNORECASE,
)
_WORDLIKE: Final = 0.45
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
    form("token", rf"(?<![\w:/-])(?P<x>{_HEX}|{_UUID}|(?=[a-z]*\d)[a-z0-9]{{16,64}}) (?:(?:is|was|as) (?:now )?(?:the |our |my |your |an? )?(?:[\w-]+ ){{0,2}}[\w-]*(?:key|token|secret|password)|(?:api|access|auth|bearer|secret|personal|app|service)[ -](?:key|token|secret))\b", gate=_GATE, opens=_ODD_NUMBER),
    form("secret", r"(?:^|\s)--(?:value|secret-value|secret-string|string-value|plaintext|body|data|text|literal)[ =][\"']?(?P<x>[^\s\"'|;&]{7,400})", gate=("secur", "secret", "vault", "passw", "cred", "keyring"), check=_chosen_or_made),
    form("secret", r"\b(?:tacacs|radius|isakmp|bgp|ospf|eigrp|ldap|ntp|hsrp|vrrp|wpa|ipsec)[\w-]*\b[^\n]{0,80}?\b(?:key|md5|sha|secret|key-string|shared-secret)(?: \d{1,3})?(?: (?:md5|sha\d*|ascii-text|hexadecimal|ascii|hex|encrypted|[0-9]))* [\"']?(?P<x>(?=[^\s\"']{0,60}\d)[^\s\"'\ue000]{6,120})", gate=("tacacs", "radius", "isakmp", "bgp", "ospf", "eigrp", "ldap", "ntp", "hsrp", "vrrp", "wpa", "ipsec"), check=_key_of_a_device),
    form("secret", r"\bpre-?shared-(?:key|secret)\s(?:(?:ascii-text|hexadecimal|local|remote|[0-9])\s)?[\"']?(?P<x>[^\s\"'\ue000;]{4,120})", gate=("shared-",), check=_odd),
    form("secret", r"\buser[_ ]code\\*[\"']?\W{1,4}(?P<x>(?-i:[A-Z0-9]{4}-?[A-Z0-9]{4}))\b", gate=("user",)),
    form("token", r"(?<![\w./-])(?:[a-z][a-z0-9]{0,11}[-_])?(?:\w{0,12}(?:key|secret|token|auth|pat|cred|pass|pwd|sk))[-_](?:(?:live|prod|production|test|dev|staging|sandbox|admin|eu|us|v\d)[-_]){0,2}(?P<x>[A-Za-z0-9_-]{20,200})(?=\.[a-z]{2,3}\b|(?![\w.-]))", near=WORDS, check=_told_by_itself),
    form("token", r"(?<![\w./:@-])(?P<prefix>[a-z][a-z0-9]{1,9})_(?=[A-Z]{0,20}\d)(?!01[A-Z0-9])[A-Z0-9]{24,64}(?![\w.-])", opens=re.compile(r"_[A-Z0-9]{24}"), near=WORDS, flags=0),
    form("token", r"(?<![\w:/.@-])(?:[0-9a-f]{32,128}|[A-Z0-9]{30,64}|[a-z0-9]{30,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?= as\b|$))(?![\w-])", near=_LONG, opens=_LONG, check=_of_a_vendor, flags=0),
    form("token", r"(?<![\w:-])[0-9a-f]{16,64}:[0-9a-f]{40,128}(?![\w:])", opens=_LONG, near=WORDS),
    form("token", r"(?<![\w:-])[0-9a-f]{8}:[0-9a-f]{8}(?=@)", gate=("@",)),
    form("password", r"(?m)^[ \t>|*-]{0,8}(?i:[\w. -]{0,30}(?:passwor[dt]|passphrase|passcode|pwd|secret|token|api[ _-]?key)):?[ \t]*\r?\n[ \t=~-]{0,24}(?:\r?\n)?[ \t]{0,24}(?P<x>[^\s:]{6,200})[ \t]*$", gate=("password", "passwort", "passphrase", "passcode", "pwd", "secret", "token", "key"), opens=re.compile(r"(?:passwor[dt]|passphrase|passcode|pwd|secret|token|key):?[ \t]*\r?\n", re.IGNORECASE), check=_chosen_or_made),
    form("token", r"(?<![\w:/.-])(?P<x>[A-Za-z0-9_-]{16,64}) (?:api|access|auth|bearer|secret|personal|app|service)[ -](?:key|token|secret)\b", gate=("key", "token", "secret"), check=lambda found: random(found["x"], 16), flags=0),
    form("password", r"\bPRAGMA\s+(?:hex)?(?:re)?key\s?=\s?[\"'](?:x')?(?P<x>[^\"'\n]{4,200})", gate=("pragma",)),
    form("password", r"\bATTACH\s[^\n;]{0,120}?\bKEY\s+'(?P<x>[^'\n]{4,200})'", gate=("attach",)),
    form("password", r"\b(?:sp_\w{0,20}(?:login|password|user|linkedsrvlogin)|xp_\w+)\s[^\n;]{0,80}?'(?P<x>[^'\n]{6,120})'\s*(?:;|,|$)", gate=("sp_", "xp_"), check=_chosen_or_made),
    form("token", r"\b(?:oauth|pat|apikey|api_key):(?P<x>(?=[a-z0-9]*\d)[a-z0-9]{24,64})\b", gate=("oauth:", "pat:", "apikey:", "api_key:")),
    form("token", r"(?<![\w./-])(?:[A-Za-z][\w-]{0,24}\.)?[\w-]{1,40}\.[0-9a-f]{32,64}\.[0-9a-f]{32,64}(?![\w.-])", opens=re.compile(r"\.[0-9a-f]{32}")),
    form("token", r"(?<![\w:/.-])11[0-9a-f]{32}(?![\w-])", near=re.compile(r"[0-9a-f]{34}"), flags=0),
    form("password", r"\b(?:creds?|credentials?|log[ -]?in|sign[ -]?in|logged in|user(?:name)? ?/ ?pass(?:word)?|pwd|pw|passw(?:or)?d)\b(?:\s(?:with|as|is|are|using|via|for \S{1,40}))?\s?[:=]?\s{1,2}(?!(?:to|at|in|on|for|the|from|by|of|page|url)\s)[\w.@+-]{1,60}\s?[/|:]\s?(?P<x>[^\s\"'`,;]{4,200})", gate=("cred", "log", "sign", "user", "pwd", "pw", "passw"), check=_odd),
    form("password", r"\bjdbc:\w+:(?:thin|oci8?):[\w.$#-]{1,60}/\"?(?P<x>[^\s\"'<>]{2,120}?)\"?@", gate=("jdbc:",)),
    form("password", r"\b(?:Sensitive|SecretStr(?:ing)?|SecretBytes|GuardedString|SecureString|SecretValue(?:\.\w+)?|Password|String::from|Some)\((?:[bru]|new )?[\"'](?P<x>[^\"'\n]{4,200})[\"']", gate=("sensitive", "secret", "guarded", "secure", "password", "string", "some"), check=_odd, flags=0),
    form("password", r"\s(?:-[uU]|--user(?:name)?)[ =]?[\w.@\\-]+\s+(?:-[pP]|--pass(?:word)?|-w)[ =]?[\"']?(?P<x>[^\s\"'|;&-][^\s\"'|;&]{3,})", gate=("-u", "--user"), check=_odd),
    form("password", r"<<<\s?[\"']?(?P<x>[^\s\"'|;&]{4,})", gate=("<<<",), check=_odd),
    form("payment card", r"\b(?:cvv2?|cvc2?|cvn|csc)\W{1,3}(?:is |was )?(?P<x>\d{3,4})(?![\w.%-])", gate=("cvv", "cvc", "cvn", "csc"), personal=True),
    form("password", r"(?:parola d['’]ordine|mot de passe|palavra[- ]passe|kata sandi|mật khẩu|كلمة (?:المرور|السر)|पासवर्ड|รหัสผ่าน|κωδικός πρόσβασης|clé (?:api|secrète|d['’]accès)|chiave (?:api|segreta|di accesso)|clave (?:api|secreta|de acceso)|chave (?:api|secreta|de acesso)|contraseña|parol[ăa]|senha|wachtwoord|hasło|heslo|lösenord|пароль|пароля|passwort|kennwort)(?: (?:für|pour|para|per|voor|för|для|do|is|ist|lautet|est|es|é|är|to|je|:))?(?:(?: [^\W\d_]{1,20}){0,4}\s?[:=]\s?|(?: [^\W\d_]{1,20}){0,3} (?:este|e|es|é|è|est|ist|lautet|är|er|to|je|on|это)\s|\s)(?P<x>[^\s\"'`,;]{4,200})", gate=("parol", "mot", "palavra", "kata", "mật", "كلمة", "पासवर", "รหัส", "κωδικ", "clé", "chiave", "clave", "chave", "contrase", "senha", "wachtwo", "hasło", "heslo", "lösenor", "парол", "passwor", "kennwor"), check=_odd),
)  # fmt: skip
