"""A dump or archive that cannot be unpacked."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

find = latest_of(
    log_rule(
        "archive-damaged",
        (
            r"pg_restore: error: (?P<name>input file does not appear to be a valid archive.*|could not read from input file.*)",
            r"tar: (?P<name>This does not look like a tar archive|Unexpected EOF in archive|invalid tar magic|short read)",
            r"gzip: (?P<file>\S+): (?P<name>not in gzip format|unexpected end of file|invalid compressed data.*)",
            r"(?P<name>gunzip: invalid magic|gzip: invalid magic|tar: invalid magic|invalid gzip data)",
            r"(?P<name>End-of-central-directory signature not found|Not a gzipped file \([^)]*\)"
            r"|gzip: invalid header|zlib: invalid header)",
            r"(?P<name>File is not a zip file|EOFError: Compressed file ended before the end-of-stream marker was reached)",
            r"(?:xz|zstd|bzip2): (?P<file>\S+): (?P<name>(?:File format not|unsupported format|Compressed data"
            r"|Unexpected end).*)",
        ),
        problem="The file that the hook unpacks is not what it is taken for, or is cut off: {file} {name}",
        explanation="A download brought an error page or nothing instead of the file, the upload was broken off, or it is packed "
        "in another way than the command expects (zst, zip, plain).",
        fix="Look at the file (`ls -l`, `file`, `head -c 300`); let downloads fail on HTTP errors (curl -fSL), "
        "and unpack with the "
        "program that fits.",
    ),
    log_rule(
        "archive-damaged",
        (r"(?P<name>input file appears to be a text format dump\. Please use psql)",),
        problem="The dump is SQL text, which pg_restore does not read: {name}.",
        explanation="It was written by pg_dump without -Fc, -Ft or -Fd.",
        fix="Restore it with psql -v ON_ERROR_STOP=1 -f FILE, or dump with pg_dump -Fc.",
    ),
)
