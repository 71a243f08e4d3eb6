"""A small chart to start from: one Deployment and its Service, with nothing that has to be deleted first."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from steersman.errors import UsageError

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")

CHART = """\
apiVersion: v2
name: NAME
description: What NAME is, in a line.
icon: https://example.com/NAME.svg
type: application
# The chart's version, and that of the application in it.
version: 0.1.0
appVersion: "1.0.0"
"""

VALUES = """\
image: nginxinc/nginx-unprivileged:1.27-alpine
replicas: 1

# The port at which the container listens, and the one of the Service.
containerPort: 8080
port: 80

resources:
  requests:
    cpu: 50m
    memory: 64Mi
  limits:
    memory: 256Mi
"""

HELPERS = """\
{{/* The name of everything in the release; 50 characters leave room for what hooks put behind it. */}}
{{- define "NAME.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* What Services select by: it never changes. */}}
{{- define "NAME.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "NAME.labels" -}}
{{ include "NAME.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}
"""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "NAME.fullname" . }}
  labels:
    {{- include "NAME.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels:
      {{- include "NAME.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "NAME.selectorLabels" . | nindent 8 }}
    spec:
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: NAME
          image: {{ .Values.image }}
          ports:
            - name: http
              containerPort: {{ .Values.containerPort }}
          readinessProbe:
            httpGet:
              path: /
              port: http
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop: [ALL]
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
"""

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {{ include "NAME.fullname" . }}
  labels:
    {{- include "NAME.labels" . | nindent 4 }}
spec:
  selector:
    {{- include "NAME.selectorLabels" . | nindent 4 }}
  ports:
    - name: http
      port: {{ .Values.port }}
      targetPort: http
"""

FILES = {
    "Chart.yaml": CHART,
    "values.yaml": VALUES,
    "templates/_helpers.tpl": HELPERS,
    "templates/deployment.yaml": DEPLOYMENT,
    "templates/service.yaml": SERVICE,
}


def create_chart(folder: Path) -> Path:
    """Write the chart into `folder`, which must not be there yet; it is named after it. Raises UsageError."""
    name = checked_name(folder)
    return written(folder, {path: text.replace("NAME", name).encode() for path, text in FILES.items()})


def checked_name(folder: Path) -> str:
    """The name of a chart in a folder that can be made. Raises UsageError."""
    name = folder.name
    if not _NAME.fullmatch(name) or len(name) > 50:
        raise UsageError(
            f"{name!r} cannot name a chart",
            hint="Use at most 50 lower-case letters, digits and dashes.",
        )
    if folder.exists():
        raise UsageError(f"{folder} is there already", hint="Choose another name; nothing was changed.")
    return name


def written(folder: Path, files: Mapping[str, bytes], more: Callable[[Path], None] | None = None) -> Path:
    """Make the folder with these files, and with what `more` writes into it: all of it or nothing. Raises UsageError."""
    unfinished = folder.with_name(f".{folder.name}.new")
    try:
        for path, data in files.items():
            file = unfinished / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        if more is not None:
            more(unfinished)
        unfinished.rename(folder)
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder
