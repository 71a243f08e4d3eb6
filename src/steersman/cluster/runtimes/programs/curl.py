"""A stand-in for curl where the machine has none: the options that scripts use, and curl's own exit codes.

Runs by itself with Python's own library only. Codes as in curl's manual: 2 usage, 3 URL, 6 no such host, 7 no connection,
22 HTTP error with --fail, 26 cannot read, 23 cannot write, 28 too slow, 35 and 60 TLS, 47 too many redirects, 52 no answer.
"""

import argparse
import base64
import http.client
import json
import socket
import ssl
import sys
import time
import urllib.parse
from typing import Any, BinaryIO, NoReturn

TRANSIENT = {408, 429, 500, 502, 503, 504}


class Failed(Exception):
    """A transfer that failed with one of curl's exit codes."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Options(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"curl: {message}\ncurl: try 'curl --help' for more information", file=sys.stderr)
        sys.exit(2)


def options() -> Options:
    parser = Options(prog="curl", add_help=False, allow_abbrev=False)
    flag = {"action": "store_true"}
    parser.add_argument("urls", nargs="*")
    parser.add_argument("--url", action="append", default=[])
    for short, long in (
        ("-f", "--fail"), ("-s", "--silent"), ("-S", "--show-error"), ("-k", "--insecure"), ("-L", "--location"),
        ("-i", "--include"), ("-I", "--head"), ("-v", "--verbose"), ("-G", "--get"), ("-O", "--remote-name"),
        ("-N", "--no-buffer"), ("-g", "--globoff"), ("-#", "--progress-bar"), ("-4", "--ipv4"), ("-6", "--ipv6"),
        ("-q", "--disable"), ("-n", "--netrc"), ("-V", "--version"),
    ):  # fmt: skip
        parser.add_argument(short, long, **flag)  # type: ignore[arg-type]
    for long in ("--fail-with-body", "--retry-connrefused", "--retry-all-errors", "--compressed", "--create-dirs",
                 "--http1.1", "--http2", "--no-progress-meter", "--no-keepalive", "--help", "--http1.0", "--fail-early"
                 ):  # fmt: skip
        parser.add_argument(long, **flag)  # type: ignore[arg-type]
    parser.add_argument("-X", "--request")
    parser.add_argument("-H", "--header", action="append", default=[])
    for names in (
        ["-d", "--data"],
        ["--data-raw"],
        ["--data-binary"],
        ["--data-ascii"],
        ["--data-urlencode"],
        ["--json"],
    ):
        parser.add_argument(*names, action=Data, dest="data", default=[])
    parser.add_argument("-T", "--upload-file")
    parser.add_argument("-o", "--output")
    parser.add_argument("-D", "--dump-header")
    parser.add_argument("-w", "--write-out", default="")
    parser.add_argument("-u", "--user")
    parser.add_argument("-A", "--user-agent", default="curl/8.0.0")
    parser.add_argument("-e", "--referer")
    parser.add_argument("-b", "--cookie")
    parser.add_argument("-c", "--cookie-jar")
    parser.add_argument("-x", "--proxy")
    parser.add_argument("-m", "--max-time", type=float)
    parser.add_argument("--connect-timeout", type=float)
    parser.add_argument("--retry", type=int, default=0)
    parser.add_argument("--retry-delay", type=float)
    parser.add_argument("--retry-max-time", type=float)
    parser.add_argument("--max-redirs", type=int, default=50)
    parser.add_argument("--cacert")
    parser.add_argument("-E", "--cert")
    parser.add_argument("--key")
    parser.add_argument("--oauth2-bearer")
    parser.add_argument("--resolve", action="append", default=[])
    parser.add_argument("--unix-socket")
    return parser


class Data(argparse.Action):
    """Every kind of --data, in the order given."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        kind = {"-d": "--data", "--data-ascii": "--data"}.get(option_string or "", option_string)
        namespace.data = [*namespace.data, (kind, values)]


def body_of(parts: list[tuple[str, str]]) -> bytes:
    pieces: list[bytes] = []
    for kind, text in parts:
        if kind == "--data-urlencode":
            name, equals, value = text.partition("=")
            quoted = urllib.parse.quote_plus(value if equals else text)
            pieces.append((f"{name}={quoted}" if equals and name else quoted).encode())
        elif text.startswith("@") and kind != "--data-raw":
            try:
                data = sys.stdin.buffer.read() if text == "@-" else open(text[1:], "rb").read()  # noqa: SIM115
            except OSError as error:
                raise Failed(26, f"Failed to open {text[1:]}: {error.strerror}") from error
            pieces.append(data if kind in ("--data-binary", "--json") else data.replace(b"\r", b"").replace(b"\n", b""))
        else:
            pieces.append(text.encode())
    return (b"" if parts and parts[0][0] == "--json" else b"&").join(pieces)


