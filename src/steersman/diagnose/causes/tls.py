"""TLS was not agreed upon: which side is at fault, and with what."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

_LOOK = (
    "openssl s_client -connect HOST:PORT -servername HOST </dev/null | openssl x509 -noout -subject -issuer -dates "
    "-ext subjectAltName",
)
_TRUST = (
    "Mount the authority's certificate into the hook and name it (curl --cacert, sslrootcert=, SSL_CERT_FILE, "
    "NODE_EXTRA_CA_CERTS, REQUESTS_CA_BUNDLE). Do not turn verification off."
)

PLAIN = log_rule(
    "tls",
    (
        r"(?P<name>wrong version number|WRONG_VERSION_NUMBER|packet length too long|unknown protocol)",
        r"(?P<name>http: server gave HTTP response to HTTPS client|first record does not look like a TLS handshake)",
        r"(?P<name>An unexpected TLS packet was received|Unsupported or unrecognized SSL message|record overflow"
        r"|RECORD_LAYER_FAILURE)",
        r"(?P<name>server does not support SSL, but SSL was required|The server does not support SSL connections)",
        r"(?P<name>SSL is required(?:, but the server does not support it)?|server does not support TLS)",
    ),
    problem="The hook speaks TLS to a port that does not: {name}.",
    explanation="The server answers in plain text: the port is its unencrypted one, or TLS is ended by something "
    "else in front of it.",
    fix="Use http:// (or sslmode=disable, tls: false) for this port, or the server's TLS port (443, 8443 …), in the "
    "hook's values.",
    verify=_LOOK,
)
ENCRYPTED = log_rule(
    "tls",
    (
        r"(?P<name>Client sent an HTTP request to an HTTPS server|The plain HTTP request was sent to HTTPS port)",
        r"(?P<name>Received HTTP/0\.9 when not allowed)",
        r"(?P<name>connecting to a SSL listener\?)",
        r"(?P<name>no pg_hba\.conf entry for .*(?:no encryption|SSL off))",
        r"(?P<name>Connections using insecure transport are prohibited.*|SSL connection is required.*|no "
        r"encryption.*pg_hba\.conf rejects)",
    ),
    problem="The server wants TLS, and the hook speaks plain text to it: {name}.",
    explanation="The port is one that accepts encrypted connections only.",
    fix="Use https:// (or sslmode=require, tls: true) in the hook's values.",
    verify=_LOOK,
)
EXPIRED = log_rule(
    "tls",
    (
        r"(?P<name>certificate has expired(?: or is not yet valid)?(?:: current time \S+ is after \S+)?"
        r"|CERT_HAS_EXPIRED|certificate is expired)",
        r"(?P<name>certificate (?:is )?not (?:yet valid|activated)|NotAfter: .*|CertificateExpiredException.*)",
        r"(?P<name>invalid peer certificate: Expired|\bNotTimeValid\b|PKIX path validation failed: .*validity check failed)",
        r"(?P<name>The certificate of .* (?:has expired|is not yet activated))",
    ),
    problem="The server's certificate is expired (or not valid yet): {name}.",
    explanation="The certificate was not renewed in time, the server was not restarted after the renewal, or a clock is wrong.",
    fix="Renew the certificate (cert-manager: kubectl get certificate,certificaterequest) and let the server load it.",
    verify=_LOOK,
)
NAME = log_rule(
    "tls",
    (
        r"(?P<name>certificate subject name '.*' does not match target host name '.*')",
        r"(?P<name>no alternative certificate subject name matches.*)",
        r"(?P<name>[Hh]ostname mismatch.*|hostname '\S+' doesn't match .*|IP address mismatch.*)",
        r"(?P<name>server certificate for .* does not match host name.*)",
        r"x509: (?P<name>certificate is (?:valid for|not valid for) .*|cannot validate certificate for .*)",
        r"(?P<name>Hostname/IP does not match certificate's altnames.*|ERR_TLS_CERT_ALTNAME_INVALID)",
        r"(?P<name>No (?:subject alternative|name matching) .*found)",
        r"(?P<name>RemoteCertificateNameMismatch|invalid peer certificate: (?:NotValidForName|certificate not valid for name.*))",
        r"(?P<name>The certificate's owner does not match hostname .*)",
    ),
    problem="The server's certificate is for another host name: {name}.",
    explanation="The hook asks by a name (or an IP address) that the certificate does not list, for instance a "
    "short Service name.",
    fix="Ask by a name that the certificate is for, or have it issued for the Service's names too "
    "(SERVICE, SERVICE.NAMESPACE, SERVICE.NAMESPACE.svc, SERVICE.NAMESPACE.svc.cluster.local).",
    verify=_LOOK,
)
UNTRUSTED = log_rule(
    "tls",
    (
        r"(?P<name>self[- ]signed certificate(?: in certificate chain)?|DEPTH_ZERO_SELF_SIGNED_CERT)",
        r"(?P<name>unable to get (?:local )?issuer certificate|unable to verify the first certificate"
        r"|UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT\w*)|SELF_SIGNED_CERT_IN_CHAIN)",
        r"(?P<name>invalid peer certificate: (?:UnknownIssuer|BadSignature)|\bUntrustedRoot\b|\bPartialChain\b)",
        r"(?P<name>The certificate chain was issued by an authority that is not trusted)",
        r"(?P<name>RemoteCertificateChainErrors|server certificate verification failed\..*|Fatal - Unknown CA)",
        r"x509: (?P<name>certificate signed by unknown authority.*)",
        r"(?P<name>PKIX path building failed|unable to find valid certification path to requested target)",
        r"(?P<name>tlsv1 alert unknown ca|unknown ca\b|certificate unknown)",
        r"(?P<name>The certificate of '\S+' (?:is not trusted|doesn't have a known issuer)\.)",
        r"SSL certificate problem: (?P<name>.*)",
        r"(?P<name>certificate verify failed[^\n]*)",
        r"x509: (?P<name>.*)",
    ),
    problem="The hook does not trust the server's certificate: {name}.",
    explanation="It is signed by itself or by an authority that the hook's image does not know (a company's own, "
    "cert-manager's).",
    fix=_TRUST,
    verify=_LOOK,
)
FILES = log_rule(
    "tls",
    (
        r'(?P<name>root certificate file "[^"]+" does not exist)',
        r"(?P<name>error setting certificate (?:verify locations|file)[^\n]*)",
        r"(?P<name>could not load (?:root |client )?(?:certificate|private key) file .*|private key file \".*\" has "
        r"group or world access)",
        r"(?P<name>SSL support is not compiled in|SSL CA cert .*badfile.*)",
        r"(?P<name>Could not find a suitable TLS CA certificate bundle.*)",
        r"(?P<name>the trustAnchors parameter must be non-empty|[Kk]eystore (?:was tampered with, or )?password was incorrect)",
        r"(?P<name>error reading X\.509 key or certificate file: .*|tls: failed to find any PEM data in .*)",
    ),
    problem="The certificate or key that the hook is told to use cannot be used: {name}.",
    explanation="The file is not in the container: the Secret with it is not mounted there, or under another name; "
    "or its mode is too open.",
    fix="Mount the Secret in {path} where the option says (volumeMounts.mountPath, items), with defaultMode: 0400 for keys.",
    verify=_LOOK,
)
AGREEMENT = log_rule(
    "tls",
    (
        r"(?P<name>Received fatal alert: \w+|remote error: tls: .*|connection requires a valid client certificate)",
        r"(?P<name>tlsv1 alert.*|sslv3 alert.*|no protocols available|unsupported protocol|handshake failure|no "
        r"shared cipher|dh key too small)",
    ),
    problem="The two sides could not agree on TLS: {name}.",
    explanation="They have no version or cipher in common, or the server wants a client certificate that the hook "
    "does not show.",
    fix="Give the hook the client certificate that the server wants (curl --cert --key, sslcert= sslkey=), or an "
    "image with a TLS library of "
    "the same age as the server's.",
    verify=_LOOK,
)

find = latest_of(PLAIN, ENCRYPTED, EXPIRED, NAME, UNTRUSTED, FILES, AGREEMENT)
