"""A stand-in for redis-cli where the machine has none: commands as arguments or lines of standard input, and the options that
scripts use. Replies look as redis-cli's do: raw where standard output is no terminal, else with numbers and quotes.

The protocol is RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec/.
"""

import os
import shlex
import socket
import sys
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import TypeAlias, Union

USAGE = """Usage: redis-cli [OPTIONS] [cmd [arg [arg ...]]]
  -h <hostname> -p <port> -u <uri> -t <seconds>   the server
  -a <password> --user <name> --pass <password> --no-auth-warning   also $REDISCLI_AUTH
  -n <db> -r <repeat> -i <interval> -x -e         how a command is run
  --raw --no-raw                                  how a reply is shown
  --scan --pattern <pattern>                      all keys
  --eval <file> key ... , arg ...                 a Lua script"""
INSECURE = "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.\n"


class RedisError(str):
    """An error that the server replied."""


Reply: TypeAlias = Union[str, int, bytes, list["Reply"], None]  # noqa: UP007 (refers to itself)


@dataclass
class Options:
    """What the command line says. `stop_on_error` is -e, `value_from_stdin` is -x."""

    host: str = "127.0.0.1"
    port: int = 6379
    timeout: float | None = None
    user: str = ""
    password: str = field(default_factory=lambda: os.environ.get("REDISCLI_AUTH", ""))
    quiet: bool = False
    insecure: bool = False
    database: int = 0
    repeat: int = 1
    interval: float = 0.0
    raw: bool = field(default_factory=lambda: not sys.stdout.isatty())
    value_from_stdin: bool = False
    stop_on_error: bool = False
    scan: bool = False
    pattern: str = ""
    script: str = ""
    words: list[str] = field(default_factory=list)


def options(arguments: list[str]) -> Options:
    """The options end at the first word that is none: a command's own arguments may look like options."""
    found = Options()
    rest = list(arguments)
    texts = {"-h": "host", "--user": "user", "--pattern": "pattern", "--eval": "script"}
    numbers = {"-p": "port", "-n": "database", "-r": "repeat"}
    seconds = {"-i": "interval", "-t": "timeout"}
    flags = {
        "-x": "value_from_stdin",
        "-e": "stop_on_error",
        "--no-auth-warning": "quiet",
        "--scan": "scan",
        "--raw": "raw",
    }
    while rest and rest[0].startswith("-") and len(rest[0]) > 1:
        word = rest.pop(0)
        if word in flags:
            setattr(found, flags[word], True)
        elif word == "--no-raw":
            found.raw = False
        elif word in ("-2", "-3", "-c", "--verbose"):
            pass
        elif word in ("-v", "--version"):
            print("redis-cli 7.2.4 (stand-in)")
            raise SystemExit(0)
        elif word == "--help":
            print(USAGE)
            raise SystemExit(0)
        elif not rest:
            raise SystemExit(f"Unrecognized option or bad number of args for: '{word}'")
        elif word in texts:
            setattr(found, texts[word], rest.pop(0))
        elif word in numbers:
            setattr(found, numbers[word], int(rest.pop(0)))
        elif word in seconds:
            setattr(found, seconds[word], float(rest.pop(0)))
        elif word in ("-a", "--pass"):
            found.password, found.insecure = rest.pop(0), True
        elif word == "-u":
            read_address(rest.pop(0), found)
        else:
            raise SystemExit(f"Unrecognized option or bad number of args for: '{word}'")
    found.words = rest
    return found


def read_address(uri: str, found: Options) -> None:
    parts = urllib.parse.urlsplit(uri)
    if parts.scheme != "redis":
        raise SystemExit("Invalid URI scheme")
    found.host, found.port = parts.hostname or found.host, parts.port or found.port
    if parts.password:
        found.user, found.password = urllib.parse.unquote(parts.username or ""), urllib.parse.unquote(parts.password)
        found.insecure = True
    if parts.path.strip("/"):
        found.database = int(parts.path.strip("/"))


class Connection:
    """One connection; `ask` sends a command and reads its reply."""

    def __init__(self, wanted: Options) -> None:
        self.where = f"{wanted.host}:{wanted.port}"
        try:
            self._socket = socket.create_connection((wanted.host, wanted.port), timeout=wanted.timeout)
        except OSError as error:
            raise SystemExit(f"Could not connect to Redis at {self.where}: {error.strerror or error}") from None
        self._socket.settimeout(None)
        self._input = self._socket.makefile("rb")

    def ask(self, words: list[str | bytes]) -> Reply:
        parts = [word if isinstance(word, bytes) else os.fsencode(word) for word in words]
        sent = b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        try:
            self._socket.sendall(sent)
            return self._reply()
        except (OSError, EOFError):
            raise SystemExit("Error: Server closed the connection") from None

    def _reply(self) -> Reply:
        line = self._input.readline()
        if not line:
            raise EOFError
        kind, text = line[:1], line[1:-2]
        if kind == b"+":
            return text.decode("utf-8", "surrogateescape")
        if kind == b"-":
            return RedisError(text.decode("utf-8", "surrogateescape"))
        if kind == b":":
            return int(text)
        size = int(text)
        if size < 0:
            return None
        if kind == b"$":
            return self._input.read(size + 2)[:-2]
        return [self._reply() for _ in range(size)]


