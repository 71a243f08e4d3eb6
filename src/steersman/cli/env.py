"""`steer env`: the surroundings as Helm's variables, in `helm env`'s form."""

from __future__ import annotations

import os

from steersman.cli import declare
from steersman.cli.home import home
from steersman.cli.output import echo
from steersman.cli.settings import Settings


@declare.command("env")
@declare.argument("name", metavar="[VARIABLE]", default="")
@declare.pass_obj
def command(settings: Settings, name: str) -> None:
    """Print the environment that commands run in, or the value of one variable."""
    known = variables(settings)
    if name:
        echo(known.get(name, ""))
        return
    for key, value in known.items():
        echo(f'{key}="{value}"')


def variables(settings: Settings) -> dict[str, str]:
    """Helm's variables that mean something here, by name, as flags and environment say."""
    from steersman.cli.plugin_home import binary, setting

    where = home()
    known = {
        "HELM_BIN": binary(),
        "HELM_CACHE_HOME": str(where.cache_home),
        "HELM_CONFIG_HOME": str(where.config_home),
        "HELM_CONTENT_CACHE": str(where.content_cache),
        "HELM_DATA_HOME": str(where.data_home),
        "HELM_DEBUG": str(settings.debug).lower(),
        "HELM_DRIVER": os.environ.get("HELM_DRIVER", ""),
        "HELM_KUBEAPISERVER": settings.kube_apiserver or "",
        "HELM_KUBEASGROUPS": ",".join(settings.kube_as_group),
        "HELM_KUBEASUSER": settings.kube_as_user or "",
        "HELM_KUBECAFILE": settings.kube_ca_file or "",
        "HELM_KUBECONTEXT": settings.kube_context or "",
        "HELM_KUBEINSECURE_SKIP_TLS_VERIFY": str(settings.kube_insecure_skip_tls_verify).lower(),
        "HELM_KUBETLS_SERVER_NAME": settings.kube_tls_server_name or "",
        "HELM_KUBETOKEN": settings.kube_token or "",
        "HELM_MAX_HISTORY": os.environ.get("HELM_MAX_HISTORY", "10"),
        "HELM_NAMESPACE": settings.namespace or _namespace(settings),
        "HELM_PLUGINS": setting(),
        "HELM_REGISTRY_CONFIG": str(where.registry_config),
        "HELM_REPOSITORY_CACHE": str(where.repository_cache),
        "HELM_REPOSITORY_CONFIG": str(where.repositories),
        "STEERSMAN_FAILURE_POLICY": os.environ.get("STEERSMAN_FAILURE_POLICY", "rollback"),
    }
    if settings.kubeconfig:
        known["KUBECONFIG"] = settings.kubeconfig
    return dict(sorted(known.items()))


def _namespace(settings: Settings) -> str:
    """The context's namespace, where a kubeconfig can be read."""
    from steersman.errors import SteersmanError
    from steersman.kube.config import DEFAULT_NAMESPACE, Overrides, load_connection

    try:
        return load_connection(settings.kubeconfig, Overrides(context=settings.kube_context or "")).namespace
    except SteersmanError:
        return DEFAULT_NAMESPACE
