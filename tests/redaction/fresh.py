"""A third part: kinds written when the rules had been mended after the second. What they let pass is reported as it is."""

from __future__ import annotations

KINDS: dict[str, list[str]] = {
    "languages' literals": [
        "define('DB_PASSWORD', '<<{pw}>>');", "$config['secret'] = '<<{low:20}>>';", ':password => "<<{pw}>>"', "@secret_token = '<<{hex:64}>>'", 'val apiKey: String = "<<{low:24}>>"',
    ],
    "clients' options": [
        "--set postgresql.auth.password=<<{pw}>>", "-Djavax.net.ssl.trustStorePassword=<<{pw}>>", "mongosh -u ana -p <<{pw}>>", "kubectl --token=<<{b62:40}>> get pods", "http -a ana:<<{pw}>> GET x",
    ],
    "devices": [
        "snmp-server community x; enable secret 5 <<$1${b62:4}${b62:22}>>", "wpa_passphrase=<<{pw}>>", 'psk="<<{pw}>>"', "PrivateKey = <<{b64:43}=>>", "PresharedKey=<<{b64:43}=>>",
    ],
    "log frames": [
        'level=error msg="login failed" password="<<{pw}>>" user=a', 'params: {{:username=>"a", :password=>"<<{pw}>>"}}', "[INFO] token='<<{low:24}>>' refreshed", "request.headers.x-api-key: <<{low:32}>>", 'Parameters: {{"auth_token"=>"<<{hex:32}>>"}}',
    ],
    "vendors once more": [
        "<<sk_prod_{b62:28}>>", "<<lsv2_pt_{hex:32}_{hex:10}>>", "token <<oy2{low:43}>>", "<<ops_tok-{b62:36}>>", "<<mlsn.{hex:64}>>",
    ],
    "state of tools": [
        '"admin_password": "<<{pw}>>",', 'connection_string = "Server=x;User Id=a;Password=<<{pw}>>;"', '  + master_password = "<<{pw}>>"', "ansible_become_pass: <<{pw}>>", "vault_token: <<s.{b62:24}>>",
    ],
    "people in logs": [
        "Welcome back, Mrs. <<Ada Lovelace>>", "email=<<{word}.ana@example.ro>>", "customer name: <<Ioana Popescu>>", "phone_number=<<+40722123456>>", "msisdn: <<40722123456>>",
    ],
    "numbers of people": [
        "SIN: <<046 454 286>>", "BSN <<111222333>>", "Tax ID: <<12-3456789>>", "CNP: <<2960229410014>>", "passport number <<AB1234567>>",
    ],
    "coats in coats": [
        "u=https%3A%2F%2Fana%3A<<Falcon%231234>>%40db", '\\"pwd\\": \\"<<{pw}>>\\"', "&lt;password&gt;<<{pw}>>&lt;/password&gt;", "pass\u200bword=<<{pw}>>", "ｐａｓｓｗｏｒｄ＝<<{pw}>>",
    ],
    "files of secrets": [
        "aws_session_token=<<{b64:100}>>", "SECRET_KEY_BASE=<<{hex:128}>>", "DATABASE_URL=postgres://a:<<{low:16}>>@h/d", "//npm.pkg.github.com/:_authToken=<<{b62:40}>>", "host * login ana password <<{low:14}>>",
    ],
}  # fmt: skip

COATED: dict[str, tuple[str, list[str]]] = {}
