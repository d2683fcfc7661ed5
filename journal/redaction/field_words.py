"""The words of `fields`: what names of secrets and of people are made of, in the languages that configurations use."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from journal.redaction.rule import words

SESSION: Final = "session"
KEY: Final = "key"
INSIDE: Final = "secret value"
CREDENTIAL: Final = "credential"


_NO_PARTS: Final = str.maketrans("łŁøØđĐıßæÆ", "lLoOdDisaA")
"""Letters that Unicode does not take apart into a plain one and its sign."""


def folded(name: str) -> str:
    """A name without the signs of its letters: `hasło` and `haslo` are one."""
    parts = unicodedata.normalize("NFKD", name.translate(_NO_PARTS))
    return "".join(c for c in parts if not unicodedata.combining(c))


def _all(what: str, names: str) -> dict[str, str]:
    return dict.fromkeys(folded(names).split(), what)


ABROAD: Final = {
    "password": "contraseña contrasenya senha wachtwoord hasło heslo lösenord passord adgangskode kodeord salasana parool slaptažodis"
    " jelszó lozinka geslo şifre parolă sandi fjalëkalim lykilorð пароль парола лозинка συνθηματικό κωδικός 密码 密碼 口令"
    " パスワード 暗証番号 비밀번호 암호 סיסמה",
    "secret": "geheim geheimnis secreto segredo segreto hemmelighet hemmelighed hemlighet salaisuus sekret tajemství gizli секрет"
    " 秘密鍵 密钥 密鑰 시크릿",
    "token": "jeton токен トークン 令牌 토큰",
}
"""What passwords, secrets and tokens are called in other languages, as it is written there."""
ABROAD_WEAK: Final = (
    "clave chave chiave clé schlüssel sleutel nyckel nøgle klucz klíč ključ kulcs avain anahtar cheie ключ"
)


SECRET: Final = {
    **_all(
        "password",
        "password passwords passwd pwd passphrase passcode passwort kennwort parola parole contraseña contrasena senha"
        " motdepasse mdp palavrapasse requirepass masterauth psw pswd userpassword pgpassword",
    ),
    **_all(
        "secret", "secret secrets credential credentials cred creds apikey otp totp hotp psk seedphrase mnemonic keytab"
    ),
    **_all("secret", "privkey sshkey passkey geheimnis mfa pat webhooksecret signingkey encryptionkey"),
    **_all("token", "token tokens jwt authtoken accesstoken bearer csrf xsrf csrftoken sas"),
    **_all(CREDENTIAL, "authorization cookie cookies"),
    **_all("pin", "pin pincode puk"),
    **_all("payment card", "cvv cvv2 cvc cvc2 csc cvn pan cardnumber ccnumber creditcard"),
    **_all(SESSION, "sessionid sessid sessionkey phpsessid jsessionid sessiontoken"),
    **{name: what for what, names in ABROAD.items() for name in _all(what, names)},
}
KEYS: Final = words(
    "api access private secret signing encryption auth account shared ssh master client service storage "
    "license licence deploy pgp gpg hmac aes rsa crypto cipher subscription app application admin write "
    "ingest ingestion host function session symmetric decrypt decryption webhook consumer integration routing "
    "tls ssl wireguard preshared psk wif root user database db stream functions storageaccount jwt cookie "
    "activation product registration instrumentation machine pairing unlock validation decryption server wifi wpa wlan network rails django flask anon sendgrid stripe openai datadog dd newrelic anthropic google aws azure gcp "
    "maps twilio mailgun github gitlab sentry license"
)
"""`<one of these> key` is secret; a plain `key` is not."""
PLAIN_KEYS: Final = words(
    "cache partition object dedup deduplication idempotency primary foreign sort row shard hash group public range lock message "
    "unique surrogate business natural trace request order job item lookup answer record_id entity event s3 map index search label tag bucket file registry"
)
"""`<one of these> key` says where something is, or which one."""
SUFFIXES: Final = words(
    "value string binary text hash hashed base64 b64 plaintext plain clear header old new prod production "
    "staging stage dev test live current previous prev backup primary secondary default raw enc encrypted "
    "confirm confirmation again repeat base main temp tmp hex pem data input field var parameter param arg"
)
"""`secret string`, `password hash`, `password_old`: still the secret. `secret name`, `secret arn` are not."""
NOT_SECRET: Final = words(
    "next page continuation max min num pagination start starting total used prompt completion input output "
    "cached public csrfheader has is require requires use"
)
"""`next token` is a page mark of an API, `prompt tokens` a count."""
INNOCENT: Final = frozenset(["keyboard", "keyspace", "keyword", "tokenizer", "tokenize", "bypass", "compass"])
WEAK: Final = {
    **_all("password", "pass pw"),
    **_all(CREDENTIAL, "auth"),
    **_all(SESSION, "session sess sid"),
    **_all("secret", "sig signature assertion nonce salt seed"),
    **_all("password", ABROAD_WEAK),
    **_all(KEY, "key"),
}
PERSONAL: Final = {
    **_all("phone", "phone telephone mobile msisdn telefon telefono tel fax cellphone handy whatsapp phonenumber"),
    **_all("e-mail", "email mail emailaddress"),
    **_all(
        "national id", "ssn cpf cnp pesel bsn nino sin tfn aadhaar aadhar curp dni nie nif nir hetu personnummer itin"
    ),
    **_all("national id", "nhs passport steuerid codicefiscale socialsecurity jmbg egn oib rodnecislo cuit"),
    **_all(
        "personal", "allergy allergies medication medications prescription symptoms bloodtype comorbidities diagnose dx"
    ),
    **_all(
        "personal",
        "religion ethnicity nationality salary wage bmi patient pacient paciente patientin paziente pacjent diagnostic surname diagnosis mrn dob birthdate birthday dateofbirth birthplace geburtsdatum",
    ),
    **_all("personal", "cardholder firstname lastname fullname givenname familyname maidenname nachname vorname"),
    **_all("bank account", "iban bban routingnumber accountnumber kontonummer"),
}
_PEOPLE: Final = "first last full given family middle patient maiden customer employee cardholder holder mother legal"
PAIRS: Final[dict[str, dict[str, str]]] = {
    "phone": _all("phone", "number no nr"),
    "mobile": _all("phone", "number no"),
    "cell": _all("phone", "number phone"),
    "email": _all("e-mail", "address"),
    "card": {**_all("payment card", "number no pan cvv"), "holder": "personal", "code": "payment card"},
    "credit": _all("payment card", "card"),
    "debit": _all("payment card", "card"),
    "security": {**_all("payment card", "code"), "number": "national id", "answer": "secret"},
    "question": _all("secret", "answer"),
    "nhs": _all("national id", "number no"),
    "tax": _all("national id", "id number"),
    "national": _all("national id", "id number insurance"),
    "insurance": _all("national id", "number no id"),
    "passport": _all("national id", "number no"),
    "aadhaar": _all("national id", "number no nr"),
    "license": _all("secret", "key code"),
    "driver": _all("national id", "license licence"),
    "drivers": _all("national id", "license licence"),
    "account": {**_all("bank account", "number no"), **_all("secret", "key")},
    "routing": _all("bank account", "number"),
    "sort": _all("bank account", "code"),
    "session": {**_all(SESSION, "id"), **_all("token", "token"), **_all("secret", "key secret")},
    "sess": _all(SESSION, "id"),
    "connect": _all(SESSION, "sid"),
    **{
        who: _all("secret", "code codes")
        for who in (
            "recovery",
            "verification",
            "backup",
            "auth",
            "access",
            "otp",
            "mfa",
            "invite",
            "invitation",
            "activation",
            "unlock",
            "pairing",
            "registration",
            "device",
        )
    },
    "authorization": _all("secret", "code"),
    "date": {},
    "of": _all("personal", "birth"),
    "birth": _all("personal", "date place day year"),
    "medical": _all("personal", "record history"),
    "record": _all("personal", "number"),
    "health": _all("personal", "card id"),
    "seed": _all("secret", "phrase words"),
    "recovery": _all("secret", "phrase key code codes"),
    "one": {},
    "time": _all("secret", "password code"),
    **{where: _all("personal", "address") for where in ("street", "home", "postal", "billing", "shipping", "mailing")},
    "mot": {},
    "de": _all("password", "passe"),
    "palavra": _all("password", "passe"),
    **{who: _all("personal", "name") for who in _PEOPLE.split()},
}
PAIRS["code"] = _all("secret", "verifier challenge")
PAIRS.update({which: _all("secret", "seed") for which in ("wallet", "master", "hd", "root", "bip39")})
PAIRS["pass"] = _all("password", "phrase word code")
PAIRS.update(
    {what: _all("personal", "status result test") for what in ("hiv", "covid", "hepatitis", "pregnancy", "vaccination")}
)
PAIRS["blood"] = _all("personal", "type group")
PAIRS["snmp"] = _all("secret", "community")
PAIRS.update({which: _all("personal", "complaint") for which in ("chief", "presenting")})
PERSONAL.update(_all("card expiry", "exp expiry expdate"))
PAIRS["marital"] = _all("personal", "status")
PAIRS["sexual"] = _all("personal", "orientation")
PAIRS["patient"] = _all("personal", "name id number")
OF_PEOPLE: Final = frozenset(
    {"phone", "e-mail", "national id", "personal", "bank account", "payment card", "card expiry"}
)

_JOINED: Final = re.compile(
    r".*(?:(?P<password>password|passwd|passwort|passphrase|pwd|(?:db|user|admin|root|ssh|my|sql|ftp|smtp|http|ldap|pg|redis|key"
    r"|store|keystore|truststore|mail|proxy|master|vault|svc|app|sudo|zip|wifi)pass|(?:root|db|user|admin|bind|ldap)pw)"
    r"|(?P<secret>secret|apikey|accesskey|secretkey|privatekey|authkey|signingkey|masterkey|credentials?)"
    r"|(?P<token>token)|(?P<session>sessid|sessionid))"
)


def joined(word: str) -> str | None:
    """What a name without any seam says: `dbpass`, `clientsecret`."""
    found = _JOINED.fullmatch(word)
    return found.lastgroup if found else None
