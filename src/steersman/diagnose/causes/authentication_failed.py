"""The server answered and did not accept who asked."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "authentication-failed",
    (
        r'password authentication failed for user "(?P<user>[^"]+)"',
        r"fe_sendauth: no password supplied",
        r'FATAL:\s+role "(?P<user>[^"]+)" does not exist$',
        r'no pg_hba\.conf entry for host "(?P<host>[^"]+)", user "(?P<user>[^"]+)"',
        r"Access denied for user '(?P<user>[^']*)'@'[^']*' \(using password",
        r"pg_hba\.conf rejects connection for host \"(?P<host>[^\"]+)\", user \"(?P<user>[^\"]+)\"",
        r"client password must be a string|no password (?:was )?(?:supplied|provided)|The server requested (?:SCRAM|password)",
        r"\bWRONGPASS\b|\bNOAUTH\b|AUTH failed|invalid username-password pair",
        r"SASL authentication failed|password must be a string",
        r"Authentication failed against database server",
        r"Authentication failed\.?$|authentication failed$",
    ),
    sqlstates=("28P01", "28000"),
    mysql=(1045, 1698),
    problem="The server is reachable, but does not accept the credentials of user {user}.",
    explanation=(
        "User name or password of the hook are not those of the server: a Secret that was changed after the "
        "server's data was made, a wrong key, or a password that was never passed on."
    ),
    fix=(
        "Compare the Secret that the hook uses with the one that the server was set up with, and put the "
        "right user and password into the Secret (or set the role's password: ALTER ROLE … PASSWORD …). See "
        "also whether `env` names the right key."
    ),
    verify=(psql("select 1"),),
)
