"""Hook logs without the secrets that the hook was given."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from steersman.errors import ApiError
from steersman.kube.interface import Kubernetes, Object, ObjectRef
from steersman.lazy import TYPE_CHECKING
from steersman.record import record

if TYPE_CHECKING:
    from typing import Any

MASK = "***"
# Shorter values are everywhere by chance: masking every "on" and "1" would hide the log, not the secret.
SHORTEST = 4
SHORTEST_PLAIN = 8
_SECRET_NAME = re.compile(r"(pass(word|phrase|wd)?|secret|token|api_?key|private_?key|credentials?)$", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"://[^\s/@:]*:([^\s/@]+)@")


@record(frozen=True, slots=True)
class Redactor:
    """Masks every occurrence of a value, longest first, for one may contain another."""

    values: tuple[str, ...] = ()

    def __call__(self, line: str) -> str:
        for value in self.values:
            if value in line:
                line = line.replace(value, MASK)
        return line


async def redactor_for(kube: Kubernetes, obj: Object, namespace: str) -> Redactor:
    """For a hook's object: knows the values of all Secrets that its Pods use and that we may read, and what its own environment
    calls a password, token or the like.

    What a Secret holds beside those (a user's name, a database's) and the object itself says in the open is no secret.
    """
    values: set[str] = set(plain_secrets(obj))
    said = json.dumps(obj)
    for name in sorted(set(secrets_used(obj))):
        with suppress(ApiError):
            secret = await kube.get(ObjectRef("v1", "Secret", name, namespace))
            values |= {value for key, value in _values(secret) if _SECRET_NAME.search(key) or value not in said}
    return Redactor(tuple(sorted(values, key=len, reverse=True)))


def plain_secrets(obj: Object) -> Iterator[str]:
    """What variables whose names speak of a secret hold in plain text, and the passwords in URLs.

    A short one, or one that stands elsewhere in the environment too (a database, its user and its password all called the same),
    is left: masking it would hide the log.
    """
    containers = _containers(_pod_spec(obj))
    variables = [
        (str(each.get("name")), str(each.get("value") or "")) for c in containers for each in c.get("env") or []
    ]
    open_ones = " ".join(
        value for name, value in variables if not _SECRET_NAME.search(name) and not _URL_PASSWORD.search(value)
    )
    for name, value in variables:
        found = [value] if _SECRET_NAME.search(name) else _URL_PASSWORD.findall(value)
        yield from (each for each in found if len(each) >= SHORTEST_PLAIN and each not in open_ones)


def _pod_spec(obj: Object) -> dict[str, Any]:
    spec = obj.get("spec") or {}
    found: dict[str, Any] = spec if obj.get("kind") == "Pod" else (spec.get("template") or {}).get("spec") or {}
    return found


def _containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]


def secrets_used(obj: Object) -> Iterator[str]:
    """The names of the Secrets that a Pod, or anything with a Pod template, refers to."""
    spec = _pod_spec(obj)
    for container in _containers(spec):
        for source in container.get("envFrom") or []:
            yield from _name(source.get("secretRef"), "name")
        for variable in container.get("env") or []:
            yield from _name((variable.get("valueFrom") or {}).get("secretKeyRef"), "name")
    for volume in spec.get("volumes") or []:
        yield from _name(volume.get("secret"), "secretName")
        for source in (volume.get("projected") or {}).get("sources") or []:
            yield from _name(source.get("secret"), "name")


def _name(reference: dict[str, Any] | None, key: str) -> Iterable[str]:
    name = (reference or {}).get(key)
    return (str(name),) if name else ()


def _values(secret: Object) -> Iterator[tuple[str, str]]:
    """The values that a log may show, by key."""
    for key, encoded in (secret.get("data") or {}).items():
        try:
            text = base64.b64decode(encoded).decode()
        except (binascii.Error, UnicodeDecodeError, TypeError):
            continue
        # A file of many lines is never printed in one: each of them is secret.
        for line in {text.strip(), *(part.strip() for part in text.splitlines())}:
            if len(line) >= SHORTEST:
                yield key, line
        if len(text.strip()) >= SHORTEST:
            yield key, encoded