def headers_of(args: Any, body: bytes | None) -> dict[str, str]:
    headers = {"User-Agent": args.user_agent, "Accept": "*/*"}
    if body is not None and not args.upload_file:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        if any(kind == "--json" for kind, _ in args.data):
            headers |= {"Content-Type": "application/json", "Accept": "application/json"}
    if args.user:
        headers["Authorization"] = "Basic " + base64.b64encode(args.user.encode()).decode()
    if args.oauth2_bearer:
        headers["Authorization"] = f"Bearer {args.oauth2_bearer}"
    if args.referer:
        headers["Referer"] = args.referer
    if args.cookie:
        headers["Cookie"] = args.cookie
    for line in args.header:
        name, colon, value = line.partition(":")
        known = next((each for each in headers if each.lower() == name.strip().lower()), name.strip())
        if colon and not value.strip():
            headers.pop(known, None)
        elif colon:
            headers[known] = value.strip()
        elif line.endswith(";"):
            headers[line[:-1]] = ""
    return headers


def connect(args: Any, url: urllib.parse.SplitResult, timeout: float | None) -> http.client.HTTPConnection:
    host, port = url.hostname or "", url.port
    if url.scheme == "https":
        context = ssl.create_default_context(cafile=args.cacert)
        if args.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if args.cert:
            context.load_cert_chain(args.cert, args.key)
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
    return http.client.HTTPConnection(host, port, timeout=timeout)


def exchange(
    args: Any, address: str, method: str, body: bytes | None, deadline: float | None
) -> tuple[Any, str, float]:
    """One request and its response (not yet read), as (response, the address, seconds to connect)."""
    url = urllib.parse.urlsplit(address if "://" in address else f"http://{address}")
    if url.scheme not in ("http", "https"):
        raise Failed(1, f'Protocol "{url.scheme}" not supported')
    if not url.hostname:
        raise Failed(3, "URL using bad/illegal format or missing URL")
    port = url.port or (443 if url.scheme == "https" else 80)
    began = time.monotonic()
    limits = [each for each in (deadline and deadline - began, args.connect_timeout) if each is not None]
    limit = max(min(limits), 0.001) if limits else None
    connection = connect(args, url, limit)
    target = urllib.parse.urlunsplit(("", "", url.path or "/", url.query, ""))
    try:
        connection.connect()
        connected = time.monotonic() - began
        if connection.sock is not None:
            connection.sock.settimeout(max(deadline - time.monotonic(), 0.001) if deadline else None)
        connection.request(method, target, body, headers_of(args, body))
        return connection.getresponse(), url.geturl(), connected
    except socket.gaierror as error:
        raise Failed(6, f"Could not resolve host: {url.hostname}") from error
    except ssl.SSLCertVerificationError as error:
        raise Failed(60, f"SSL certificate problem: {error.verify_message}") from error
    except ssl.SSLError as error:
        raise Failed(35, f"TLS connect error: {error.reason}") from error
    except TimeoutError as error:
        waited = round((time.monotonic() - began) * 1000)
        raise Failed(28, f"Connection timed out after {waited} milliseconds") from error
    except http.client.RemoteDisconnected as error:
        raise Failed(52, "Empty reply from server") from error
    except (http.client.HTTPException, ConnectionResetError, BrokenPipeError) as error:
        raise Failed(56, f"Recv failure: {error}") from error
    except OSError as error:
        waited = round((time.monotonic() - began) * 1000)
        raise Failed(
            7, f"Failed to connect to {url.hostname} port {port} after {waited} ms: Could not connect to server"
        ) from error


def follow(args: Any, address: str, deadline: float | None) -> tuple[Any, dict[str, Any]]:
    body = body_of(args.data) if args.data else None
    if args.upload_file:
        try:
            body = sys.stdin.buffer.read() if args.upload_file == "-" else open(args.upload_file, "rb").read()  # noqa: SIM115
        except OSError as error:
            raise Failed(26, f"Failed to open {args.upload_file}") from error
    if args.get and body is not None:
        address, body = address + ("&" if "?" in address else "?") + body.decode(), None
    method = args.request or (
        "HEAD" if args.head else "PUT" if args.upload_file else "POST" if body is not None else "GET"
    )
    for redirects in range(args.max_redirs + 1):
        response, address, connected = exchange(args, address, method, body, deadline)
        location = response.getheader("Location")
        if not (args.location and location and response.status in (301, 302, 303, 307, 308)):
            return response, {"url_effective": address, "num_redirects": redirects, "time_connect": f"{connected:.6f}"}
        if args.include or args.head:
            write_head(response, sys.stdout.buffer)
        response.read()
        address = urllib.parse.urljoin(address, location)
        if response.status == 303 or (response.status in (301, 302) and method == "POST"):
            method, body = args.request or "GET", None
    raise Failed(47, f"Maximum ({args.max_redirs}) redirects followed")


