"""The envelope of Amazon SNS: its fields, the text it signs, the certificate that checks it. Used by `sns` only."""

from __future__ import annotations

import base64
import binascii
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal
from urllib.parse import SplitResult, parse_qs, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from pydantic import Field

from deployments.receiver.formats._reading import Vendor
from deployments.receiver.refusals import Refused, not_authentic

_HOST = re.compile(r"sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?", re.ASCII)
_NAME = re.compile(r"sns(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?", re.ASCII)
_NOT_AMAZON = "Only Amazon SNS may send here; check what posts to this address."
_KEPT_CERTIFICATES = 16
_ADDRESS_AT_MOST = 2000
_KEY_AT_LEAST = 2048
_KEPT_FOR = timedelta(hours=24)

Fetch = Callable[[str], Awaitable[bytes]]


class Envelope(Vendor):
    """What SNS posts. The names are Amazon's."""

    Type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]
    MessageId: str = Field(min_length=1, max_length=200)
    TopicArn: str = Field(min_length=1, max_length=400)
    Message: str
    Timestamp: str
    SignatureVersion: Literal["1", "2"]
    Signature: str
    SigningCertURL: str
    Subject: str | None = None
    Token: str | None = None
    SubscribeURL: str | None = None


def signed_text(envelope: Envelope) -> bytes:
    """The text that SNS signs: name and value on a line each, sorted by name, absent ones left out."""
    signed = {
        "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
        "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
        "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    }[envelope.Type]
    values = envelope.model_dump(include=set(signed), exclude_none=True)
    return "".join(f"{name}\n{values[name]}\n" for name in signed if name in values).encode()


def certificate_address(url: str) -> str:
    """`url`, if Amazon SNS keeps its signing certificates there. Raises Refused."""
    parts = _amazon(url)
    if parts is None or not parts.path.endswith(".pem") or parts.query:
        raise not_authentic("The delivery's SigningCertURL is not an address of Amazon SNS.", _NOT_AMAZON)
    return url


def confirmation_address(envelope: Envelope) -> str:
    """The SubscribeURL, if asking it confirms a subscription to this very topic and nothing else. Raises Refused."""
    url = envelope.SubscribeURL or ""
    asked = parse_qs(parts.query) if (parts := _amazon(url)) is not None else {}
    if asked.get("Action") != ["ConfirmSubscription"] or asked.get("TopicArn") != [envelope.TopicArn]:
        raise not_authentic("The delivery's SubscribeURL does not confirm its topic at Amazon SNS.", _NOT_AMAZON)
    return url


def _amazon(url: str) -> SplitResult | None:
    # Whatever splits URLs differently elsewhere must not find another host: printable ASCII, no backslash, no user.
    if not re.fullmatch(r"https://[!-\[\]-~]+", url, re.ASCII) or len(url) > _ADDRESS_AT_MOST:
        return None
    try:
        parts = urlsplit(url)
        good = parts.port in {None, 443} and parts.netloc.removesuffix(":443") == parts.hostname
    except ValueError:
        return None
    return parts if good and parts.hostname and _HOST.fullmatch(parts.hostname) else None


class Certificates:
    """SNS's signing certificates by address, fetched once a day, a handful kept."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._kept: OrderedDict[str, tuple[datetime, x509.Certificate]] = OrderedDict()

    async def check(self, envelope: Envelope, now: datetime) -> None:
        """Return if the envelope was signed by the key of the certificate it names. Raises Refused."""
        certificate = await self._get(certificate_address(envelope.SigningCertURL), now)
        key = _fit(certificate, now)
        digest = hashes.SHA256() if envelope.SignatureVersion == "2" else hashes.SHA1()  # noqa: S303  (SNS's version 1)
        try:
            signature = base64.b64decode(envelope.Signature, validate=True)
            key.verify(signature, signed_text(envelope), padding.PKCS1v15(), digest)
        except (binascii.Error, ValueError, InvalidSignature):
            raise not_authentic("The delivery's signature is wrong.", _NOT_AMAZON) from None

    async def _get(self, url: str, now: datetime) -> x509.Certificate:
        if (kept := self._kept.get(url)) is not None and now - kept[0] < _KEPT_FOR:
            return kept[1]
        try:
            pem = await self._fetch(url)
        except Exception as exc:  # whatever the network says: the sender should come again, and SNS does
            raise Refused(
                503, "Amazon's signing certificate could not be fetched.", "Send it again later.", retry_after=10
            ) from exc
        try:
            chain = x509.load_pem_x509_certificates(pem)
            for issued, issuer in pairwise(chain):
                issued.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            raise not_authentic("What SigningCertURL holds is not a certificate with its chain.", _NOT_AMAZON) from None
        self._kept[url] = now, chain[0]
        while len(self._kept) > _KEPT_CERTIFICATES:
            self._kept.popitem(last=False)
        return chain[0]


def _fit(certificate: x509.Certificate, now: datetime) -> rsa.RSAPublicKey:
    names = [str(name.value) for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if len(names) != 1 or not _NAME.fullmatch(names[0]):
        raise not_authentic("The signing certificate is not Amazon SNS's.", _NOT_AMAZON)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise not_authentic("The signing certificate is not valid at this time.", "Check this machine's clock.")
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _KEY_AT_LEAST:
        raise not_authentic("The signing certificate's key is not RSA of at least 2048 bits.", _NOT_AMAZON)
    if _is_authority(certificate):
        raise not_authentic("The signing certificate is an authority's, not a signer's.", _NOT_AMAZON)
    return key


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
