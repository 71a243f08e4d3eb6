"""Which cluster a command works on: the user's, by kubeconfig, or the embedded one, which then starts by itself."""

from __future__ import annotations

import os
import sys

from steersman.cli.settings import Settings
from steersman.errors import UsageError
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from steersman.kube.client import Client
    from steersman.kube.config import Overrides
    from steersman.kube.network import Network

IN_CLUSTER = "/var/run/secrets/kubernetes.io/serviceaccount/token"


def names_a_cluster(settings: Settings) -> bool:
    """Whether the user's surroundings lead to a cluster of their own (looked for where kubectl and Helm look)."""
    if settings.embedded:
        return False
    if settings.kubeconfig or settings.kube_context or settings.kube_apiserver or os.environ.get("KUBECONFIG"):
        return True
    return os.path.exists(os.path.expanduser("~/.kube/config")) or os.path.exists(IN_CLUSTER)


def kubeconfig_path(settings: Settings) -> str | None:
    """The kubeconfig to use: None for the usual places, or the embedded cluster's, which is started where needed."""
    if names_a_cluster(settings):
        return settings.kubeconfig
    from steersman.cluster import launch

    info = launch.ensure_running()
    if info.started:
        print("No kubeconfig given: started the embedded cluster (`steer cluster stop` ends it)", file=sys.stderr)
    return str(info.kubeconfig)


def connect(settings: Settings, network: Network | None = None) -> Client:
    """A connection as the flags, the environment and the kubeconfig say, or to the embedded cluster;
    on asyncio where no other network is given. Raises UsageError where releases would be kept for this command alone."""
    if os.environ.get("HELM_DRIVER", "").lower() == "memory":
        raise UsageError(
            "HELM_DRIVER=memory: what this command does would be forgotten when it ends",
            hint="HELM_DRIVER is secret (the default), configmap or sql; memory is for programs that use the Python API.",
        )
    from steersman.kube.client import connect as open_connection

    return open_connection(
        kubeconfig_path(settings),
        overrides=overrides(settings),
        network=network,
        on_warning=lambda text: print(f"Warning: {text}", file=sys.stderr),
        on_waiting=lambda text: print(text, file=sys.stderr, flush=True),
    )


def overrides(settings: Settings) -> Overrides:
    """What flags and environment say instead of the kubeconfig."""
    from steersman.kube.config import Impersonation, Overrides

    return Overrides(
        context=settings.kube_context or "",
        namespace=settings.namespace or "",
        server=settings.kube_apiserver or "",
        token=settings.kube_token or "",
        ca_file=settings.kube_ca_file or "",
        insecure_skip_tls_verify=settings.kube_insecure_skip_tls_verify or None,
        tls_server_name=settings.kube_tls_server_name or "",
        impersonation=Impersonation(settings.kube_as_user or "", tuple(settings.kube_as_group)),
    )
