"""The OpenAPI v2 document as protobuf: read back, served as Kubernetes serves it, and understood by kubectl and helm."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steersman.cluster.api import gnostic
from steersman.cluster.schema.protobuf import _fields

from .conftest import Api, Tool

Json = dict[str, Any]

NEW = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
OLD = NEW.replace("v2.v1.0", "v2@v1.0")
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "bars.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "bars", "singular": "bar", "kind": "Bar", "listKind": "BarList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"size": {"type": "integer", "minimum": 1, "description": "How large it is."}},
                    }
                },
            }
        ],
    },
}


def read(raw: bytes) -> Json:
    """A Schema message as JSON."""
    out: Json = {}
    scalars = {n: k for table in (gnostic.STRINGS, gnostic.DOUBLES, gnostic.INTEGERS) for k, n in table.items()}
    flags = {number: key for key, number in gnostic.BOOLEANS.items()}
    for number, _, value in _fields(raw):
        if number in scalars:
            key = scalars[number]
            if key in gnostic.DOUBLES:
                value = value if isinstance(value, float) else struct.unpack("<d", value)[0]
            elif key in gnostic.STRINGS:
                value = value.decode()
            out[key] = value
        elif number in flags:
            out[flags[number]] = bool(value)
        elif number == 19:
            out.setdefault("required", []).append(value.decode())
        elif number == 20:
            out.setdefault("enum", []).append(read_any(value))
        elif number == 21:
            ((which, _, inner),) = _fields(value)
            out["additionalProperties"] = bool(inner) if which == 2 else read(inner)
        elif number == 22:
            out["type"] = next(_fields(value))[2].decode()
        elif number == 23:
            out["items"] = read(next(_fields(value))[2])
        elif number == 25:
            out["properties"] = read_named(value)
        elif number == 31:
            (_, _, name), (_, _, inner) = _fields(value)
            out[name.decode()] = read_any(inner)
    return out


def read_any(raw: bytes) -> Any:
    ((number, _, text),) = _fields(raw)
    assert number == 2
    return json.loads(text)


def read_named(raw: bytes) -> Json:
    pairs = [{number: value for number, _, value in _fields(pair)} for _, _, pair in _fields(raw)]
    return {pair[1].decode(): read(pair[2]) for pair in pairs}


TEXT = st.text(max_size=200)
LEAVES = st.fixed_dictionaries(
    {},
    optional={
        "description": TEXT,
        "type": st.sampled_from(["string", "integer"]),
        "maxLength": st.integers(0, 2**63 - 1),
        "uniqueItems": st.booleans(),
        "enum": st.lists(st.one_of(TEXT, st.integers(), st.none()), min_size=1, max_size=3),
        "required": st.lists(TEXT, min_size=1, max_size=3),
        "x-kubernetes-list-map-keys": st.lists(TEXT),
    },
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(TEXT, inner, max_size=3),
            "items": inner,
            "additionalProperties": st.one_of(inner, st.booleans()),
        },
    ),
    max_leaves=6,
)


@given(SCHEMAS)
def test_what_is_written_is_read_back(schema: Json) -> None:
    assert read(gnostic.schema(schema)) == schema


@pytest.mark.parametrize("accept", [OLD, NEW])
async def test_it_is_served_under_the_new_name_with_a_tag(api: Api, accept: str) -> None:
    await api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", CRD)
    url = f"{api.url}/openapi/v2"
    async with api.session.get(url, headers={"Accept": accept}) as response:
        raw = await response.read()
        tag = response.headers["Etag"]
        assert response.headers["Content-Type"] == NEW
    fields = {number: value for number, _, value in _fields(raw)}
    definitions = read_named(fields[9])
    served = (await api.get("/openapi/v2"))["definitions"]
    assert set(definitions) == set(served)
    assert "com.example.v1.Bar" in served
    name = "io.k8s.api.core.v1.PodSpec"
    assert definitions[name] == served[name]
    async with api.session.get(url, headers={"Accept": accept, "If-None-Match": tag}) as response:
        assert (response.status, await response.read()) == (304, b"")
    headers = {"Accept": accept, "Accept-Encoding": "gzip"}
    async with api.session.get(url, headers=headers, auto_decompress=False) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(await response.read()) == raw


async def test_another_type_is_not_acceptable(api: Api) -> None:
    reply = await api.call("GET", "/openapi/v2", accept="application/foo")
    assert (reply.status, reply.body) == (406, "")


@pytest.mark.oracle
async def test_kubectl_explains_from_it(api: Api, kubectl_here: Tool) -> None:
    await api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", CRD)
    assert "containers\t<[]Object> -required-" in await kubectl_here(
        "explain", "--output=plaintext-openapiv2", "pods.spec"
    )
    assert "How large it is." in await kubectl_here("explain", "--output=plaintext-openapiv2", "bars")


@pytest.mark.oracle
async def test_helm_names_the_kind_that_is_missing(helm_here: Tool, tmp_path: Path) -> None:
    chart = tmp_path / "foo"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: foo\nversion: 0.1.0\n")
    (chart / "templates/foo.yaml").write_text("apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: x}\n")
    code, output = await helm_here.run("install", "foo", str(chart))
    assert code == 1
    # What it said with Kubernetes 1.20.
    assert output == (
        "Error: INSTALLATION FAILED: unable to build kubernetes objects from release manifest: resource mapping not found "
        'for name: "x" namespace: "" from "": no matches for kind "Foo" in version "example.com/v1"\n'
        "ensure CRDs are installed first\n"
    )
