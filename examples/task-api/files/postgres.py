"""One query to PostgreSQL over its wire protocol (version 3, simple query, SCRAM-SHA-256), with Python's own library only.

Source: the PostgreSQL documentation, "Frontend/Backend Protocol"; RFC 5802 and RFC 7677 for SCRAM.
"""

import base64
import hashlib
import hmac
import os
import secrets
import socket
import struct
from typing import BinaryIO


def query(sql: str) -> list[list[str | None]]:
    """Run `sql` as PGUSER on PGHOST and return its rows as text. Raises RuntimeError with the server's message, OSError."""
    address = (os.environ["PGHOST"], int(os.environ.get("PGPORT", "5432")))
    with socket.create_connection(address, timeout=5) as connection, connection.makefile("rwb") as stream:
        user, database = os.environ["PGUSER"], os.environ["PGDATABASE"]
        hello = struct.pack("!I", 196608) + f"user\0{user}\0database\0{database}\0\0".encode()
        stream.write(struct.pack("!I", len(hello) + 4) + hello)
        log_in(stream, os.environ.get("PGPASSWORD", ""))
        send(stream, b"Q", sql.encode() + b"\0")
        rows = []
        while True:
            kind, body = receive(stream)
            if kind == b"D":
                rows.append(row(body))
            elif kind == b"Z":
                return rows


def log_in(stream: BinaryIO, password: str) -> None:
    nonce = base64.b64encode(secrets.token_bytes(18)).decode()
    first = f"n=,r={nonce}"
    server_first = ""
    while True:
        kind, body = receive(stream)
        if kind == b"Z":  # ready for a query
            return
        if kind != b"R":
            continue
        step = struct.unpack("!I", body[:4])[0]
        if step == 3:
            send(stream, b"p", password.encode() + b"\0")
        elif step == 10:
            message = ("n,," + first).encode()
            send(stream, b"p", b"SCRAM-SHA-256\0" + struct.pack("!I", len(message)) + message)
        elif step == 11:
            server_first = body[4:].decode()
            send(stream, b"p", scram_proof(password, first, server_first))


def scram_proof(password: str, first: str, server_first: str) -> bytes:
    fields = dict(part.split("=", 1) for part in server_first.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(fields["s"]), int(fields["i"]))
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    final = f"c=biws,r={fields['r']}"
    signature = hmac.digest(hashlib.sha256(client_key).digest(), f"{first},{server_first},{final}".encode(), "sha256")
    proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
    return f"{final},p={base64.b64encode(proof).decode()}".encode()


def send(stream: BinaryIO, kind: bytes, body: bytes) -> None:
    stream.write(kind + struct.pack("!I", len(body) + 4) + body)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[bytes, bytes]:
    stream.flush()
    head = stream.read(5)
    if len(head) < 5:
        raise ConnectionError("PostgreSQL closed the connection")
    body = stream.read(struct.unpack("!I", head[1:])[0] - 4)
    if head[:1] == b"E":
        message = next((part[1:] for part in body.split(b"\0") if part[:1] == b"M"), b"unknown error")
        raise RuntimeError(message.decode())
    return head[:1], body


def row(body: bytes) -> list[str | None]:
    values: list[str | None] = []
    position = 2
    for _ in range(struct.unpack("!H", body[:2])[0]):
        (size,) = struct.unpack("!i", body[position : position + 4])
        position += 4
        values.append(None if size < 0 else body[position : position + size].decode())
        position += max(size, 0)
    return values
