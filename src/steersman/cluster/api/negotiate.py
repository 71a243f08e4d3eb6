"""What a client accepts, and reading what it sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from steersman.cluster.resources import Registry
from steersman.cluster.schema import protobuf
from steersman.cluster.schema.decode import DecodeError, decode
from steersman.cluster.status import bad_request
from steersman.errors import ApiError, YamlError

Json = dict[str, Any]
Form = Literal["object", "Table", "PartialObjectMetadata", "PartialObjectMetadataList"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The first offer in an Accept header that the server can make."""

    form: Form = "object"
    version: str = "v1"


def accepted(header: str) -> Accepted:
    """JSON is sent whatever a client says it prefers: every client of Kubernetes reads it by its Content-Type."""
    for offer in header.split(","):
        media, *parameters = (part.strip() for part in offer.split(";"))
        if media not in ("application/json", "*/*", "application/*"):
            continue
        options = dict(parameter.partition("=")[::2] for parameter in parameters)
        form = options.get("as", "")
        if form in ("Table", "PartialObjectMetadata", "PartialObjectMetadataList") and options.get("v") in (
            "v1",
            "v1beta1",
        ):
            return Accepted(form, options["v"])  # type: ignore[arg-type]
        if not form:
            return Accepted()
    return Accepted()


def integer(query: Mapping[str, str], name: str) -> int | None:
    """A number in the query, None where it is not given. Raises Invalid (400)."""
    text = query.get(name, "")
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


class _Pairs(dict[str, Any]):
    """A JSON object that remembers which keys it was given twice."""

    twice: list[str]


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = _Pairs(pairs)
    out.twice = []
    if len(out) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                out.twice.append(key)
            seen.add(key)
    return out


def _duplicates(value: Any, path: str) -> list[str]:
    found: list[str] = []
    if isinstance(value, list):
        for index, item in enumerate(value):
            found += _duplicates(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        prefix = f"{path}." if path else ""
        found += [f"{prefix}{key}" for key in getattr(value, "twice", ())]
        for key, item in value.items():
            found += _duplicates(item, f"{prefix}{key}")
    return found


def read_json(
    body: bytes, *, find_duplicates: bool = False, problem: str = "couldn't get version/kind; json parse error: "
) -> tuple[Any, list[str]]:
    """The value, and the paths of keys given twice. Raises Invalid (400), which begins with `problem`."""
    try:
        value = json.loads(body, object_pairs_hook=_pairs if find_duplicates else None)
    except json.JSONDecodeError as error:
        raise bad_request(problem + go_json_error(error)) from None
    except UnicodeDecodeError as error:
        raise bad_request(f"{problem}{error}") from None
    return value, _duplicates(value, "") if find_duplicates else []


# What Go's decoder was looking for where Python's found something else.
_LOOKED_FOR = {
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Expecting ':' delimiter": "after object key",
    "Extra data": "after top-level value",
    "Invalid control character at": "in string literal",
}


def go_json_error(error: json.JSONDecodeError) -> str:
    """What Go's encoding/json says of the same text."""
    text = error.doc
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return "unexpected end of JSON input"
    found = _LOOKED_FOR.get(error.msg, "looking for beginning of value")
    if error.msg == "Expecting ',' delimiter":
        inside = text[: error.pos].count("[") > text[: error.pos].count("]") and not text[: error.pos].endswith("}")
        found = "after array element" if inside else "after object key:value pair"
    return f"invalid character {text[error.pos]!r} {found}"


def read_yaml(body: bytes) -> Any:
    """YAML, of which JSON is a part. Raises Invalid (400)."""
    try:
        return json.loads(body)
    except ValueError:
        pass
    from steersman.manifest.yaml import load

    try:
        return load(body.decode())
    except (YamlError, UnicodeDecodeError) as error:
        raise bad_request(f"error decoding YAML: {error}") from None


def read_object(
    body: bytes, content_type: str, registry: Registry, *, find_duplicates: bool = False
) -> tuple[Json, list[str]]:
    """The object in a request's body. Raises ApiError 415 for a format that is not read here, Invalid (400)."""
    media = content_type.partition(";")[0].strip()
    duplicates: list[str] = []
    if media in ("application/yaml", "application/x-yaml"):
        value = read_yaml(body)
    elif media == protobuf.MEDIA_TYPE:
        try:
            value = protobuf.read(body, registry.known_node)
        except protobuf.ProtobufError as error:
            raise bad_request(str(error)) from None
    elif media in ("", "application/json", "application/octet-stream"):
        value, duplicates = read_json(body, find_duplicates=find_duplicates)
    else:
        raise unsupported_media_type(["application/json", "application/yaml", protobuf.MEDIA_TYPE])
    if not isinstance(value, dict):
        raise bad_request("couldn't get version/kind; json parse error: the body is not an object")
    return value, duplicates


def read_kind(body: bytes, content_type: str, registry: Registry, api_version: str, kind: str) -> Json:
    """The body read as one kind, for what is asked but never stored. Raises as `read_object`."""
    value, _ = read_object(body, content_type, registry)
    try:
        found: Json = decode(registry.node(api_version, kind), value, [])
    except DecodeError as error:
        raise bad_request(str(error)) from None
    return found


def unsupported_media_type(accepted_types: list[str]) -> ApiError:
    message = (
        f"the body of the request was in an unknown format - accepted media types include: {', '.join(accepted_types)}"
    )
    return ApiError(message, code=415, reason="UnsupportedMediaType")
