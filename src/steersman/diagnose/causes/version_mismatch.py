"""Two programs, or a program and its runtime, of versions that do not go together."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

SERVER = log_rule(
    "version-mismatch",
    (
        r"(?P<name>aborting because of server version mismatch)",
        r"(?P<name>server version: [\d.]+.*; pg_dump version: [\d.]+.*)",
        r"(?P<name>unsupported version \([\d.]+\) in file header)",
        r"(?P<name>Authentication plugin '\w+' cannot be loaded|Client does not support authentication protocol.*)",
        r"(?P<name>SCRAM authentication requires libpq version 10 or above|authentication method 10 not supported)",
        r"(?P<name>reports (?:maximum )?wire version \d+, but this version of .* requires .*)",
        r"(?P<name>UnsupportedProductError\b"
        r"|The client noticed that the server is not (?:a supported distribution of )?Elasticsearch.*)",
        r"(?P<name>(?:org\.apache\.kafka\.common\.errors\.)UnsupportedVersionException: .*)",
        r"(?P<name>ER_NOT_SUPPORTED_AUTH_MODE)|(?P<name2>The server requested authentication method unknown to the client.*)",
    ),
    problem="The client in the hook's image and the server are of versions that do not go together: {name}{name2}",
    explanation="The client is older than the server (or much newer) and does not speak its protocol, file "
    "format or way to log in.",
    fix="Use an image for the hook whose client is of the server's major version (postgres:16 for a PostgreSQL "
    "16, a current mysql "
    "client for caching_sha2_password).",
)
RUNTIME = log_rule(
    "version-mismatch",
    (
        r"(?P<name>has been compiled by a more recent version of the Java Runtime.*)|UnsupportedClassVersionError",
        r"java\.lang\.(?P<name>(?:NoSuchMethod|NoSuchField|AbstractMethod)Error: .*)",
        r"version [`'](?P<name>(?:GLIBC|GLIBCXX|CXXABI)_[\d.]+)' not found",
        r"(?P<name>You must install or update \.NET to run this application)",
        r"(?P<name>Your Composer dependencies require a PHP version .*|Your Ruby version is \S+, but your Gemfile specified \S+)",
        r"(?P<name>npm (?:ERR!|error) code EBADENGINE|The engine \"node\" is incompatible with this module.*"
        r"|ERR_PNPM_UNSUPPORTED_ENGINE.*)",
        r"(?P<name>requires a different Python: .*|Unsupported Terraform Core version)",
        r"was compiled against a different Node\.js version|(?P<name>NODE_MODULE_VERSION \d+)",
        r"(?P<name>Error relocating \S+: \S+: symbol not found)",
    ),
    problem="The program was built for another version of its runtime than the image has: {name}",
    explanation="Program and runtime (Java, .NET, Node, Python, PHP, Ruby, the C library) come from different images or builds.",
    fix="Use the image that the program was built for (the application's own), or build it for the version that is there.",
)

find = latest_of(SERVER, RUNTIME)
