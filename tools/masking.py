"""What may differ between a rendering of steer's and helm's: what differs between two renderings of helm's own, and no more.

Random passwords, fresh keys and certificates, the checksums over them, the time and the order of Go's maps change from run to
run. A place in ours may hold something else than helm's only where helm's own runs differ, and only something of the kind that
stands there: a certificate for the same names, a key of the same size, a token of the same length and alphabet.

An encoded key or certificate has no fixed length (a serial number takes 15 or 16 bytes, an RSA key's numbers drop their leading
zeros), so those that change are first replaced by a description of what is in them: what is then compared holds their kind,
names, sizes, terms of validity and layout, and no random byte.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import re
from collections.abc import Iterator, Sequence

# From general to special: the widest alphabet that holds all of helm's tokens must hold ours, and so must each narrower one.
_ALPHABETS = ("[A-Za-z0-9]+", "[a-z0-9]+", "[a-z]+", "[0-9a-f]+", "[0-9]+")

# Too few characters to learn an alphabet from six samples: `a` to `f` six times in a row happens to a short lower-case word.
_TELLING = 24

_TOKEN = re.compile(r"[A-Za-z0-9+/=_.-]+|[^A-Za-z0-9+/=_.-]")
_DOCUMENT = re.compile(r"^---\n(?=# Source: )", re.MULTILINE)
_PEM = re.compile(
    r"-----BEGIN (?P<kind>[A-Z0-9 ]+)-----(?P<body>(?:\\r|\\n|[A-Za-z0-9+/=\s])+?)-----END (?P=kind)-----"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{100,}={0,2}")
_ARMOUR = b"-----BEGIN "
_MOST_WRAPPINGS = 4


def first_difference(ours: str, theirs: Sequence[str]) -> str:
    """The first line that no run of helm explains; "" if all is explained by helm's own changes from run to run."""
    if ours in theirs:
        return ""
    if len(set(theirs)) > 1:
        ours, *theirs = _described([ours, *theirs])
        if ours in theirs:
            return ""
        if len({_sorted_documents(text) for text in theirs}) == 1 and len(set(theirs)) > 1:
            # only the order of documents changes
            ours, theirs = _sorted_documents(ours), [_sorted_documents(theirs[0])]
            return "" if ours == theirs[0] else show(ours, theirs[0])
    if len(set(theirs)) == 1:
        return show(ours, theirs[0])
    lines = [text.split("\n") for text in theirs]
    mine = ours.split("\n")
    if all(len(each) == len(mine) for each in lines):
        for number, line in enumerate(mine):
            versions = [each[number] for each in lines]
            if not explained(line, versions):
                return f"line {number + 1}\nhelm:  {versions[0]}\nsteer: {line}"
        return ""
    return _missing_stable_line(mine, lines)


def show(ours: str, theirs: str) -> str:
    """The first differing line of two texts, with the file and the lines before it."""
    mine, his = ours.split("\n"), theirs.split("\n")
    number = next((n for n, (a, b) in enumerate(zip(mine, his, strict=False)) if a != b), min(len(mine), len(his)))
    source = next((line for line in reversed(his[:number]) if line.startswith("# Source:")), "")
    context = his[max(0, number - 2) : number]
    return "\n".join(
        [
            f"line {number + 1} {source}",
            *(f"       {line}" for line in context),
            f"helm:  {his[number] if number < len(his) else '<end>'}",
            f"steer: {mine[number] if number < len(mine) else '<end>'}",
        ]
    )


def explained(line: str, versions: Sequence[str]) -> bool:
    """Whether the line is one of helm's, or differs from them only in the tokens in which they differ."""
    if line in versions:
        return True
    if len(set(versions)) == 1:
        return False
    tokens = [_TOKEN.findall(version) for version in versions]
    mine = _TOKEN.findall(line)
    if len({len(each) for each in tokens}) == 1:
        if len(mine) != len(tokens[0]):
            return False
        return all(token in column or _alike(token, column) for token, *column in zip(mine, *tokens, strict=True))
    # random punctuation, or texts of another length: what all of helm's lines begin and end with, ours does too
    start = _common_start(versions)
    end = _common_start([version[len(start) :][::-1] for version in versions])[::-1]
    return line.startswith(start) and line[len(start) :].endswith(end)


def _common_start(texts: Sequence[str]) -> str:
    shortest = min(texts, key=len)
    length = next((n for n, sign in enumerate(shortest) if any(text[n] != sign for text in texts)), len(shortest))
    return shortest[:length]