def write_head(response: Any, out: BinaryIO) -> None:
    out.write(f"HTTP/1.1 {response.status} {response.reason}\r\n".encode())
    for name, value in response.getheaders():
        out.write(f"{name}: {value}\r\n".encode())
    out.write(b"\r\n")


def transfer(args: Any, address: str) -> int:
    """One URL; the exit code. Raises Failed."""
    began = time.monotonic()
    deadline = began + args.max_time if args.max_time else None
    response, facts = follow(args, address, deadline)
    failed = response.status >= 400 and (args.fail or args.fail_with_body)
    size = 0
    name = args.output or (
        urllib.parse.urlsplit(facts["url_effective"]).path.rpartition("/")[2] if args.remote_name else None
    )
    try:
        out = open(name, "wb") if name and name != "-" else sys.stdout.buffer  # noqa: SIM115
    except OSError as error:
        raise Failed(23, f"Failure writing output to destination: {error.strerror}") from error
    if args.dump_header:
        with open("/dev/stdout" if args.dump_header == "-" else args.dump_header, "wb") as head:
            write_head(response, head)
    if args.include or args.head:
        write_head(response, out)
    try:
        while not args.head and (data := response.read1(65536)):
            size += len(data)
            if not (failed and not args.fail_with_body):
                out.write(data)
                out.flush()
    except TimeoutError as error:
        waited = round((time.monotonic() - began) * 1000)
        raise Failed(28, f"Operation timed out after {waited} milliseconds with {size} bytes received") from error
    except http.client.IncompleteRead as error:
        raise Failed(18, "transfer closed with outstanding read data remaining") from error
    except OSError as error:
        raise Failed(56, f"Recv failure: {error.strerror}") from error
    finally:
        out.flush()
        if out is not sys.stdout.buffer:
            out.close()
    write_out(
        args.write_out, response, facts | {"size_download": size, "time_total": f"{time.monotonic() - began:.6f}"}
    )
    if failed:
        raise Failed(22, f"The requested URL returned error: {response.status}")
    return 0


def write_out(template: str, response: Any, facts: dict[str, Any]) -> None:
    if template.startswith("@"):
        with open(template[1:]) as file:
            template = file.read()
    facts |= {"http_code": f"{response.status:03d}", "response_code": f"{response.status:03d}", "method": "",
              "content_type": response.getheader("Content-Type") or "", "http_version": "1.1", "exitcode": 0}  # fmt: skip
    text = template.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r").replace("%{json}", json.dumps(facts))
    for name, value in facts.items():
        text = text.replace("%{" + name + "}", str(value))
    sys.stdout.write(text)
    sys.stdout.flush()


def retried(args: Any, address: str) -> int:
    delay, began = 1.0, time.monotonic()
    for attempt in range(args.retry + 1):
        try:
            return transfer(args, address)
        except Failed as error:
            again = error.code in (6, 28) or args.retry_all_errors or (error.code == 7 and args.retry_connrefused)
            again = again or (error.code == 22 and int(str(error).rsplit(" ", 1)[1]) in TRANSIENT)
            late = args.retry_max_time is not None and time.monotonic() - began > args.retry_max_time
            if attempt == args.retry or not again or late:
                raise
            wait = args.retry_delay if args.retry_delay is not None else delay
            if not args.silent:
                left = args.retry - attempt
                print(f"Warning: Problem: {error}. Will retry in {wait:g} s. {left} left.", file=sys.stderr)
            time.sleep(wait)
            delay = min(delay * 2, 600)
    return 0


def main() -> int:
    parser = options()
    args = parser.parse_args()
    if args.version or args.help:
        print("curl 8.0.0 (steersman's stand-in)" if args.version else parser.format_usage())
        return 0
    urls = [*args.urls, *args.url]
    if not urls:
        parser.error("(2) no URL specified")
    code = 0
    for url in urls:
        try:
            retried(args, url)
        except Failed as error:
            code = error.code
            if not args.silent or args.show_error:
                print(f"curl: ({error.code}) {error}", file=sys.stderr)
            if args.write_out and error.code != 22:
                sys.stdout.write(args.write_out.replace("%{http_code}", "000").replace("\\n", "\n"))
    return code


if __name__ == "__main__":
    sys.exit(main())
