"""Kinds that the rules were developed against. Beside each the syntax or the document that it is taken from."""

from __future__ import annotations

KINDS: dict[str, list[str]] = {
    "code hosts": [
        "push with <<ghp_{b62:36}>> failed", "remote: https://<<gho_{b62:36}>>@github.com/a/b", "pat <<github_pat_{b62:22}_{b62:59}>>",
        "CI_JOB_TOKEN <<glpat-{b64u:20}>> used", "runner <<glrt-{b64u:20}>> registered",
    ],
    "AWS": [
        "uses <<AKIA{up:16}>> today", "aws_secret_access_key = <<{b62:40}>>", "session <<ASIA{up:16}>>", "<<{b64:40}>>",
        "https://s3.amazonaws.com/b/k?X-Amz-Signature=<<{hex:64}>>&x=1",
    ],
    "Google": [
        "maps <<AIza{b64u:35}>> denied", "auth <<ya29.{b64u:60}>>", "client <<GOCSPX-{b64u:28}>>", "refresh <<1//0{b64u:60}>>",
        '"private_key": "<<{b64:64}>>"',
    ],
    "Azure": [
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=<<{b64:86}==>>;EndpointSuffix=core.windows.net",
        "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=<<{b64:43}=>>",
        "https://a.blob.core.windows.net/c?sv=2022-11-02&sig=<<{b62:40}%3D>>&se=2026", "client <<{b62:3}8Q~{b64u:34}>>",
        "Ocp-Apim-Subscription-Key: <<{hex:32}>>",
    ],
    "chat": [
        "bot <<xoxb-{d:12}-{d:12}-{b62:24}>>", "app <<xapp-1-A{up:10}-{d:13}-{hex:64}>>",
        "https://hooks.slack.com/services/<<T{up:8}/B{up:8}/{b62:24}>>", "telegram <<{d:9}:AA{b64u:33}>>",
        "https://discord.com/api/webhooks/<<{d:18}/{b64u:68}>>",
    ],
    "payments": [
        "stripe <<sk_live_{b62:24}>>", "<<rk_test_{b62:24}>> denied", "hook <<whsec_{b62:32}>>", "square <<sq0atp-{b64u:22}>>",
        "shop <<shpat_{hex:32}>>",
    ],
    "AI vendors": [
        "openai <<sk-proj-{b64u:48}>>", "<<sk-ant-api03-{b64u:90}>>", "<<hf_{b62:34}>>", "<<gsk_{b62:52}>>", "replicate <<r8_{b62:37}>>",
    ],
    "registries": [
        "<<npm_{b62:36}>>", "<<pypi-AgEIcHlwaS5vcmc{b64u:70}>>", "<<dckr_pat_{b64u:27}>>", "<<rubygems_{hex:48}>>",
        "//registry.npmjs.org/:_authToken=<<{uuid}>>",
    ],
    "mail vendors": [
        "<<SG.{b64u:22}.{b64u:43}>>", "mailgun <<key-{hex:32}>>", "<<xkeysib-{hex:64}-{b62:16}>>", "twilio <<SK{hex:32}>>",
        "mailchimp <<{hex:32}-us12>>",
    ],
    "hosts of apps": [
        "<<dop_v1_{hex:64}>>", "<<hvs.{b64u:90}>>", "<<HRKU-{uuid}>>", "<<dp.pt.{b62:43}>>", "<<tskey-auth-{b62:12}-{b62:32}>>",
    ],
    "monitors": [
        "<<NRAK-{up:27}>>", "<<glsa_{b62:32}_{hex:8}>>", "<<sntrys_{b62:60}>>", "DD_API_KEY=<<{hex:32}>>", "https://<<{hex:32}>>@o1.ingest.sentry.io/2",
    ],
    "trackers": [
        "<<lin_api_{b62:40}>>", "<<ATATT3x{b64u:60}>>", "<<ntn_{b62:46}>>", "<<figd_{b64u:40}>>", "<<PMAK-{hex:24}-{hex:34}>>",
    ],
    "private keys": [
        "-----BEGIN RSA PRIVATE KEY-----\n<<{b64:64}\n{b64:60}>>\n-----END RSA PRIVATE KEY-----", "-----BEGIN OPENSSH PRIVATE KEY-----\n<<{b64:64}>>",
        "-----BEGIN EC PRIVATE KEY-----\\n<<{b64:64}>>\\n-----END EC PRIVATE KEY-----", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n<<{b64:60}>>\n-----END PGP PRIVATE KEY BLOCK-----",
        "PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 1\n<<{b64:60}>>\nPrivate-MAC: {hex:40}",
    ],
    "JWT": ["got <<{jwt}>> back", "Authorization: Bearer <<{jwt}>>", "?access_token=<<{jwt}>>", "cookie jwt=<<{jwt}>>; Path=/", "id\\n<<{jwt}>>"],
    "headers": [
        "Authorization: Basic <<{b64:24}>>", "X-Api-Key: <<{low:20}>>", "-H 'Authorization: Token <<{hex:40}>>'", 'Proxy-Authorization: Digest username="a", <<response="{hex:32}>>"',
        "{{'authorization': 'Bearer <<{b62:30}>>'}}",
    ],
    "cookies": [
        "Set-Cookie: sid=<<{b62:26}>>; HttpOnly", "Cookie: a=1; session=<<{hex:32}>>", "'cookie': 'PHPSESSID=<<{low:26}>>'", "JSESSIONID=<<{HEX:32}>>.node1",
        "csrftoken=<<{b62:32}>>",
    ],
    "addresses with passwords": [
        "postgresql://rung:<<{pw}>>@db.internal:5432/x", "amqps://u:<<{pw}>>@mq/vhost", "redis://:<<{pw}>>@cache:6379/0",
        "mongodb+srv://u:<<{b62:12}>>@c0.mongodb.net", "user:<<{pw}>>@tcp(db.internal:3306)/x",
    ],
    "key=value": ["password=<<{pw}>>", "host=db pwd=<<{pw}>> x=1", "DB_PASS=<<{pw}>>", "Server=a;Uid=b;Pwd=<<{pw}>>;", "export PGPASSWORD=<<{pw}>>"],
    "JSON": [
        '{"password": "<<{pw}>>"}', 'body: {"apiKey":"<<{low:20}>>","a":1}', '{"a": "{\\"client_secret\\": \\"<<{low:20}>>\\"}"}', '"{\\\\\\"token\\\\\\": \\\\\\"<<{low:20}>>\\\\\\"}"',
        "{'db_password': '<<{pw}>>'}",
    ],
    "YAML": [
        "password: <<{pw}>>", "- name: DB_PASSWORD\n  value: <<{pw}>>", 'env:\n- name: API_TOKEN\n  value: "<<{low:20}>>"', "auth:\n  secret_key: <<{low:24}>>",
        "stringData:\n  db-pass: <<{pw}>>",
    ],
    "XML": [
        "<password><<{pw}>></password>", '<add key="ApiKey" value="<<{low:20}>>"/>', '<property name="db.password"><<{pw}>></property>', "<dbPass type='x'><<{pw}>></dbPass>",
        "<key>secret</key>\n<string><<{low:18}>></string>",
    ],
    "commands": [
        "mysql -u root -p<<{pw}>> -h db", "curl -u admin:<<{pw}>> https://x", "tool --auth-token <<{low:16}>> run", "sshpass -p <<{pw}>> ssh a@b",
        "redis-cli -h c -a <<{pw}>> ping",
    ],
    "credential files": [
        "machine api.example.com login ana password <<{pw}>>", "db.internal:5432:rung:ana:<<{low:14}>>", "[default]\naws_secret_access_key=<<{b64:40}>>", "*:*:*:postgres:<<{low:14}>>",
        "_password=<<{b64:20}>>",
    ],
    "SQL": [
        "ALTER ROLE x PASSWORD '<<{pw}>>'", "CREATE USER a IDENTIFIED BY '<<{pw}>>'", "SET PASSWORD = '<<{pw}>>'", "CREATE USER b WITH ENCRYPTED PASSWORD '<<{pw}>>'",
        "CONFIG SET requirepass <<{pw}>>",
    ],
    "hashes": [
        "$2b$12$<<{b62:53}>>", "SCRAM-SHA-256$4096:<<{b64:22}==${b64:43}=:{b64:43}=>>", "root:$6$<<{b62:12}${b62:86}>>:19000", "md5<<{hex:32}>>",
        "pbkdf2_sha256$600000$<<{b62:22}${b64:43}=>>",
    ],
    "escapes before": ["x\\n<<ghp_{b62:36}>>", "a\\t<<AKIA{up:16}>>", "\\r\\n<<glpat-{b64u:20}>>", "line\\\\n<<xoxb-{d:12}-{d:12}-{b62:24}>>", "\\u000a<<hf_{b62:34}>>"],
    "named fields": [
        "pass=<<{pw}>>", "password2: <<{pw}>>", "ssh_key: <<{b64:40}>>", "session_id=<<{low:24}>>", "cvv=<<{d:3}>>",
    ],
    "spoken": [
        "the password is <<{pw}>>", "my pin is <<{d:4}>>", "password for ana: <<{pw}>>", "use token <<{b62:24}>> please", "verification code: <<{d:6}>>",
    ],
    "e-mail": ["sent to <<ana.{word}@example.org>>", "<<{word}+x@mail.example.co.uk>> bounced", "ana%40{word}.example.com was <<ana%40{word}.example.com>>", "user=<<o'{word}@example.com>>", "<<{word} [at] example [dot] com>>"],
    "phones": ["call <<+40 722 123 4{d:2}>>", "phone: <<0722 123 4{d:2}>>", "<<(415) 555-26{d:2}>>", "Tel. <<030 1234{d:3}>>", "mobile <<07700 9001{d:2}>>"],
    "cards": ["<<{card4}>>", "card <<{card}>>", "<<{carddots}>>", "<<{carddash}>> declined", "<<3782 822463 10005>>"],
    "accounts": ["<<{iban4}>>", "iban <<{iban}>>", "to <<{ibanlow}>>", "IBAN: <<GB82 WEST 1234 5698 7654 32>>", "<<gb82west12345698765432>>"],
    "national ids": ["SSN <<078-05-1120>>", "<<529.982.247-25>>", "<<1800101221144>>", "NINO <<QQ 12 34 56 C>>".replace("QQ", "AB"), "PESEL: <<44051401359>>"],
    "dates of birth": ["dob: <<1984-03-{d:1}1>>".replace("{d:1}1", "11"), "born <<12 March 1984>>", "date of birth <<03/12/1984>>", "geboren am <<12.03.1984>>", "DOB=<<19840312>>"],
    "medical": ["MRN <<{d:8}>>", "medical record number: <<{d:7}>>", "patient id <<{d:8}>>", "NHS number <<943 476 5919>>", "Patient: <<Maria Lungu>>"],
    "network addresses": ["client <<{ip4}>> connected", "from <<{ip4}>> port 5000", "<<{ip6}>> refused", "X-Forwarded-For: <<{ip4}>>", "visitor <<203.0.113.7{d:1}>> left"],
}  # fmt: skip

COATED: dict[str, tuple[str, list[str]]] = {
    "percent coded": ("percent", ["q=<<password={pw}>>", "u=https://a:<<{pw}>>@b", "x=<<mail ana@{word}.com>>", "u=<<token={b62:20}&x>>", "<<secret: {pw}>>"]),
    "Base64": ("base64", ["data <<password={pw}>>", "<<postgres://u:{pw}@h/d>>", "<<AKIA{up:16} is it>>", '<<{"token":"{b62:20}"}>>'.replace('{"', '{{"', 0), "k: <<ana.{word}@example.com>>"]),
    "full width": ("full width", ["<<password={pw}>>", "<<ghp_{b62:36}>>", "x <<AKIA{up:16}>>", "<<ana@{word}.com>>", "<<token: {b62:20}>>"]),
    "zero width": ("zero width", ["<<password={pw}>>", "<<ghp_{b62:36}>>", "x <<AKIA{up:16}>>", "<<ana@{word}.com>>", "<<token: {b62:20}>>"]),
    "unicode escapes": ("unicode escapes", ["<<password={pw}>>", "<<ghp_{b62:36}>>", "x <<AKIA{up:16}>>", "<<ana@{word}.com>>", "<<token: {b62:20}>>"]),
}  # fmt: skip
