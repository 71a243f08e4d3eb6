"""The server answered and did not accept who asked."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.diagnosis import Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.log_rule import latest_of, log_rule

SQL = log_rule(
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
        r"password must be a string",
        r"Login failed for user '(?P<user>[^']*)'",
        r"DB::Exception: (?P<user>\S+): Authentication failed",
        r"Authentication failed against database server",
        r"Authentication failed\.?$|authentication failed$",
    ),
    sqlstates=("28P01", "28000"),
    mysql=(1045, 1698),
    oracle=(1017, 1005, 28000, 28001),
    mssql=(18456,),
    clickhouse=(192, 193, 194, 516),
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
STORE = log_rule(
    "authentication-failed",
    (
        r"ACCESS_REFUSED - Login was refused",
        r"ProbableAuthenticationError",
        r"(?i)\bbad auth\b ?: authentication failed|SCRAM-SHA-\d+ authentication failed|command \w+ requires authentication",
        r"SaslAuthenticationException|SASL authentication (?:failed|error)|SASL_AUTHENTICATION_FAILED",
        r"missing authentication (?:credentials|token) for REST request|unable to authenticate user \[(?P<user>[^\]]+)\]",
        r"AuthenticationFailed: .*Bad credentials|Provided username (?P<user>\S+) and/or password are incorrect",
        r"Remote end requires authentication|AuthenticationException: Authentication error on (?:node|host)",
        r"'?Authorization Violation'?|nats: authentication (?:error|expired|revoked)",
        r"etcdserver: (?:authentication failed, invalid user ID or password|user name is empty|invalid auth token)",
        r"ldap_s?asl_bind.*: Invalid credentials|ldap_bind: Invalid credentials|LDAPInvalidCredentialsResult|LDAP: error code 49",
        r"SMTPAuthenticationError|\b535[ -]5\.7\.8\b",
        r"MongoSecurityException|\(AuthenticationFailed\): 'Authentication failed",
        r"rpc error: code = Unauthenticated desc = ",
        r"rpc error: .*\bACL not found\b|\(ACL not found\)",
    ),
    problem="The server is reachable, but does not accept the credentials of the hook{user}.",
    explanation="User, password or token of the hook are not those that the server knows: a Secret that was changed after the "
    "server's data was made, a wrong key, another mechanism (SASL, authSource), or none was passed on.",
    fix="Compare the Secret that the hook uses with the one that the server was set up with; see whether `env` in {path} names "
    "the right keys, and whether the program's own options name user and password at all.",
    verify=("steer get hooks {release}",),
)
GIT = log_rule(
    "authentication-failed",
    (
        r"could not read (?:Username|Password) for '(?P<host>[^']+)': (?P<name>.*)",
        r"fatal: Authentication failed for '(?P<host>[^']+)'",
        r"npm (?:ERR!|error) code (?P<name>E401)|npm (?:ERR!|error) (?P<name2>need auth.*)",
    ),
    problem="{host} wants credentials, and the hook gave none or wrong ones. {name}{name2}",
    explanation="A Pod has nobody to type a password, and git's or npm's credentials of a workstation or a CI are not in it.",
    fix="Give the hook a token from a Secret (https://TOKEN@HOST/… through a credential helper, GIT_ASKPASS, an .npmrc that is "
    "mounted), or a deploy key for ssh.",
    verify=("kubectl -n {namespace} get secrets",),
)
SSH = log_rule(
    "authentication-failed",
    (
        r"(?:^|: )Permission denied \((?P<name>publickey[^)]*|password[^)]*|keyboard-interactive[^)]*)\)",
        r"(?P<name>WARNING: UNPROTECTED PRIVATE KEY FILE!)|Load key \"(?P<file>[^\"]+)\": (?P<name2>.*)",
        r"SSHException: (?P<name>Authentication failed|No authentication methods available)",
    ),
    problem="The ssh server does not accept the hook's key: {name}{file} {name2}",
    explanation="No key was offered, it is not the one that the server knows, the user is another one, or the key's file is "
    "readable by all (a Secret's mode) and ssh does not use it, or lacks its last line end.",
    fix="Mount the private key from a Secret with defaultMode: 0400 in {path}, name it (ssh -i, GIT_SSH_COMMAND, IdentityFile), "
    "and enter its public half at the server.",
    verify=("kubectl -n {namespace} get secrets",),
)
REPOSITORY = log_rule(
    "authentication-failed",
    (r"Fatal: (?P<name>wrong password or no key found)",),
    problem="restic's password is not that of the repository: {name}.",
    explanation="RESTIC_PASSWORD (or its file) is another one than when the repository was made, or has a line end too many.",
    fix="Take the password from the Secret that `restic init` was run with; there is no way into a repository without it.",
)

_LATEST = latest_of(SQL, STORE, GIT, SSH, REPOSITORY)


def find(facts: Facts) -> Diagnosis | None:
    found = _LATEST(facts)
    # SQL Server says this also where the login is right and its database cannot be opened.
    if found is not None and any(
        "requested by the login" in line for line in facts.logs[max(found.line - 3, 0) : found.line]
    ):
        return None
    return found
