"""Kinds that were written down before the rules were tried on them, and kept out of sight while the rules were made."""

from __future__ import annotations

KINDS: dict[str, list[str]] = {
    "vendors nobody named": [
        "<<acme_live_{b62:32}>>", "key <<zx-prod-{b62:40}>>", "<<frobnitz_pat_{b62:28}>> expired", "<<quux-api-{b64u:36}>>", "using <<wtk_{b62:30}>>",
    ],
    "build systems": [
        "<<bkua_{hex:40}>>", "<<CCIPAT_{b62:22}_{hex:40}>>", "buildkite agent token <<{hex:50}>>", "DRONE_TOKEN=<<{b62:32}>>", "SONAR_TOKEN: <<sqp_{hex:40}>>",
    ],
    "databases in the cloud": [
        "<<pscale_pw_{b62:43}>>", "<<napi_{low:50}>>", "<<AVNS_{b64u:19}>>", "eyJ-less neon: postgres://n:<<npg_{b62:12}>>@ep-x.neon.tech/db", "supabase service_role <<sbp_{hex:40}>>",
    ],
    "more AI vendors": ["<<xai-{b62:80}>>", "<<pplx-{b62:48}>>", "<<nvapi-{b64u:64}>>", "<<csk-{low:48}>>", "<<fw_{b62:24}>>"],
    "identity": [
        "okta SSWS <<00{b64u:40}>>", "SAMLResponse=<<{b64:120}>>", "refresh_token=<<{b62:48}>>", "code_verifier: <<{b64u:43}>>", "oauth client_secret <<{b62:40}>>",
    ],
    "CMS and shops": ["<<CFPAT-{b64u:43}>>", "woocommerce <<ck_{hex:40}>>", "<<cs_{hex:40}>>", "airtable <<pat{b62:14}.{hex:64}>>", "hubspot <<pat-na1-{uuid}>>"],
    "properties": [
        "spring.datasource.password=<<{pw}>>", "javax.net.ssl.keyStorePassword=<<{pw}>>", "mail.smtp.auth.password = <<{pw}>>", "jdbc.pass=<<{pw}>>", "ssl.truststore.password: <<{low:12}>>",
    ],
    "INI and TOML": ['[db]\npassword = "<<{pw}>>"', "secret_key = '<<{b62:50}>>'", "auth_pass <<{pw}>>".replace("auth_pass ", "auth_pass: "), '[[remote]]\ntoken = "<<{low:32}>>"', "masterkey = <<{hex:32}>>"],
    "code": [
        'client.setPassword("<<{pw}>>")', "const apiToken = '<<{low:24}>>';", "os.environ['DB_PASSWORD'] = '<<{pw}>>'", 'withCredentials(user, secret: "<<{pw}>>")', 'login(username="a", password="<<{pw}>>")',
    ],
    "Terraform and Docker": [
        'password = "<<{pw}>>" -> null', "ENV API_SECRET=<<{low:20}>>", "docker run -e MYSQL_ROOT_PASSWORD=<<{pw}>> mysql", '"auth": "<<{b64:32}>>"', "--build-arg NPM_TOKEN=<<{uuid}>>",
    ],
    "Kubernetes": [
        "kubectl create secret generic x --from-literal=password=<<{pw}>>", '{{"kind":"Secret","data":{{"password":"<<{b64:20}>>"}}}}', "- name: SMTP_PASS\n      value: '<<{pw}>>'", "token: <<{b62:64}>>", "bearerToken=<<{b62:40}>>",
    ],
    "more commands": [
        'psql "host=db user=a password=<<{pw}>>"', "ldapsearch -D cn=a -w <<{pw}>> -b dc=x", "openssl rsa -passin pass:<<{pw}>>", "keytool -storepass <<{pw}>> -list", "wget --user=a --password=<<{pw}>> http://x",
    ],
    "PowerShell and Windows": [
        'ConvertTo-SecureString "<<{pw}>>" -AsPlainText', "net use z: \\\\s\\x /user:dom\\ana <<{pw}>>", "cmdkey /add:x /user:a /pass:<<{pw}>>", "sqlcmd -S s -U sa -P <<{pw}>>", "-Password '<<{pw}>>'",
    ],
    "protocols": ["AUTH PLAIN <<{b64:24}>>", "> PASS <<{pw}>>", "a1 LOGIN ana <<{pw}>>", "AUTH default <<{pw}>>", "SETUSER ana on ><<{pw}>> ~* +@all".replace("SETUSER", "ACL SETUSER")],
    "query strings": [
        "GET /cb?code=<<{b62:32}>>&state=x", "/login?user=a&passwd=<<{low:12}>>", "https://x/?api_key=<<{low:20}>>", "GET /feed?auth=<<{b62:22}>>", "wss://x/ws?access_token=<<{b62:40}>>",
    ],
    "links that open channels": [
        "https://x/reset-password/<<{b62:32}>>", "https://x/verify?token=<<{hex:40}>>", "https://x/invite/<<{b62:24}>>", "https://y/magic?ticket=<<{b62:30}>>", "otpauth://totp/x:ana?secret=<<{b32:32}>>&issuer=x",
    ],
    "one-time": ["OTP: <<{d:6}>>", "Your login code is <<{d:6}>>", "pin=<<{d:4}>>", "recovery code <<{low:5}-{low:5}>>", "totp_secret=<<{b32:16}>>"],
    "more hashes": [
        "$argon2id$v=19$m=65536,t=3,p=4$<<{b64:22}${b64:43}>>", "{{SSHA}}<<{b64:32}>>".replace("{{", "{").replace("}}", "}"), "password_hash: <<{hex:64}>>", "Administrator:500:<<{hex:32}:{hex:32}>>:::", "*<<{HEX:40}>>",
    ],
    "other languages": ["Passwort: <<{pw}>>", "parolă: <<{pw}>>", "contraseña=<<{pw}>>", "mot de passe : <<{pw}>>", "senha: <<{pw}>>"],
    "key names": [
        "signing_key=<<{hex:64}>>", "encryptionKey: <<{b64:43}=>>", "webhook_secret: <<{low:24}>>", "hmac-key=<<{hex:40}>>", "PRIVATE_TOKEN=<<{low:20}>>",
    ],
    "wallets": [
        "mnemonic: <<{word} {word} {word} {word} {word} {word} {word} {word} {word} {word} {word} {word}>>", "private key <<0x{hex:64}>>", "<<xprv{b62:107}>>".replace("{b62:107}", "9s21ZrQH143K{b62:99}"), "wallet_seed=<<{hex:32}>>", 'keystore passphrase "<<{pw}>>"',
    ],
    "tables and lists": [
        "('X-Auth-Token', '<<{low:24}>>')", '[["Authorization", "Bearer <<{b62:30}>>"]]', "headers={{'x-amz-security-token': '<<{b64:80}>>'}}", "password => <<{pw}>>", '"password" : [ "<<{pw}>>" ]',
    ],
    "phones of countries": ["Tel: <<06 12 34 56 {d:2}>>", "téléphone <<01 42 68 53 {d:2}>>", "call me at <<020 7946 09{d:2}>>", "WhatsApp <<+49 (0)30 901820>>", "Handy: <<0171 23456{d:2}>>"],
    "ids of countries": ["codice fiscale <<RSSMRA85T10A562S>>", "AHV <<756.9217.0769.85>>", "Aadhaar <<2341 2341 2346>>", "personnummer <<811228-9874>>", "Steuer-ID: <<36 574 261 809>>"],
    "documents of people": ["passport no. <<C01X00T47>>".replace("C01X00T47", "X1234567"), "driver's license <<D1234567>>", "insurance number <<{d:9}>>", "medicare <<1EG4-TE5-MK73>>", "national insurance number: <<AB 12 34 56 C>>"],
    "people in fields": [
        '{{"first_name": "<<Anamaria>>"}}', "surname=<<Lovelace>>", '{{"patient": {{"name": "<<Maria Lungu>>"}}}}', "home_address: <<12 Rose Lane>>", "diagnosis: <<hypertension stage 2>>",
    ],
    "places of people": ["ship to <<221 Baker Street>>", "lives at <<14 Elm Ave, Apt 3>>", "<<Hauptstraße 12>>", "GPS <<44.4268, 26.1025>>", "<<Str. Victoriei nr. 10>>"],
    "more birth": ["birthday: <<March 12, 1984>>", "data nașterii: <<12.03.1984>>", "né le <<12/03/1984>>", '{{"birthDate": "<<1984-03-12>>"}}', "born on <<3rd of May 1990>>"],
    "more network": ["login from <<{ip4}>>", '"remote_addr": "<<{ip4}>>"', '<<{ip4}>> - - [10/Oct/2026:13:55:36 +0000] "GET /"', "peer [<<{ip6}>>]:443", "sshd: Failed password for ana from <<{ip4}>>"],
    "cards again": ["PAN=<<{card}>>", '"cardNumber":"<<{card}>>"', "<<5555 5555 5555 4444>>", "security code <<{d:3}>>", "cc:<<{carddash}>>"],
    "mail in odd places": ["From: Ana <<<ana.{word}@example.net>>>".replace("<<<", "< <<").replace(">>>", ">> >"), "mailto:<<ana@{word}.de>>", "uid=<<{word}@example.com>>,ou=x", "<<jörg@{word}.example>>", "cc <<{word}(at)example.com>>"],
}  # fmt: skip

