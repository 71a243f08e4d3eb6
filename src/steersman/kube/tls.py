"""What TLS is given: whom to trust, the client's certificate, the server's name."""

from __future__ import annotations

import os
import ssl

from steersman.errors import ClusterUnreachable
from steersman.kube.network import reason_of
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from steersman.kube.config import Tls


def tls_context(tls: Tls, certificate: tuple[bytes, bytes]) -> ssl.SSLContext:
    """The TLS settings of a connection. System CAs are loaded only where the kubeconfig gives none: that takes 20 ms."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif tls.ca:
        try:
            context.load_verify_locations(cadata=tls.ca.decode("utf-8", "replace"))
        except (ssl.SSLError, ValueError) as error:
            raise _unusable("certificate-authority", error) from error
    else:
        context.load_default_certs()
    if all(certificate):
        try:
            _load_certificate(context, *certificate)
        except (ssl.SSLError, ValueError) as error:
            raise _unusable("client-certificate and client-key", error) from error
    return context


def _unusable(what: str, error: Exception) -> ClusterUnreachable:
    why = reason_of(error) if isinstance(error, ssl.SSLError) else str(error)
    if why == "key values mismatch":
        why = "they do not belong together"
    return ClusterUnreachable(
        f"cannot use the certificates of the kubeconfig: {what}: {why}",
        hint="Copy it anew from where the kubeconfig came from, or log in again.",
    )


def tls_name(server_name: str) -> Any:
    """A server's name as TLS is to be given it: in bytes, which `ssl` takes as they are. What comes as text it sends through the
    IDNA codec, even if it is ASCII, and importing that takes 5 ms."""
    return server_name.encode() if server_name.isascii() else server_name


def _load_certificate(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """OpenSSL's Python face reads certificates from files only: give it one in memory alone where the system can, else one
    that no other user can open and that goes at once."""
    pem = certificate + b"\n" + key
    if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):
        number = os.memfd_create("steersman")
        try:
            with os.fdopen(os.dup(number), "wb") as file:
                file.write(pem)
            context.load_cert_chain(f"/proc/self/fd/{number}")
        finally:
            os.close(number)
        return
    import tempfile

    with tempfile.NamedTemporaryFile(prefix="steersman-") as named:
        named.write(pem)
        named.flush()
        context.load_cert_chain(named.name)
