"""A hook made to measure: its template and its values."""

from __future__ import annotations

from dataclasses import dataclass

from steersman.create import scripts
from steersman.create.databases import DIALECTS, Dialect
from steersman.create.request import HookRequest, Kind, Tool
from steersman.create.style import Style
from steersman.create.template import Step, document, shift
from steersman.create.values import values


@dataclass(frozen=True, slots=True)
class MadeHook:
    """`path` is the template's, relative to the chart; `values` a block of YAML for the chart's values under `key`."""

    path: str
    template: str
    key: str
    values: str


def make_hook(request: HookRequest, style: Style) -> MadeHook:
    """Pure: writes nothing. Raises UsageError for a request that cannot be met."""
    request.check()
    dialect = DIALECTS[request.database]
    steps = {
        Kind.MIGRATION: lambda: [_migrate(request, style, dialect, weight=-5)],
        Kind.BACKUP: lambda: [_backup(request, style, dialect, weight=-10)],
        Kind.CACHE: lambda: [_cache(request, style)],
        Kind.REGISTER: lambda: [_register(request, style)],
        Kind.SMOKE_TEST: lambda: [_smoke_test(request, style)],
        Kind.SEQUENCE: lambda: _sequence(request, style, dialect),
    }[request.kind]()
    documents = [document(step) for step in steps]
    if any(step.claim for step in steps):
        documents.append(_claim(request, style))
    return MadeHook(
        f"templates/hooks/{request.hook_name}.yaml",
        "---\n".join(documents),
        request.values_key,
        values(request, dialect),
    )


def _sequence(request: HookRequest, style: Style, dialect: Dialect) -> list[Step]:
    """Backup, migration, check, by weight. Before install there is neither data nor a volume: the backup is for upgrades."""
    name, events = request.hook_name, request.events.split(",")
    kept = [event for event in events if event not in ("pre-install", "post-delete")]
    backup = _backup(request, style, dialect, weight=-10, name=f"{name}-backup", events=",".join(kept))
    migrate = _migrate(request, style, dialect, weight=0, name=f"{name}-migrate")
    validate = _step(
        request,
        style,
        f"{name}-validate",
        comment="Is the schema what the new version needs? If not, the release stops here.",
        weight=10,
        container="validate",
        image="migrationImage" if request.migration_tool is not Tool.SQL else "image",
        script=scripts.validate(dialect, request.migration_tool),
        env=_database_env(request, dialect),
    )
    return [*([backup] if kept else []), migrate, validate]


def _migrate(request: HookRequest, style: Style, dialect: Dialect, *, weight: int, name: str = "") -> Step:
    by_tool = request.migration_tool is not Tool.SQL
    return _step(
        request,
        style,
        name or request.hook_name,
        comment="The migration, before the new version runs. It runs at install, too, and may run any number of times."
        if "pre-install" in request.events
        else "The migration. It may run any number of times.",
        weight=weight,
        container="migrate",
        image="migrationImage" if by_tool else "image",
        script=scripts.migrate(dialect, request.migration_tool),
        env=_database_env(request, dialect),
        wait=scripts.wait(dialect) if by_tool else "",
        wait_image="image" if by_tool else "",
    )


def _backup(
    request: HookRequest, style: Style, dialect: Dialect, *, weight: int, name: str = "", events: str = ""
) -> Step:
    return _step(
        request,
        style,
        name or request.hook_name,
        comment="The data before it is touched. A dump is complete or not there: it gets its name last.",
        events=events,
        weight=weight,
        container="backup",
        script=scripts.backup(dialect),
        env=_database_env(request, dialect),
        claim=_claim_name(request, style),
    )


def _cache(request: HookRequest, style: Style) -> Step:
    key = request.values_key
    env = _plain("CACHE_HOST", f".Values.{key}.host") + "\n" + _plain("CACHE_PORT", f".Values.{key}.port")
    if request.secret:
        env += "\n" + _from_secret("REDISCLI_AUTH", key, "passwordKey")
    return _step(
        request,
        style,
        request.hook_name,
        comment="The new version starts with an empty cache.",
        container="flush",
        script=scripts.flush(),
        env=env,
    )