COATED: dict[str, tuple[str, list[str]]] = {
    "twice percent coded": ("twice percent", ["q=<<password={pw}>>", "<<api_key={low:20}>>", "u=<<ana@{word}.com>>", "<<token={b62:24}>>", "<<secret={pw}>>"]),
    "twice Base64": ("twice base64", ["<<password={pw}>>", "<<AKIA{up:16} here>>", "x <<token={b62:24}>>", "<<mail ana@{word}.com>>", "<<redis://:{pw}@h>>"]),
    "hexadecimal": ("hex", ["<<password={pw}>>", "<<ghp_{b62:36}>>", "0x<<api_key={low:20}>>", "<<ana@{word}.com>>", "<<secret: {pw}>>"]),
    "entities": ("entities", ["<<password={pw}>>", "<<ghp_{b62:36}>>", "<<ana@{word}.com>>", "<<AKIA{up:16}>>", "<<api_key={low:20}>>"]),
    "two-byte Base64": ("utf-16 base64", ["-EncodedCommand <<$password = '{pw}'>>", "<<token={b62:24}>>", "<<ghp_{b62:36}>>", "<<api_key={low:20}>>", "<<net use /pass:{pw}>>"]),
    "hex escapes": ("hex escapes", ["<<password={pw}>>", "<<ghp_{b62:36}>>", "<<ana@{word}.com>>", "<<AKIA{up:16}>>", "<<api_key={low:20}>>"]),
    "styled letters": ("mathematical", ["<<password={pw}>>", "<<ghp_{b62:36}>>", "<<ana@{word}.com>>", "<<AKIA{up:16}>>", "<<token: {b62:20}>>"]),
    "soft hyphens": ("soft hyphen", ["<<password={pw}>>", "<<ghp_{b62:36}>>", "<<ana@{word}.com>>", "<<AKIA{up:16}>>", "<<token: {b62:20}>>"]),
    "Base32": ("base32", ["<<password={pw} and more>>", "<<api_key={low:20}>>", "<<token={b62:24}>>", "<<ana.{word}@example.com>>", "<<secret={pw} xx>>"]),
}  # fmt: skip
