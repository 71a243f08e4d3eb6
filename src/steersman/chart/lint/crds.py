"""Rules for crds/: plain CustomResourceDefinitions, no templates."""

from __future__ import annotations

import os
from collections.abc import Iterator

from steersman.chart.lint.message import Message, Severity
from steersman.chart.load import load
from steersman.errors import SteersmanError, YamlError
from steersman.manifest import yaml

FOLDER = "crds/"


def check(folder: str) -> Iterator[Message]:
    path = os.path.join(folder, FOLDER)
    if not os.path.exists(path.rstrip("/")):
        return
    if not os.path.isdir(path):
        yield Message(Severity.ERROR, FOLDER, "not a directory")
        return
    try:
        chart = load(folder)
    except SteersmanError as error:
        yield Message(Severity.ERROR, FOLDER, str(error))
        return
    for _, file in chart.crds():
        try:
            for document in yaml.load_all(file.data, file.name):
                if document is None:
                    continue
                fields = document if isinstance(document, dict) else {}
                if not str(fields.get("apiVersion") or "").startswith("apiextensions.k8s.io"):
                    yield Message(Severity.ERROR, file.name, "apiVersion is not in 'apiextensions.k8s.io'")
                if fields.get("kind") != "CustomResourceDefinition":
                    yield Message(Severity.ERROR, file.name, "object kind is not 'CustomResourceDefinition'")
        except YamlError as error:
            yield Message(Severity.ERROR, file.name, f"unable to parse YAML: {error}")
            return
