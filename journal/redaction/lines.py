"""Secrets that stand where a protocol or a command has its place for them: addresses, headers, `curl -u`, `.netrc`."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from journal.redaction.rule import Rule, form
from journal.redaction.shapes import harmless, made, random, sown, wordlike

_NOT: Final = "\ue000"
_SQL_QUOTED: Final = r"(?P<x>(?:[^'\ue000]|'')+)'"


def _odd(found: re.Match[str]) -> bool:
    return not harmless(found["x"])


def _authorization(found: re.Match[str]) -> bool:
    """What an Authorization header holds; not what a sentence says about one."""
    said = found["x"].strip()
    scheme, _, rest = said.partition(" ")
    if harmless(scheme) and harmless(rest.partition(" ")[0]):
        return False
    return bool(re.search(r"[\d=+/.]", said)) or bool(rest and " " not in rest and not harmless(rest))


def _basic(found: re.Match[str]) -> bool:
    try:
        return b":" in base64.b64decode(found["x"] + "=" * (-len(found["x"]) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False


def _two_sorts(found: re.Match[str]) -> bool:
    said = found["x"]
    return (any(c.isdigit() for c in said) and any(c.isalpha() for c in said)) or any(c in "!@#$%^&*" for c in said)


def _aws_secret(found: re.Match[str]) -> bool:
    """An AWS secret key is 40 characters without any sign of its own; a SHA-1 is too, but lower-case."""
    said = found["x"]
    return random(said, 40) or (said.count("/") <= 3 and wordlike(said) < 0.5 and _mixed(said))  # noqa: PLR2004 # no path


def _mixed(said: str) -> bool:
    return any(c.isupper() for c in said) and any(c.islower() for c in said) and any(c.isdigit() for c in said)


def _group(found: re.Match[str]) -> bool:
    """`docker run -u 1000:1000` and `--user nginx:nginx` say as whom and in which group, and no password."""
    user = re.split(r"[ =\"']", found[0].rpartition(":")[0])[-1].removeprefix("-u")
    if user.isdigit() and found["x"].isdigit():
        return True
    line = found.string[: found.start()].rpartition("\n")[2]
    return user == found["x"] and _AS_WHOM.search(line) is not None


_AS_WHOM: Final = re.compile(r"\b(?:docker|podman|nerdctl|crictl|kubectl|runc|setpriv|systemd-run)\b")


def _login(found: re.Match[str]) -> bool:
    host = found["host"].lower()
    return (
        not harmless(found["x"]) and not host.startswith("sha") and ("." in host or ":" in host or host == "localhost")
    )


LINES: Final[tuple[Rule, ...]] = (
    # scheme://user:password@host. Not a port followed by a path; the password may hold an unescaped / or @.
    form("password", rf"://[^\s:/?#@\[\]{_NOT}]{{0,200}}:(?!\d{{1,5}}[/?#])(?P<x>[^\s\"'<>{_NOT}]{{1,300}})(?=@)", gate=("://",), check=_odd),
    form("token", r"://(?P<x>[\w-]{20,300})(?=(?::x-oauth-basic)?@)", gate=("://",)),
    form("password", r"(?<![\w:/.@])[A-Za-z][\w.-]{0,60}:(?!//)(?P<x>[^\s:@/\"'<>]{3,120})@(?P<host>(?:tcp|unix)?\(?[A-Za-z][\w.-]*(?::\d+)?)", gate=("@",), check=_login),
    form("password", r"(?<![\w/.@:-])[A-Za-z]\w{0,40}/(?P<x>[^\s/@\"'<>]{3,80})@(?://)?[A-Za-z][\w.-]*(?::\d+)?(?:/\w+|\b)(?!\.\w+@)", gate=("@",), check=_two_sorts),
    form("credential", r"\b(?:proxy-)?authorization\\*[\"']?\s{0,3}(?:=>|[:=,])\s{0,3}\\*[\"']?(?P<x>(?:(?:bearer|basic|digest|token|apikey|negotiate|ntlm|hawk|key|snowflake|genie-?key|bot|oauth|splunk|aws4-hmac-sha256|sso-key|sharedkey(?:lite)?|ssws|dpop|gnap|\w+)\s)?\s?(?=[^\s\"'\\]{8,})[^\r\n\"'\\\ue000]+)", gate=("authorization",), check=_authorization),
    form("credential", r"\bbasic\s{1,3}(?P<x>[A-Za-z0-9+/]{6,}={0,2})", gate=("basic ",), check=_basic),
    form("token", r"\b(?:bearer|(?:ssws|dpop|genie-?key|sso-key|apitoken|apikey|snowflake|bot|splunk))\s{1,3}(?=[\w.~+/:-]*\d|[\w.~+/:-]{24})(?P<x>[\w.~+/:-]{8,}=*)", gate=("bearer ", "ssws ", "dpop ", "geniekey ", "genie-key ", "sso-key ", "apitoken ", "apikey ", "snowflake ", "bot ", "splunk ")),
    form("credential", r"\b(?:set-)?cookie2?\\*[\"']?\s{0,3}(?:=>|[:=,])\s{0,3}\\*[\"']?(?P<x>(?=[^\s\"'\\=]+=)[^\r\n\"'\\\ue000]+)", gate=("cookie",)),
    form("credential", r"(?<![\w-])(?:-u|--user|--proxy-user|-U|-a|--auth|--credentials?)[ =]?[\"']?[\w.@+-]{1,60}(?:[:%]|,(?=[^\s,]{0,60}[!#%*+$^&?~@\d]))(?P<x>[^\s\"'\ue000]{2,})", gate=("-u", "--user", "--proxy-user", "-a ", "--auth", "--cred"), check=lambda found: _odd(found) and not found["x"].startswith("//") and not _group(found)),
    form("password", r"\b(?:mysql\w*|mariadb\w*|mongo\w*|sshpass|isql|tsql|7za?|zip|unzip|rar|unrar|docker|podman|az|htpasswd|mosquitto_\w+|clickhouse-client|cqlsh|plink|pscp|curl)\b[^\n|;&]{0,200}?\s-(?:p|P|pw)[ ]?[\"']?(?P<x>[^\s\"'|;&\ue000-][^\s\"'|;&\ue000]{2,})", gate=("mysql", "mariadb", "mongo", "sshpass", "isql", "tsql", "7z", "zip", "rar ", "docker", "podman", "az ", "mosquitto", "clickhouse", "cqlsh", "plink", "pscp"), check=lambda found: _odd(found) and not re.fullmatch(r"\d{1,5}(?::\d{1,5})?(?:/\w+)?|[\w./-]+/[\w./-]*|[\w-]*:\d+(?::\d+)?|\d[\d.]*:\d[\d.:]*", found["x"])),
    form("password", r"\b(?:redis-cli|valkey-cli|keydb-cli|ldap\w+|sqlcmd|kinit|snmp\w+|ipmitool|winexe|impacket\w*|crackmapexec|evil-winrm|rdesktop|xfreerdp|rpcclient)\b[^\n|;&]{0,200}?\s(?:-a|-w|-P|-A|-X|-p|/p:)[ ]?[\"']?(?P<x>[^\s\"'|;&\ue000-][^\s\"'|;&\ue000]{3,})", gate=("redis-cli", "valkey-cli", "keydb-cli", "ldap", "sqlcmd", "kinit", "snmp", "ipmitool", "winexe", "impacket", "winrm", "rdesktop", "freerdp", "rpcclient"), check=lambda found: _odd(found) and not re.fullmatch(r"\d{1,5}|MD5|SHA|AES|DES", found["x"])),
    form("password", r"\b(?:htpasswd\s[^\n]{0,120}?-\w*b\w*\s+\S+\s+\S+\s+|net\s+use\s[^\n]{0,80}?/user:\S+\s+|(?:chpasswd|echo)\s[^\n]{0,20}?\b\w+:(?=[^\s|]+\s*\|\s*(?:sudo\s)?chpasswd))(?P<x>[^\s\"'|]{3,})", gate=("htpasswd", "net use", "chpasswd"), check=_odd),
    form("password", r"\bnet\s+use\s(?:\S{1,200}\s+){1,3}?(?P<x>[^\s/\\*][^\s\"']{3,})\s+/user:", gate=("net use",), check=_odd),
    form("secret", r"(?<!\S)-setcookie\s+[\"']?(?P<x>[^\s\"'$]{8,})", gate=("-setcookie",), check=_odd),
    form("password", r"(?:-pass(?:in|out)?|-passin|-passout)\s+pass:(?P<x>\S+)", gate=("pass:",), check=_odd),
    form("password", r"\bmachine\s+\S+\s[^\n]{0,80}?password\s+(?P<x>\S+)", gate=("machine ",)),
    form("password", r"\b(?:login|user(?:name)?)\s+\S+\s+(?:account\s+\S+\s+)?passw(?:or)?d\s+(?P<x>[^\s\ue000]+)", gate=("password ", "passwd ")),
    form("password", r"(?m)^\s{0,4}(?:login\s\S+\s+)?password\s+(?P<x>[^\s\ue000]{4,})\s*$", gate=("password ",), check=_two_sorts),
    form("password", r"(?m)(?:^|(?<=[\s'\"]))[\w.*-]{1,120}:(?:\d{2,5}|\*):(?=[\w*.-]*[A-Za-z*])[\w*.-]{1,64}:[A-Za-z*][\w*.-]{0,64}:(?P<x>[^\s:\"']{3,})(?=$|[\s'\"])", opens=re.compile(r":(?:\d{2,5}|\*):[\w*.-]+:[A-Za-z*]")),
    form("password", r"\b(?:(?:identified|encrypted)\s(?:with\s\S+\s)?by(?:\spassword)?|password(?:\s+for\s+\S+)?|(?:with|unencrypted|encrypted)\s+password|set\s+password\s+(?:for\s+\S+\s+)?(?:=|to))\s{0,3}=?\s{0,3}(?:password\s?\(\s?)?'" + _SQL_QUOTED, gate=("password", "identified", "encrypted"), check=lambda found: not harmless(found["x"]) and " must " not in found["x"]),
    form("password", r"\bidentified\s+by\s+(?!(?:values|password|externally|globally)\b)(?P<x>[^\s;'\"\ue000]{3,120})", gate=("identified",), check=_odd),
    form("password", r"\b(?:sqlplus|expdp|impdp|sqlldr|rman|exp|imp)\b[^\n]{0,60}?\s[A-Za-z]\w{0,40}/(?P<x>[^\s/@\"'\ue000]{4,80})(?=[\s@]|$)", gate=("sqlplus", "expdp", "impdp", "sqlldr", "rman", "exp ", "imp "), check=_two_sorts),
    form("token", r"/(?:hooks?|webhooks?|incoming|heartbeats?|ping|push|triggers?|icals?|calendars?|feeds?|private|ingest|notify|callback)/(?:[\w@.-]{1,80}/){0,2}?(?P<x>[\w-]{20,200})(?![\w.@-])", gate=("/hook", "/webhook", "/incoming", "/heartbeat", "/ping", "/push", "/trigger", "/ical", "/calendar", "/feed", "/private", "/ingest", "/notify", "/callback"), check=lambda found: made(found["x"]) or sown(found["x"], 20) or re.fullmatch(r"[0-9a-f]{24,}", found["x"]) is not None),
    form("password", r"\b(?:requirepass|masterauth|masteruser)\s{1,3}(?:\\*[\"'])?(?P<x>[^\s\"'\ue000]+)", gate=("requirepass", "masterauth")),
    form("password", r"\b(?:acl\s+setuser\s|user\s\S{1,60}\s(?:on|off)\b)[^\n]{0,120}?\s[><#](?P<x>[^\s\ue000]+)", gate=("setuser", "user ")),
    form("password", r"(?m)(?:^|(?<=[>\"' ]))(?:C: |> |S: )?(?-i:AUTH)\s(?:[\w.-]+\s)?(?P<x>(?=\S*\d)[^\s\"'\ue000]{4,})\s*$", gate=("auth ",), check=lambda found: not harmless(found["x"])),
    form("credential", r"\b334 [A-Za-z0-9+/=]*\s{1,3}(?:[A-Z]: |> )?(?P<x>[A-Za-z0-9+/]{4,}={0,2})(?=\s|$)", gate=("334 ",)),
    form("credential", r"(?-i:\bAUTH (?:PLAIN|LOGIN|XOAUTH2|CRAM-MD5))\s+(?P<x>[A-Za-z0-9+/=]{8,})", gate=("auth ",)),
    form("password", r"(?m)(?:^|(?<=[>\"]))\s{0,2}(?:C: |> |S: |---> )?(?-i:PASS) (?P<x>[^\s/:.\"'\ue000]{4,})\s*$", gate=("pass ",), check=_two_sorts),
    form("password", r"(?-i:\b\w{1,8} LOGIN) \"?[\w.@+-]+\"? \"?(?P<x>[^\s\"\ue000]{3,})", gate=("login ",)),
    form("password", r"(?-i:\b(?:spawn|send|type|sendline)\b)\s*\(?[\"'](?P<x>(?=[^\"']*\d)[^\"'\s]{4,}?)(?:\\r|\\n)", gate=("send",)),
    form("password", r"\becho\s+[\"']?(?P<x>[^\s\"'|\ue000]{4,})[\"']?\s*\|\s*(?:sudo\s+-S|docker\s+login|gpg|passwd|kinit|cryptsetup)", gate=("sudo -s", "docker login", "| gpg", "passwd", "kinit", "cryptsetup"), check=_odd),
    form("session", r"(?:;|\?|&)(?:jsessionid|phpsessid|sid|s?id_?token|access_?token|refresh_?token|code|ticket|sig|signature|x-amz-signature|x-amz-security-token|x-goog-signature|hmac|se?ssion|auth|apikey|api_key|key|token|otp|pwd|pass|password|state|oob|oobcode|reset|invite|confirmation)=(?P<x>[^\s&\"'<>#;\ue000]{6,})", gate=("?", "&", ";jsess"), check=lambda found: _two_sorts(found) and not harmless(found["x"])),
    form("token", r"/(?:reset(?:-password)?|password-reset|verify|confirm|invite|magic|activate|unsubscribe|token|share|s|log-?in|sign-?in|join|accept|unlock)/(?P<x>(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{20,})", gate=("/reset", "/password", "/verify", "/confirm", "/invite", "/magic", "/activate", "/unsub", "/token", "/share", "/s/", "/log", "/sign", "/join", "/accept", "/unlock")),
    form("token", r"/(?:reset|verify|confirm|invite|magic|activate|log-?in|sign-?in|join|accept|unlock|share)[^\s?\"']{0,60}\?[^\s\"']{0,200}?\b\w{1,20}=(?P<x>[\w-]{20,400})", gate=("/reset", "/verify", "/confirm", "/invite", "/magic", "/activate", "/log", "/sign", "/join", "/accept", "/unlock", "/share"), check=lambda found: made(found["x"])),
    form("password", r"(?:\bSecureString\s+(?:-String\s+)?|\b(?:\w*Credentials?|\w*Basic_?Auth|auth)\s?\(\s?[\"'][^\"']{1,80}[\"']\s?,\s?)[\"'](?P<x>[^\"'\ue000]{3,})[\"']", gate=("securestring", "credential", "basic", "auth"), check=_odd),
    form("credential", r"[,\s]response=\\*[\"']?(?P<x>[0-9a-f]{32,})", gate=("response=",)),
    form("secret", r"\botpauth://[^\s\"'<>]*?[?&]secret=(?P<x>[A-Z2-7=]{8,})", gate=("otpauth",)),
    form("secret", r"(?<![\w.])(?:xprv|yprv|zprv|tprv)[A-HJ-NP-Za-km-z1-9]{100,}|\b[5KL][1-9A-HJ-NP-Za-km-z]{50,51}\b|\bnsec1[a-z0-9]{50,}", opens=re.compile(r"[a-zA-Z0-9]{32}"), flags=0),
    form("secret", r"\b(?:seed|mnemonic|recovery)(?: phrase| words)?\s?[:=]?\s+(?P<x>(?:[a-z]{3,8} ){11,23}[a-z]{3,8})\b", gate=("seed", "mnemonic", "recovery")),
    form("secret", r"(?<![A-Za-z0-9/+=_.-])(?P<x>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=_.-])", near=re.compile(r"[A-Za-z0-9/+]{40}"), flags=0, check=_aws_secret),
)  # fmt: skip
