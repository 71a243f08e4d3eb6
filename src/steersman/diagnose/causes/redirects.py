"""A server that sends the hook from one address to the next."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "too-many-redirects",
    (
        r"curl: \(47\)|Maximum \(\d+\) redirects followed|TooManyRedirects|\d+ redirections? exceeded|stopped after "
        r"\d+ redirects|too many redirections",
    ),
    problem="The server redirected the hook's request again and again.",
    explanation="http is redirected to https and back (a proxy in front that ends TLS), or a login page redirects to itself.",
    fix="Ask the address that the last redirect names, with the right scheme; set the proxy's X-Forwarded-Proto.",
)
