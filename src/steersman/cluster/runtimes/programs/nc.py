"""A stand-in for nc where the machine has none: `nc -z`, and a connection between standard input and a port."""

import argparse
import os
import socket
import sys
import threading


def main() -> int:
    parser = argparse.ArgumentParser(prog="nc", allow_abbrev=False)
    parser.add_argument("-z", action="store_true", dest="scan")
    parser.add_argument("-v", action="count", dest="verbose", default=0)
    parser.add_argument("-n", action="store_true", dest="numeric")
    parser.add_argument("-w", type=float, dest="timeout")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    args = parser.parse_args()
    try:
        connection = socket.create_connection((args.host, args.port), timeout=args.timeout)
    except OSError as error:
        if args.verbose:
            print(f"nc: {args.host} ({args.port}): {error}", file=sys.stderr)
        return 1
    if args.verbose:
        print(f"{args.host} ({args.port}) open", file=sys.stderr)
    if args.scan:
        return 0
    threading.Thread(target=send, args=(connection,), daemon=True).start()
    while data := connection.recv(65536):
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    return 0


def send(connection: socket.socket) -> None:
    while data := os.read(sys.stdin.fileno(), 65536):
        connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    sys.exit(main())
