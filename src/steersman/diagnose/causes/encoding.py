"""Text in another encoding than the reader expects (SQLSTATE 22021, 22P05)."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "encoding",
    (
        r'(?P<name>invalid byte sequence for encoding "[^"]+": .*)',
        r"(?P<name>character with byte sequence .* has no equivalent in encoding .*)",
        r"(?P<name>Unicode(?:De|En)codeError: .*)",
        r"(?P<name>Incorrect string value: .*)",
        r"(?P<name>encoding \"[^\"]+\" does not match locale \"[^\"]+\")",
        r"(?P<name>invalid byte sequence in UTF-8|incompatible character encodings.*)",
    ),
    sqlstates=("22021", "22P05"),
    mysql=(1366,),
    problem="Text is not in the encoding that is expected: {name}",
    explanation="A file or dump is in another encoding (Latin-1, Windows-1252, UTF-16), the database's is not "
    "UTF-8, or the container's "
    "locale is C/POSIX.",
    fix="Convert the file to UTF-8 (iconv), set PGCLIENTENCODING or the connection's charset (utf8mb4), or set "
    "LANG=C.UTF-8 in `env`.",
)