def raw(reply: Reply) -> bytes:
    """A reply for a program to read."""
    if reply is None:
        return b""
    if isinstance(reply, list):
        return b"\n".join(raw(each) for each in reply)
    if isinstance(reply, RedisError):
        return os.fsencode(reply) + b"\n"
    return reply if isinstance(reply, bytes) else str(reply).encode("utf-8", "surrogateescape")


def shown(reply: Reply, indent: str = "") -> str:
    """A reply for a person to read."""
    if reply is None:
        return "(nil)"
    if isinstance(reply, RedisError):
        return f"(error) {reply}"
    if isinstance(reply, int):
        return f"(integer) {reply}"
    if isinstance(reply, bytes):
        return f'"{quoted(reply)}"'
    if isinstance(reply, str):
        return reply
    if not reply:
        return "(empty array)"
    width = len(str(len(reply)))
    lines = []
    for number, each in enumerate(reply, 1):
        head = f"{number:>{width}}) "
        lines.append((indent if number > 1 else "") + head + shown(each, indent + " " * len(head)))
    return "\n".join(lines)


def quoted(data: bytes) -> str:
    known = {0x22: '\\"', 0x5C: "\\\\", 0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x07: "\\a", 0x08: "\\b"}
    return "".join(known.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in data)


def show(reply: Reply, wanted: Options) -> bool:
    """Print a reply; False if it is an error that ends the run (-e)."""
    if isinstance(reply, RedisError) and wanted.stop_on_error:
        print(reply, file=sys.stderr)
        return False
    sys.stdout.buffer.write((raw(reply) if wanted.raw else shown(reply).encode("utf-8", "surrogateescape")) + b"\n")
    sys.stdout.buffer.flush()
    return True


def prepare(connection: Connection, wanted: Options) -> None:
    if wanted.insecure and not wanted.quiet:
        sys.stderr.write(INSECURE)
    if wanted.password:
        reply = connection.ask(["AUTH", *([wanted.user] if wanted.user else []), wanted.password])
        if isinstance(reply, RedisError):
            print(f"AUTH failed: {reply}", file=sys.stderr)
    if wanted.database:
        reply = connection.ask(["SELECT", str(wanted.database)])
        if isinstance(reply, RedisError):
            print(f"SELECT {wanted.database} failed: {reply}", file=sys.stderr)


def scan(connection: Connection, wanted: Options) -> int:
    cursor = b"0"
    while True:
        match connection.ask(["SCAN", cursor, *(["MATCH", wanted.pattern] if wanted.pattern else [])]):
            case [bytes() as cursor, [*keys]]:
                for key in keys:
                    show(key, wanted)
            case other:
                show(other, wanted)
                return 1
        if cursor == b"0":
            return 0


def evaluated(wanted: Options) -> list[str | bytes]:
    """--eval FILE key … , arg …, as the command EVAL."""
    with open(wanted.script, "rb") as file:
        script = file.read()
    keys, values = wanted.words, []
    if "," in keys:
        comma = keys.index(",")
        keys, values = keys[:comma], keys[comma + 1 :]
    return ["EVAL", script, str(len(keys)), *keys, *values]


def commands(wanted: Options) -> list[list[str | bytes]]:
    if wanted.script:
        return [evaluated(wanted)]
    if wanted.words:
        last = [sys.stdin.buffer.read()] if wanted.value_from_stdin else []
        return [[*wanted.words, *last]]
    lines: list[list[str | bytes]] = []
    for line in sys.stdin:
        try:
            words: list[str | bytes] = [*shlex.split(line)]
        except ValueError:
            print("Invalid argument(s)")
            continue
        if words:
            lines.append(words)
    return lines


def main(arguments: list[str]) -> int:
    wanted = options(arguments)
    connection = Connection(wanted)
    prepare(connection, wanted)
    if wanted.scan:
        return scan(connection, wanted)
    todo = commands(wanted)
    count = 0
    while wanted.repeat < 0 or count < wanted.repeat:
        if count:
            time.sleep(wanted.interval)
        for words in todo:
            if str(words[0]).lower() in ("quit", "exit"):
                return 0
            if not show(connection.ask(words), wanted):
                return 1
        count += 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BrokenPipeError:
        sys.exit(1)
    except OSError as failure:
        sys.exit(str(failure))
