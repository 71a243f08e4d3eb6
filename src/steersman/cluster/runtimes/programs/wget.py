"""A stand-in for busybox' wget where the machine has none: GET or POST to a file, standard output or nowhere (--spider)."""

import argparse
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


def main() -> int:
    parser = argparse.ArgumentParser(prog="wget", allow_abbrev=False)
    parser.add_argument("-q", "--quiet", action="store_true")
    parser.add_argument("-S", "--server-response", action="store_true")
    parser.add_argument("-O", "--output-document")
    parser.add_argument("-T", "--timeout", type=float, default=900)
    parser.add_argument("-t", "--tries", type=int, default=1)
    parser.add_argument("-c", "--continue", dest="resume", action="store_true")
    parser.add_argument("-P", "--directory-prefix", default="")
    parser.add_argument("-Y", "--proxy")
    parser.add_argument("-o", "--output-file")
    parser.add_argument("--spider", action="store_true")
    parser.add_argument("--no-check-certificate", action="store_true")
    parser.add_argument("--header", action="append", default=[])
    parser.add_argument("--post-data")
    parser.add_argument("-U", "--user-agent", default="Wget")
    parser.add_argument("url")
    args = parser.parse_args(split_joined(sys.argv[1:]))
    url = args.url if "://" in args.url else f"http://{args.url}"
    host = urllib.parse.urlsplit(url).netloc
    for attempt in range(args.tries):
        try:
            return fetch(args, url)
        except urllib.error.HTTPError as error:
            print(f"wget: server returned error: HTTP/1.1 {error.code} {error.reason}", file=sys.stderr)
            return 1
        except (OSError, urllib.error.URLError) as error:
            reason = getattr(error, "reason", error)
            text = getattr(reason, "strerror", None) or str(reason)
            if attempt == args.tries - 1:
                print(f"wget: can't connect to remote host ({host}): {text}", file=sys.stderr)
                return 1
            time.sleep(1)
    return 1


def split_joined(arguments: list[str]) -> list[str]:
    """`-qO-` is `-q -O -`: argparse joins short options only when the last one's value is not an option's prefix."""
    result: list[str] = []
    for each in arguments:
        if each.startswith("-q") and not each.startswith("--") and len(each) > 2:
            result += ["-q", "-" + each[2:]]
        else:
            result.append(each)
    return [
        part for each in result for part in ((["-O", each[2:]]) if each.startswith("-O") and len(each) > 2 else [each])
    ]


def fetch(args: argparse.Namespace, url: str) -> int:
    headers = {"User-Agent": args.user_agent}
    for line in args.header:
        name, _, value = line.partition(":")
        headers[name.strip()] = value.strip()
    data = args.post_data.encode() if args.post_data is not None else None
    request = urllib.request.Request(url, data=data, headers=headers)
    if not args.quiet:
        print(f"Connecting to {urllib.parse.urlsplit(url).netloc}", file=sys.stderr)
    with urllib.request.urlopen(request, timeout=args.timeout) as response:
        if args.server_response:
            print(f"  HTTP/1.1 {response.status} {response.reason}\n{response.headers}", file=sys.stderr)
        if args.spider:
            return 0
        name = args.output_document or os.path.basename(urllib.parse.urlsplit(url).path) or "index.html"
        content = response.read()
        if name == "-":
            sys.stdout.buffer.write(content)
            sys.stdout.flush()
        else:
            with open(os.path.join(args.directory_prefix, name), "wb") as out:
                out.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
