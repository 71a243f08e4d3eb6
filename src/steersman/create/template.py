"""The text of hook templates: a Job or Pod around a script, with everything a hook in production needs.

Blocks of lines are put into each other by `shift`, which also moves what `nindent` says, so that each is written from column 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NINDENT = re.compile(r"\bnindent (\d+)")

DELETE = "hook-succeeded,before-hook-creation"


@dataclass(frozen=True, slots=True)
class Step:
    """One hook: `key` is its place in the values; `env` and `volumes` are YAML from column 0, or ""."""

    name: str
    labels: str
    comment: str
    events: str
    weight: int
    key: str
    container: str
    image: str
    script: str
    component: str
    env: str = ""
    claim: str = ""
    wait: str = ""
    wait_image: str = ""


def shift(text: str, columns: int) -> str:
    moved = _NINDENT.sub(lambda match: f"nindent {int(match[1]) + columns}", text)
    return "\n".join(" " * columns + line if line else line for line in moved.split("\n"))


def document(step: Step) -> str:
    """A Job; at `test` a Pod, because only of a Pod `helm test --logs` shows the log."""
    as_pod = step.events == "test"
    # Tests keep their object: its log is the result that people look for.
    policy = "before-hook-creation" if as_pod else DELETE
    head = f"""\
# {step.comment}
apiVersion: {"v1" if as_pod else "batch/v1"}
kind: {"Pod" if as_pod else "Job"}
metadata:
  name: {step.name}
  labels:
{shift(step.labels, 4)}
  annotations:
    helm.sh/hook: {step.events}
    helm.sh/hook-weight: "{step.weight}"
    helm.sh/hook-delete-policy: {policy}
spec:
"""
    deadline = f"activeDeadlineSeconds: {{{{ .Values.{step.key}.deadline }}}}"
    if as_pod:
        return f"{head}  {deadline}\n{shift(pod(step), 2)}\n"
    # The Pods have no label that a Service of the application selects.
    return f"""\
{head}  backoffLimit: 1
  {deadline}
  template:
    metadata:
      labels:
        app.kubernetes.io/instance: {{{{ .Release.Name }}}}
        app.kubernetes.io/component: {step.component}
    spec:
{shift(pod(step), 6)}
"""


def pod(step: Step) -> str:
    parts = [
        f"""\
restartPolicy: Never
automountServiceAccountToken: false
securityContext:
  {{{{- toYaml .Values.{step.key}.podSecurityContext | nindent 2 }}}}"""
    ]
    if step.wait:
        waiting = container(step, "wait", step.wait_image, step.wait)
        parts.append(f"initContainers:\n{shift(waiting, 2)}")
    parts.append(f"containers:\n{shift(container(step, step.container, step.image, step.script, step.claim), 2)}")
    if step.claim:
        parts.append(f"volumes:\n  - name: backups\n    persistentVolumeClaim:\n      claimName: {step.claim}")
    return "\n".join(parts)


def container(step: Step, name: str, image: str, script: str, claim: str = "") -> str:
    env = f"  env:\n{shift(step.env, 4)}\n" if step.env else ""
    mounts = "\n  volumeMounts:\n    - name: backups\n      mountPath: /backups" if claim else ""
    return f"""\
- name: {name}
  image: {{{{ .Values.{step.key}.{image} | quote }}}}
  command:
    - /bin/sh
    - -ec
    - |
{shift(script, 6)}
{env}  securityContext:
    allowPrivilegeEscalation: false
    capabilities:
      drop: [ALL]
  resources:
    {{{{- toYaml .Values.{step.key}.resources | nindent 4 }}}}{mounts}"""
