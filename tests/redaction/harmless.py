"""What operators read every day, and must go on reading: nothing of it may be redacted. By kind, made as `making` does."""

from __future__ import annotations

KINDS: dict[str, list[str]] = {
    "ids": [
        "{uuid}", "run {uuid} is late", "flow-run/{uuid}", "INC-20260102-7F3K", "trace_id={hex:32} span_id={hex:16}", "01J9ZQ{up:20}".replace("{up:20}", "8X4T5W6YABCDEF1234GH"),
        "request id {uuid} failed", "job-{d:6}", "X-Request-Id: {uuid}", "traceparent: 00-{hex:32}-{hex:16}-01", "ksuid 0ujtsYcgvSTl8PAuAdqWYSMnLOv", "order #{d:8}",
    ],
    "digests": [
        "sha256:{hex:64}", "commit {hex:40}", "{hex:40}", "{hex:7}..{hex:7}", "md5sum {hex:32}  file.tar.gz", "image ghcr.io/org/app@sha256:{hex:64}", 'etag "{hex:32}"', "HEAD is now at {hex:9} Fix the retry of uploads",
        "SHA256:{b64:43} ana-laptop (ED25519)", "integrity sha512-{b64:86}==", "CodeSha256={b64:43}=", "docker-{hex:64}.scope", "containerd://{hex:64}", "overlay2/{hex:64}/merged",
    ],
    "AWS names": [
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:rung/db-AbCdEf", "arn:aws:iam::123456789012:role/codeblue-reader", "i-0abcd1234ef567890 is running", "vpc-0a1b2c3d4e5f60718", "AROAEXAMPLEROLEIDENT1:session",
        "s3://logs-bucket/AWSLogs/123456789012/elasticloadbalancing/us-east-1/2026/01/02/x.log.gz", "eni-0123456789abcdef0", "ecs-svc/4418187784881330860", "ecs-svc/9418187784881330863", "arn:aws:kms:eu-west-1:123456789012:key/{uuid}", "ec2-user has no home", "subnet-{hex:17}",
        "arn:aws:lambda:eu-west-1:123456789012:function:token-refresher:42", "MyStack-ApiHandlerServiceRole52B9747B-1XYZABCDEF12", "ip-10-0-12-34.eu-west-1.compute.internal",
    ],
    "times": [
        "2026-01-02T03:04:05.123456Z", "2026-01-02 03:04:05.123+00 12345678", "took 1767225600000 ms", "Fri, 02 Jan 2026 03:04:05 GMT", "03:04:05,123 INFO", "20260102T030405Z", "since 1735689600.123456", "in 02:15:33", "2026-W01",
        "date: 2026-01-02", "[02/Jan/2026:03:04:05 +0000]", "next run 12.03.2026 14:00", "due 03/12/2026", "uptime 41 days, 3:04",
    ],
    "addresses of machines": [
        "10.0.12.34", "connect to 127.0.0.1:5432 failed", "192.168.1.20 -> 172.16.0.9", "169.254.169.254", "::1", "fe80::1%eth0", "0.0.0.0:8080", "fd00::12:3", "10.0.0.0/8", "nameserver 8.8.8.8", "52.94.0.0/16 is allowed",
        "db.rung.internal:5432", "git@github.com:org/repo.git", "postgres@db.internal", "root@web-1.example.com's channel", "ssh deploy@build.internal", "MAC 02:42:ac:11:00:02", "postgresql://rung@db.internal.example:5432/rung",
        "https://ghcr.io:443/org/img", "getty@tty1.service", "reader@project.iam.gserviceaccount.com", "http://localhost:4200/runs/flow-run/{uuid}", "tcp://0.0.0.0:2375", "[::]:443",
    ],
    "versions": [
        "version 1.2.3.4", "v10.4.2.1", "Chrome/120.0.6099.109", "openssl 3.0.13", "upgraded from 5.15.0.91 to 5.15.0.92", "package==2.3.4.5", "PostgreSQL 16.3 (Debian 16.3-1.pgdg120+1)", "Linux 6.8.0-45-generic", "nginx/1.25.3", "release 2026.1.2.3",
        "go1.22.5", "python 3.11.9", "kernel-5.10.0.1", "schema version 4.0.0.12",
    ],
    "stack traces": [
        'File "/usr/lib/python3.11/site-packages/sqlalchemy/engine/base.py", line 1967, in _exec_single_context', "at com.example.TokenService.refresh(TokenService.java:142)", "TypeError: 'NoneType' object is not subscriptable",
        'psycopg.OperationalError: connection failed: FATAL:  password authentication failed for user "rung"', "goroutine 17 [running]:\nmain.(*Server).handle(0xc0000b6000, 0x1)", "KeyError: 'token'", "ValueError: invalid literal for int() with base 10: 'abc'",
        "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the GetObject operation: Access Denied", "Traceback (most recent call last):", "raise SecretNotFound(name)", "ModuleNotFoundError: No module named 'keyring'", "thread 'main' panicked at src/auth.rs:88:13",
        "Caused by: java.net.ConnectException: Connection refused (Connection refused)", "    at Object.<anonymous> (/app/dist/auth/token.js:12:9)", "0x00007f8a1c2b3d4e in __libc_start_main ()",
    ],
    "SQL": [
        "SELECT id, password_hash FROM users WHERE id = $1", "UPDATE sessions SET token = $1 WHERE id = $2", "idle in transaction", "SELECT count(*) FROM payments WHERE card_token IS NOT NULL", "password_encryption = scram-sha-256", "LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE",
        'duplicate key value violates unique constraint "users_email_key"', "Key (id)=(4711) already exists.", "pg_stat_activity where state = 'active'", "INSERT INTO api_keys (name, created_at) VALUES ($1, now())", "autovacuum: VACUUM public.session_events", "primary key (user_id, session_id)",
    ],
    "words about secrets": [
        "password: must be at least 12 characters", "token: expired", "the password was changed; token expired; secret rotated", "Rotate the token: it worked, and the symptom is gone.", "secret: not found", "basic authentication failed for role reader", "Bearer authentication required",
        "Password: required", "invalid token: unexpected end of input", "password is too short", "API key is missing", "secret worked", "The secret: nobody knows it.", "no credentials found in the environment", "token bucket: empty", "authorization: denied for role reader",
        "Rotate credentials: done", "password={{ db_password }}", "password=${DB_PASSWORD}", "token=$TOKEN", "secret: <redacted>", "password: ********", "api_key: null", "password=None", "token_type: Bearer", "expires_in token 3600", "cookie: not set",
        "Passwort: muss mindestens 12 Zeichen haben", "parola: trebuie să aibă cel puțin 12 caractere", "session: closed by the server", "pass: 46, fail: 0", "auth: ldap", "auth=none", "key: value", "pin: see the manual", "password policy: strict", "secret name: rung/db",
        "tokens: 1500", "prompt_tokens=812", "max_tokens: 4096", "next_token=page2", "password file: /etc/app/password.txt", "ssl_key_file=/etc/ssl/private/server.key", "token_count: 12", "secretKeyRef: name", "--password-stdin", "session token lifetime: 15 minutes",
        "PASS tests/test_auth.py", "--- PASS: TestLogin (0.02s)", "authentication: enabled", "Credentials: none", "secret rotation: every 30 days", "key=cache:1", "password change: ok",
    ],
    "metrics": [
        'http_requests_total{code="500"} 1234', "cpu 0.985", "p99=812.4ms p50=12.1ms", "10737418240 bytes of 17179869184", "pid 12345", "rows=48211 loops=1", "cost=0.00..35811.00", "heap 512 MiB of 1024 MiB", "node_cpu_seconds_total 1735689600.12", "error rate 4.7 % of 12,345",
        "latency 120 ms -> 480 ms", "1 234 567 890 requests", "queue depth 1234567", "disk 93.4% of 500 GB", "Mem: 16384256 8231232 412344", "load average: 0.42, 0.37, 0.31", "free 4111111111111112", "123,456,789 rows", "seq 0000000100000002000000A3",
    ],
    "Kubernetes names": [
        "api-7d9f8b6c5d-x2k4q", "pod/checkout-5c9d8b7f6-zzh8q restarted 4 times", "kube-system/coredns-76f75df574-4mkzq", "node ip-10-1-2-3.ec2.internal NotReady", "pvc-{uuid}", "configmap/app-config-k8fm2tgh5b", "secret/db-credentials mounted", "serviceaccount/token-reader",
        "deployment.apps/auth-service scaled", "ingress/keycloak", "namespace: session-store", "cronjob/rotate-keys-28934560", "Back-off restarting failed container app in pod worker-0_default({uuid})",
    ],
    "paths and files": [
        "/home/ana/.ssh/known_hosts", "/var/lib/postgresql/16/main/base/16384", "s3://bucket/2026/01/02/part-00000-{uuid}-c000.snappy.parquet", "C:\\Users\\svc\\AppData\\Local\\Temp\\token.log", "/app/node_modules/@auth/core/index.js", "icon@2x.png", "src/secrets/manager.py:42", "logs/api/2026-01-02/host-12.log.gz",
        "/proc/12345/status", "ssh_host_key=/etc/ssh/ssh_host_ed25519_key", "../../config/credentials.yml", "/run/secrets/db_password", "target/release/deps/libtoken-{hex:16}.rlib", "main.{hex:8}.chunk.js", "site-packages/jwt/api_jwt.py",
    ],
    "prose": [
        "The pool is full: 97 of 100 connections are idle.", "Mulți utilizatori nu se pot autentifica.", "Die Verbindung wurde unterbrochen; bitte später erneut versuchen.", "Nobody could see whether the queue drains.", "Der Schlüssel liegt unter der Matte.", "Cheia problemei este coada de mesaje.", "Add a comma, then try again.",
        "It costs 12.99 EUR a month, 1,299.00 a year.", "Please call the API at most once a minute.", "Card payments fail since 14:00.", "Open the channel and pass the ball.", "Sesiunile inactive rămân deschise.", "Three of five checks pass; two fail.", "Talk to the owner of the service.", "L'erreur vient du serveur.",
        "Author: the platform team", "They keep a record: number of incidents by week", "Mail is delayed by ten minutes.", "Street lights are off", "a phone rings in an empty office", "name: checkout", "title: Database is out of connections", "owner: team-payments", "signed off by: platform", "This is a test; nothing happened.",
    ],
    "Base64 of ordinary words": ["aGVsbG8gd29ybGQsIHRoaXMgaXMgZmluZQ==", "body: VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcw==", "eyJhIjoxLCJiIjoyfQ==", "bm90aGluZyB0byBzZWUgaGVyZQ==", "data:text/plain;base64,aGVsbG8gd29ybGQ="],
    "configuration": [
        "max_connections = 100", "shared_buffers=128MB", "log_min_duration_statement: 250ms", "replicas: 3", "timeout=30s retries=3", "LOG_LEVEL=debug", "AWS_REGION=eu-west-1", "feature.flags=a,b,c", "ssl_mode: verify-full", "sslmode=require", "hash: sha256", "encoding=utf-8", "locale: de_DE.UTF-8",
        "public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{b62:43}", "compression=zstd:3", "keepalive=60", "monkey: banana", "keyboard: us", "turkey=yes", "passive=true", "tokenizer: cl100k_base", "compass: north", "author=platform", "pinned: true", "spinning=false", "mapping: 42", "opinion=none",
    ],
    "events": [
        "Scaled up replica set api-7d9f8b6c5d to 3", "Alarm rung-5xx: OK -> ALARM", "GET /api/v1/users/42 200 12ms", "POST /oauth/token 401", "DELETE /sessions/{uuid} 204", "user 4711 logged out", "deployed 2.14.0 ({hex:7})", "certificate expires in 12 days", "worker-3 lost its lease", "Finished in state Completed()",
        "Task run 'gather-{hex:3}' - Finished in state Completed()", "codeblue[412]: approval INC-20260102-7F3K waits", "kernel: Out of memory: Killed process 4711 (postgres)", "sshd[812]: Connection closed by 10.0.0.7 port 52144", 'level=info msg="request done" status=200 dur=12.4ms', "GET /reset-password 200", "HTTP/1.1 429 Too Many Requests",
        "LOG:  checkpoint complete: wrote 1234 buffers (7.5%)", "ERROR 1045 (28000): Access denied for user 'app'@'10.0.0.5' (using password: YES)", 'FATAL: too many connections for role "rung"',
    ],
    "code": [
        "def redact(token: str) -> str:", "if password is None: raise ValueError", "const { token } = req.body", "return self.secret", "token = get_token()", 'password = os.environ["DB_PASSWORD"]', "key = row['id']", "for key, value in items:", "import secrets", "async with session.get(url) as resp:", "auth = (user, password)",
        "assert token.kind == Kind.NAME", "let secret = config.secret;", "password: str = Field(min_length=12)", "interface Token { value: string }", "x = lambda key: key.lower()", "SELECT pg_terminate_backend(4711)", "@app.get('/token')", "kubectl get secret db -o yaml", "vault kv get secret/rung/db", "mysql -h db -P 3306 -u app", "docker run -p 8080:80 nginx", "ssh -p 2222 web-1", "curl -u $USER:$PASS https://x", "mkdir -p /var/lib/app", "grep -P '\\d+' file", "python -u worker.py",
    ],
}  # fmt: skip