def _alike(token: str, column: Sequence[str]) -> bool:
    """Whether a token could stand in helm's changing place: of their alphabet, and of their length if that stays.

    A number may have a digit more or less than any of helm's: 7 of `randInt 0 100` comes after six of two digits.
    """
    if len(set(column)) == 1:
        return False
    numbers = all(each.isdecimal() for each in column)
    lengths = {len(each) for each in column}
    if numbers:
        return token.isdecimal() and min(lengths) - 1 <= len(token) <= max(lengths) + 1
    if len(lengths) == 1 and len(token) not in lengths:
        return False
    seen = sum(map(len, column))
    narrowest = len(_ALPHABETS) if seen >= _TELLING else 1
    return all(
        re.fullmatch(alphabet, token)
        for alphabet in _ALPHABETS[:narrowest]
        if all(re.fullmatch(alphabet, each) for each in column)
    )


def _missing_stable_line(mine: list[str], lines: list[list[str]]) -> str:
    """Where runs have different numbers of lines: the lines common to all of helm's must come in ours, in their order."""
    stable = lines[0]
    for other in lines[1:]:
        blocks = difflib.SequenceMatcher(None, stable, other, autojunk=False).get_matching_blocks()
        stable = [line for block in blocks for line in stable[block.a : block.a + block.size]]
    rest: Iterator[str] = iter(mine)
    for line in stable:
        if not any(line == candidate for candidate in rest):
            return f"helm's line is missing or out of order:\nhelm:  {line}"
    return ""


def _sorted_documents(text: str) -> str:
    return "---\n".join(sorted(_DOCUMENT.split(text)))


# --- keys and certificates ----------------------------------------------------------------------------------------


def _described(texts: Sequence[str]) -> list[str]:
    """The texts, ours first, with keys and certificates described; those that all of helm's runs share are left alone."""
    armoured = [set(_armoured(text)) for text in texts[1:]]
    stable = set.intersection(*armoured)
    return [_describe(text, stable) for text in texts]


def _armoured(text: str) -> Iterator[str]:
    """The PEM blocks of a text and its encoded tokens that have PEM inside, as they stand there."""
    yield from (found.group() for found in _PEM.finditer(text))
    yield from (token for token in _BASE64.findall(text) if _unwrapped(token)[1])


def _unwrapped(token: str) -> tuple[str, int]:
    """The PEM inside of base64, and how often that was applied; ("", 0) if there is none."""
    data = token.encode()
    for times in range(1, _MOST_WRAPPINGS + 1):
        try:
            data = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            break
        if _ARMOUR in data:
            return data.decode("utf-8", "replace"), times
    return "", 0


def _describe(text: str, stable: set[str]) -> str:
    def block(found: re.Match[str]) -> str:
        return found.group() if found.group() in stable else _contents(found["kind"], found["body"])

    def token(found: re.Match[str]) -> str:
        inside, times = _unwrapped(found.group())
        if not times or found.group() in stable:
            return found.group()
        return f"base64 x {times} ({_describe(inside, stable)!r})"

    return _BASE64.sub(token, _PEM.sub(block, text))


def _contents(kind: str, body: str) -> str:
    """One PEM block: its layout and what is in it."""
    lines = re.split(r"\\r\\n|\\n|\r?\n", body)
    indents = sorted({len(line) - len(line.lstrip()) for line in lines[1:]})
    widths = sorted({len(line.strip()) for line in lines[1:-2]})
    try:
        inside = _inside(kind, base64.b64decode("".join(line.strip() for line in lines), validate=True))
    except ValueError as cause:
        inside = f"unreadable: {cause}"
    return f"<{kind}, indented {indents}, {widths} wide, {inside}>"


def _inside(kind: str, data: bytes) -> str:
    """What a key or certificate says that is not random. Raises ValueError."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

    if kind == "CERTIFICATE":
        return _certificate(x509.load_der_x509_certificate(data))
    if kind == "CERTIFICATE REQUEST":
        return x509.load_der_x509_csr(data).subject.rfc4514_string()
    if kind.endswith("PRIVATE KEY"):
        return _key(load_der_private_key(data, password=None))
    if kind.endswith("PUBLIC KEY"):
        return _key(load_der_public_key(data))
    return f"{len(data)} bytes"


def _certificate(certificate: object) -> str:
    from cryptography import x509

    assert isinstance(certificate, x509.Certificate)
    term = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    subject, issuer = certificate.subject, certificate.issuer
    random = (x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier)
    extensions = [
        f"{each.oid.dotted_string}{'!' if each.critical else ''}="
        + (type(each.value).__name__ if isinstance(each.value, random) else each.value.public_bytes().hex())
        for each in certificate.extensions
    ]
    algorithm = certificate.signature_algorithm_oid.dotted_string
    # to the byte, for the kinds of string in them count as well
    names = " by ".join(f"{name.rfc4514_string()} ({name.public_bytes().hex()})" for name in (subject, issuer))
    return (
        f"{certificate.version} {names}, {term}, {algorithm}, {_key(certificate.public_key())}, {', '.join(extensions)}"
    )


def _key(key: object) -> str:
    curve = getattr(getattr(key, "curve", None), "name", "")
    return f"{type(key).__name__.strip('_')} {curve or getattr(key, 'key_size', '')}".strip()
