"""Amazon SNS with a certificate of our own making, served by a stand-in for the network."""

import base64
import datetime as dt
import functools
import json
from typing import ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-6209c161c6221fdf56ec1eb5c821d112.pem"
CONFIRM = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37fb687f"
SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
FROM = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@functools.cache
def key(name="right", size=2048):
    return rsa.generate_private_key(public_exponent=65537, key_size=size)


def certificate(
    *, name="sns.amazonaws.com", signer=None, issuer=None, issuer_name=None, days=365, authority=False, start=FROM
):
    signer = signer or key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    by = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer_name or name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by)
        .public_key(signer.public_key())
        .serial_number(17)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(issuer or signer, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )


class Sender:
    options: ClassVar = {"topics": [TOPIC]}
    signs, expires, replayed = True, dt.timedelta(minutes=75), 409

    def __init__(self):
        self.asked = []
        self.network = {CERTIFICATE: certificate(), CONFIRM: b"<ConfirmSubscriptionResponse/>"}

    def prepare(self, home):
        pass

    async def fetch(self, url):
        self.asked.append(url)
        return self.network[url]

    def seal(self, payload, now, *, message="d5c0b1a2-3344-5566-7788-99aabbccddee", right=True, **fields):
        """The payload in a signed envelope; `fields` replace its fields before it is signed."""
        envelope = {
            "Type": "Notification",
            "MessageId": message,
            "TopicArn": TOPIC,
            "Subject": 'ALARM: "rung-prod-database-connections" in EU (Ireland)',
            "Message": payload.decode(),
            "Timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z",
            "SignatureVersion": "2",
            "SigningCertURL": CERTIFICATE,
            "UnsubscribeURL": f"https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={TOPIC}:1",
        } | fields
        envelope = {name: value for name, value in envelope.items() if value is not None}
        return self.sign(envelope, right=right), self.headers(envelope)

    def sign(self, envelope, *, right=True):
        names = SIGNED[envelope["Type"]]
        text = "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope)
        digest = hashes.SHA256() if envelope["SignatureVersion"] == "2" else hashes.SHA1()
        signature = (key() if right else key("wrong")).sign(text.encode(), padding.PKCS1v15(), digest)
        return json.dumps(envelope | {"Signature": base64.b64encode(signature).decode()}, indent=2).encode()

    def headers(self, envelope):
        return {
            "Content-Type": "text/plain; charset=UTF-8",
            "x-amz-sns-message-type": envelope["Type"],
            "x-amz-sns-message-id": envelope["MessageId"],
            "x-amz-sns-topic-arn": envelope["TopicArn"],
            "User-Agent": "Amazon Simple Notification Service Agent",
        }
