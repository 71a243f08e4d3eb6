"""Which cluster a command works on: the user's, by kubeconfig, or the embedded one, which then starts by itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from steersman.cli.settings import Settings

IN_CLUSTER = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


def names_a_cluster(settings: Settings) -> bool:
    """Whether the user's surroundings lead to a cluster of their own (looked for where kubectl and Helm look)."""
    if settings.embedded:
        return False
    if settings.kubeconfig or settings.kube_context or settings.kube_apiserver or os.environ.get("KUBECONFIG"):
        return True
    return (Path.home() / ".kube" / "config").exists() or IN_CLUSTER.exists()


def kubeconfig_path(settings: Settings) -> str | None:
    """The kubeconfig to use: None for the usual places, or the embedded cluster's, which is started where needed."""
    if names_a_cluster(settings):
        return settings.kubeconfig
    from steersman.cluster import launch

    info = launch.ensure_running()
    if info.started:
        print("No kubeconfig given: started the embedded cluster (`steer cluster stop` ends it)", file=sys.stderr)
    return str(info.kubeconfig)