def _register(request: HookRequest, style: Style) -> Step:
    key = request.values_key
    body = f'{{"name": "{style.application()}", "port": {{{{ .Values.{key}.port }}}}}}'
    return _step(
        request,
        style,
        request.hook_name,
        comment="The running service makes itself known. Registering twice must be no error in the registry.",
        container="register",
        script=scripts.register(body),
        env=_plain("REGISTRY_URL", f".Values.{key}.url"),
    )


def _smoke_test(request: HookRequest, style: Style) -> Step:
    key = request.values_key
    default = f'(include "{style.fullname}" .)' if style.fullname else ".Release.Name"
    url = f'printf "http://%s:%v%s" (.Values.{key}.host | default {default}) .Values.{key}.port .Values.{key}.path'
    return _step(
        request,
        style,
        request.hook_name,
        comment="Does the service answer?",
        container="smoke-test",
        script=scripts.smoke_test(),
        env=_plain("TARGET_URL", url),
    )


def _step(
    request: HookRequest,
    style: Style,
    name: str,
    *,
    comment: str,
    container: str,
    script: str,
    env: str,
    events: str = "",
    weight: int = 0,
    image: str = "image",
    claim: str = "",
    wait: str = "",
    wait_image: str = "",
) -> Step:
    return Step(
        name=style.name(name),
        labels=style.label_lines(name),
        comment=comment,
        events=events or request.events,
        weight=weight,
        key=request.values_key,
        container=container,
        image=image,
        script=script,
        component=name,
        env=env,
        claim=claim,
        wait=wait,
        wait_image=wait_image,
    )


def _database_env(request: HookRequest, dialect: Dialect) -> str:
    key = request.values_key
    host, port, user, database, password = dialect.env
    entries = [
        _plain(host, f".Values.{key}.host"),
        _plain(port, f".Values.{key}.port"),
        _plain(database, f".Values.{key}.database"),
        _from_secret(user, key, "userKey"),
        _from_secret(password, key, "passwordKey"),
        *(f'- name: {name}\n  value: "{value}"' for name, value in dialect.extra_env),
    ]
    at = f"$({host}):$({port})/$({database})"
    if request.migration_tool is Tool.ALEMBIC:
        # Kubernetes puts the variables in; a password in a URL must not need escaping.
        entries.append(f'- name: DATABASE_URL\n  value: "{dialect.url}://$({user}):$({password})@{at}"')
    elif request.migration_tool is Tool.FLYWAY:
        entries.append(f'- name: FLYWAY_URL\n  value: "jdbc:{dialect.jdbc}://{at}"')
        entries.append(f'- name: FLYWAY_USER\n  value: "$({user})"')
        entries.append(f'- name: FLYWAY_PASSWORD\n  value: "$({password})"')
    return "\n".join(entries)


def _plain(name: str, expression: str) -> str:
    return f"- name: {name}\n  value: {{{{ {expression} | quote }}}}"


def _from_secret(name: str, key: str, entry: str) -> str:
    return f"""\
- name: {name}
  valueFrom:
    secretKeyRef:
      name: {{{{ .Values.{key}.secret.name | quote }}}}
      key: {{{{ .Values.{key}.secret.{entry} | quote }}}}"""


def _claim_name(request: HookRequest, style: Style) -> str:
    own = style.name(f"{request.hook_name}-data")
    given = f".Values.{request.values_key}.backup.claim"
    return f"{{{{ with {given} }}}}{{{{ . }}}}{{{{ else }}}}{own}{{{{ end }}}}"


def _claim(request: HookRequest, style: Style) -> str:
    key = request.values_key
    return f"""\
{{{{- if not .Values.{key}.backup.claim }}}}
# Where the dumps are kept. It is no hook, and stays when the release goes.
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {style.name(f"{request.hook_name}-data")}
  labels:
{shift(style.label_lines(request.hook_name), 4)}
  annotations:
    helm.sh/resource-policy: keep
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: {{{{ .Values.{key}.backup.size }}}}
{{{{- end }}}}
"""
