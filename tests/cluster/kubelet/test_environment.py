"""Variables, command lines and the downward API."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steersman.cluster.kubelet import environment, quantity
from steersman.cluster.kubelet.environment import ConfigError
from steersman.cluster.machinery import Objects
from steersman.cluster.store import Store

POD: dict[str, Any] = {
    "metadata": {
        "name": "web-0",
        "namespace": "default",
        "uid": "u1",
        "labels": {"app": "web"},
        "annotations": {"a": 'x"y'},
    },
    "spec": {
        "containers": [{"name": "c", "resources": {"limits": {"memory": "64Mi", "cpu": "1500m"}}}],
        "nodeName": "steersman",
    },
    "status": {"podIP": "10.244.0.9", "hostIP": "10.244.0.1"},
}


@pytest.fixture(scope="module")
def objects() -> Objects:
    made = Objects(Store())
    made.create("namespaces", {"metadata": {"name": "default"}})
    made.create("configmaps", {"metadata": {"name": "conf"}, "data": {"LEVEL": "info", "B": "2"}}, "default")
    secret = {"metadata": {"name": "key"}, "data": {"password": base64.b64encode(b"s3cret").decode()}}
    made.create("secrets", secret, "default")
    return made


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$(A)", "1"), ("x$(A)y$(B)", "x1y2"), ("$(NONE)", "$(NONE)"), ("$$(A)", "$(A)"), ("$$", "$"), ("$A", "$A"),
        ("$(A", "$(A"), ("a$", "a$"), ("$()", "$()"), ("$$$(A)", "$1"),
    ],
)  # fmt: skip
def test_expansion(text: str, expanded: str) -> None:
    assert environment.expand(text, {"A": "1", "B": "2"}) == expanded


@given(st.text(alphabet=st.characters(exclude_characters="$")))
def test_text_without_a_dollar_stays(text: str) -> None:
    assert environment.expand(text, {"A": "1"}) == text


def build(objects: Objects, *env: dict[str, Any], env_from: list[dict[str, Any]] | None = None) -> dict[str, str]:
    container = {**POD["spec"]["containers"][0], "env": list(env), "envFrom": env_from or []}
    return environment.build(objects, POD, container, {"FROM_IMAGE": "yes", "LANG": "C"})


def test_sources_and_their_order(objects: Objects) -> None:
    made = build(
        objects,
        {"name": "LEVEL", "value": "debug"},
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "key", "key": "password"}}},
        {"name": "URL", "value": "http://$(KUBERNETES_SERVICE_HOST):$(LEVEL)"},
        {"name": "LANG", "value": "de"},
        {"name": "MAYBE", "valueFrom": {"configMapKeyRef": {"name": "nope", "key": "x", "optional": True}}},
        env_from=[{"configMapRef": {"name": "conf"}}, {"prefix": "P_", "configMapRef": {"name": "conf"}}],
    )
    wanted = {
        "LEVEL": "debug", "B": "2", "P_B": "2", "PASSWORD": "s3cret", "URL": "http://10.96.0.1:debug", "LANG": "de",
        "FROM_IMAGE": "yes", "HOSTNAME": "web-0", "KUBERNETES_SERVICE_PORT": "443",
    }  # fmt: skip
    assert wanted.items() <= made.items()
    assert "MAYBE" not in made


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"secretKeyRef": {"name": "missing", "key": "x"}}, 'secret "missing" not found'),
        ({"configMapKeyRef": {"name": "missing", "key": "x"}}, 'configmap "missing" not found'),
        ({"secretKeyRef": {"name": "key", "key": "x"}}, "couldn't find key x in Secret default/key"),
        ({"configMapKeyRef": {"name": "conf", "key": "x"}}, "couldn't find key x in ConfigMap default/conf"),
    ],
)
def test_what_is_missing_is_named_as_the_kubelet_names_it(
    objects: Objects, source: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        build(objects, {"name": "X", "valueFrom": source})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "web-0"), ("metadata.labels['app']", "web"), ("metadata.labels['no']", ""),
        ("metadata.annotations", 'a="x\\"y"'), ("status.podIP", "10.244.0.9"), ("spec.nodeName", "steersman"),
    ],
)  # fmt: skip
def test_fields(path: str, value: str) -> None:
    assert environment.field_value(POD, path) == value


@pytest.mark.parametrize(
    ("resource", "divisor", "value"),
    [
        ("limits.memory", "1Mi", "64"),
        ("limits.memory", None, "67108864"),
        ("limits.cpu", "1", "2"),
        ("requests.cpu", "1m", "0"),
    ],
)
def test_resources(resource: str, divisor: str | None, value: str) -> None:
    reference = {"resource": resource, "divisor": divisor}
    assert environment.resource_value(POD, POD["spec"]["containers"][0], reference) == value


@pytest.mark.parametrize(
    ("container", "argv"),
    [
        ({}, ["entry", "default"]),
        ({"args": ["a"]}, ["entry", "a"]),
        ({"command": ["b"]}, ["b"]),
        ({"command": ["b", "$(X)"], "args": ["c"]}, ["b", "1", "c"]),
    ],
)
def test_command_line(container: dict[str, Any], argv: list[str]) -> None:
    assert environment.command_line(container, ("entry",), ("default",), {"X": "1"}) == argv


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100m", "0.1"),
        ("1Gi", "1073741824"),
        ("2e3", "2000"),
        ("1.5", "1.5"),
        ("128974848", "128974848"),
        ("3k", "3000"),
    ],
)
def test_quantities(text: str, value: str) -> None:
    assert quantity.parse(text) == quantity.parse(value)


@pytest.mark.parametrize("text", ["", "abc", "1 Gi", "1GiB", "--1"])
def test_no_quantities(text: str) -> None:
    with pytest.raises(ValueError, match="quantities must match"):
        quantity.parse(text)
