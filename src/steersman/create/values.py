"""A hook's values: what differs from one environment to the next."""

from __future__ import annotations

from steersman.create.databases import Dialect
from steersman.create.request import HOSTS, WITH_DATABASE, WITH_MIGRATION, HookRequest, Kind, Tool

NOBODY = 65534  # a user that every image has
CURL = "curlimages/curl:8.11.1"
REDIS = "redis:7.4"


def values(request: HookRequest, dialect: Dialect) -> str:
    """A block of YAML under the request's key, below a comment that names the template."""
    lines = [f"# templates/hooks/{request.hook_name}.yaml", f"{request.values_key}:"]
    if request.kind in WITH_DATABASE:
        lines += _database_values(request, dialect)
    elif request.kind is Kind.CACHE:
        lines += [
            f"  image: {quoted(request.image or REDIS)}",
            f"  host: {quoted(request.host or HOSTS[Kind.CACHE])}",
            "  port: 6379",
        ]
        if request.secret:
            lines += [
                "  secret:",
                f"    name: {quoted(request.secret)}",
                f"    passwordKey: {quoted(request.password_key)}",
            ]
    elif request.kind is Kind.REGISTER:
        host = request.host or HOSTS[Kind.REGISTER]
        lines += [
            f"  image: {quoted(request.image or CURL)}",
            f"  url: http://{host}/register",
            "  # The port at which the service is known.",
            "  port: 8000",
        ]
    else:
        lines += [
            f"  image: {quoted(request.image or CURL)}",
            "  # Default: the release's own Service.",
            f"  host: {quoted(request.host)}",
            "  port: 80",
            "  path: /",
        ]
    lines += [
        "  # Seconds after which a hook that hangs is stopped; less than the release's --timeout.",
        "  deadline: 240",
        "  podSecurityContext:",
        "    runAsNonRoot: true",
        f"    runAsUser: {NOBODY}",
        f"    fsGroup: {NOBODY}",
        "    seccompProfile:",
        "      type: RuntimeDefault",
        "  resources:",
        "    requests:",
        "      cpu: 20m",
        "      memory: 64Mi",
        "    limits:",
        "      memory: 256Mi",
    ]
    return "\n".join(lines) + "\n"


def _database_values(request: HookRequest, dialect: Dialect) -> list[str]:
    own = f"{dialect.image}:{request.database_version or dialect.version}"
    by_tool = request.kind in WITH_MIGRATION and request.migration_tool is not Tool.SQL
    lines = [f"  image: {quoted(own if by_tool else request.image or own)}"]
    if by_tool:
        lines += [
            f"  # An image with {request.migration_tool} and the migrations.",
            f"  migrationImage: {quoted(request.image)}",
        ]
    lines += [
        f"  host: {quoted(request.host or dialect.image)}",
        f"  port: {dialect.port}",
        f"  database: {quoted(request.database_name)}",
        "  # Has to be there before the release: it is read by hooks that run before the chart's own objects exist.",
        "  secret:",
        f"    name: {quoted(request.secret)}",
        f"    userKey: {quoted(request.user_key)}",
        f"    passwordKey: {quoted(request.password_key)}",
    ]
    if request.kind is not Kind.MIGRATION:
        lines += [
            "  backup:",
            "    # A claim of yours for the dumps; default: one that the chart makes.",
            '    claim: ""',
            "    size: 1Gi",
        ]
    return lines


def quoted(word: str) -> str:
    """A YAML scalar that is a string whatever it looks like; names stay as they are."""
    from steersman.manifest.yaml import load

    return word if word and load(word) == word else f'"{word}"'
