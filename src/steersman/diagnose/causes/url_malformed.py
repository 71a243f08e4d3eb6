"""A URL that is none."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "url-malformed",
    (
        r"curl: \(3\) (?P<name>.*)",
        r'curl: \(1\) (?P<name>Protocol "[^"]*" not supported.*)',
        r"(?P<name>(?:Invalid|Malformed) URL.*|MissingSchema.*|Invalid URL '[^']*'.*)",
        r"(?P<name>unsupported protocol scheme \S+)|(?P<name2>missing protocol scheme)",
        r"(?P<name>Could not parse SQLAlchemy URL from.*|invalid dsn.*|invalid port number.*|invalid integer value "
        r".* for connection option .*)",
        r"(?P<name>No suitable driver found for \S+)|Mongo(?:ParseError|URIError): (?P<name2>.*)",
        r"database driver: unknown driver (?P<name>\S+)",
        r"claims to not accept jdbcUrl, (?P<name>\S*)",
        r"P1013: (?P<name>.*)|(?P<name2>the URL must start with the protocol .*)|(?P<name3>Invalid endpoint: .*)",
        r"wget: (?P<name>not an http or ftp url.*)|(?P<name3>Unsupported scheme.*)",
    ),
    problem="The URL that the hook uses is not a URL: {name}{name2}{name3}",
    explanation="A value is empty, has a blank or line end in it, lacks its scheme (http://, postgresql://), or has "
    "characters in the "
    "password that a URL must have percent-encoded.",
    fix="Correct the value that the URL is made of; `steer get hooks` shows what came out. In a URL, encode @ as "
    "%40, / as %2F, : as %3A.",
    verify=("steer get hooks {release}",),
)
