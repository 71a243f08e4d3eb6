"""TLS was not agreed upon."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "tls",
    (
        r"(?P<name>certificate verify failed[^\n]*)",
        r"SSL certificate problem: (?P<name>.*)",
        r"(?P<name>certificate has expired)",
        r"(?P<name>self[- ]signed certificate(?: in certificate chain)?)",
        r"(?P<name>certificate subject name '.*' does not match target host name '.*')",
        r"(?P<name>SSL support is not compiled in)",
        r"x509: (?P<name>.*)",
        r"(?P<name>no alternative certificate subject name matches.*)",
        r"server does not support SSL, but SSL was required",
        r"(?P<name>wrong version number|tlsv1 alert.*|sslv3 alert.*|unknown ca)",
        r"(?P<name>PKIX path building failed)",
        r"(?P<name>server certificate for .* does not match host name.*)",
        r'(?P<name>root certificate file "[^"]+" does not exist)',
        r"(?P<name>unable to get local issuer certificate|unable to verify the first certificate)",
    ),
    problem="The TLS connection was not accepted: {name}.",
    explanation=(
        "The server's certificate is not one that the hook trusts (own authority, expired, another host "
        "name), or only one of the two sides speaks TLS."
    ),
    fix=(
        "Mount the authority's certificate into the hook and name it (curl --cacert, sslrootcert=, "
        "SSL_CERT_FILE), use the host name that the certificate is for, or renew it. Do not turn verification"
        " off."
    ),
    verify=("openssl s_client -connect HOST:PORT -servername HOST </dev/null",),
)
