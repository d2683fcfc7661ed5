"""Looks at TLS endpoints: which certificate they show, and until when it is good."""

from __future__ import annotations

import socket
import ssl
from datetime import datetime, timedelta

from cryptography import x509

from journal import clock
from journal.wording import counted
from runbook import Facts, Permanent, Temporary, look

WITHIN = 5.0
"""Seconds for a connection and a handshake."""


class Certificate(Facts):
    """What an endpoint shows. `names` are those it is good for; times in UTC."""

    endpoint: str
    names: tuple[str, ...]
    not_after: datetime
    seen_at: datetime

    @property
    def left(self) -> timedelta:
        """How long it is still good; negative once it has expired."""
        return self.not_after - self.seen_at

    def __str__(self) -> str:
        days = self.left.days
        left = f"{counted(days, 'day')} left, until" if days >= 0 else "expired on"
        return f"the certificate of {self.endpoint}: {left} {self.not_after:%Y-%m-%d}"


@look("tls:connect", bound="one handshake")
def read_certificate(endpoint: str) -> Certificate:
    """The certificate of `host:port`. It is read unverified, because an expired one must be seen, too.

    Raises `Temporary` when the endpoint cannot be reached, `Permanent` when it speaks no TLS.
    """
    host, _, port = endpoint.rpartition(":")
    if not host or not port.isdigit():
        raise Permanent(f"{endpoint!r} is no endpoint; write it as host:port.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, int(port)), timeout=WITHIN) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            shown = secure.getpeercert(binary_form=True)
    except ssl.SSLError as error:
        raise Permanent(f"{endpoint} does not speak TLS as we do ({error.reason}).") from error
    except OSError as error:
        raise Temporary(
            f"{endpoint} cannot be reached ({type(error).__name__}); check the name and the way there."
        ) from error
    if shown is None:
        raise Permanent(f"{endpoint} shows no certificate.")
    parsed = x509.load_der_x509_certificate(shown)
    return Certificate(
        endpoint=endpoint, names=_names(parsed), not_after=parsed.not_valid_after_utc, seen_at=clock.now()
    )


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(found.get_values_for_type(x509.DNSName))
