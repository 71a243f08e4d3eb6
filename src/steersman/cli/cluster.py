"""`steer cluster`: the embedded one-machine Kubernetes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from steersman.cli import declare
from steersman.cli.formats import emit, output_option
from steersman.cli.output import echo

if TYPE_CHECKING:
    from steersman.cluster.choice import Choice
    from steersman.cluster.launch import ClusterInfo


@declare.group("cluster")
def command() -> None:
    """Start, stop and look at the embedded cluster.

    It starts by itself when a command needs a cluster and no kubeconfig is given, and stays up until it is stopped.
    """


@command.command("start")
@declare.option("--allow-network", is_flag=True, help="let Pods reach addresses outside the cluster")
@declare.option(
    "--no-sandbox", is_flag=True, help="run Pods as plain processes where no sandbox can be had (they see your files)"
)
@declare.option(
    "--runtime",
    type=declare.Choice(["auto", "process", "podman"]),
    default="auto",
    help="what Pods run in: local programs (process), real images (podman), or the first of these that has the image (auto)",
)
@output_option
def start(allow_network: bool, no_sandbox: bool, runtime: Choice, output: str) -> None:
    """Start the cluster, or say that it is up."""
    from steersman.cluster import launch

    info = launch.ensure_running(allow_network=allow_network, sandbox=not no_sandbox, runtime=runtime)
    if output != "table":
        emit(_facts(info) | {"started": info.started}, output)
        return
    echo(f"The embedded cluster {'is up' if info.started else 'was up already'} at {info.server}")
    _explain(info)
    if (info.allow_network, info.sandbox, info.runtime) != (allow_network, not no_sandbox, runtime):
        echo("It keeps the options that it was started with: `steer cluster stop` it first to change them", err=True)


def _facts(info: ClusterInfo | None) -> dict[str, object]:
    if info is None:
        return {"running": False}
    return {
        "running": True, "server": info.server, "pid": info.pid, "kubeconfig": str(info.kubeconfig), "runtime": info.runtime,
        "sandbox": info.sandbox, "allowNetwork": info.allow_network, "problem": info.problem,
    }  # fmt: skip


def _explain(info: ClusterInfo) -> None:
    """What its Pods run in, or why they do not, and how other programs find it."""
    if info.problem:
        echo(f"No Pod can run: {info.problem}", err=True)
    else:
        choices = {
            "auto": "local programs in a sandbox, or real images where podman is",
            "process": "local programs in a sandbox",
            "podman": "real images, by podman",
        }
        kind = choices[info.runtime] if info.sandbox else "plain processes of yours, without a sandbox"
        network = "may reach the network outside" if info.allow_network else "reach nothing outside the cluster"
        echo(f"Pods run as {kind}; they {network}")
    echo(f"For kubectl and helm: export KUBECONFIG={info.kubeconfig}")


@command.command("stop")
def stop() -> None:
    """Stop the cluster; its state is kept for the next start."""
    from steersman.cluster import launch

    stopped = launch.stop()
    echo("The embedded cluster is stopped; its state is kept" if stopped else "The embedded cluster was not running")


@command.command("status")
@output_option
def status(output: str) -> None:
    """Say whether the cluster is up, where, and what its Pods run in."""
    from steersman.cluster import launch

    info = launch.status()
    if output != "table":
        emit(_facts(info), output)
    elif info is None:
        echo("The embedded cluster is not running; `steer cluster start` starts it")
    else:
        echo(f"The embedded cluster is up at {info.server} (process {info.pid})")
        _explain(info)
    sys.exit(0 if info is not None or output != "table" else 1)


@command.command("logs")
@declare.option("--tail", default=50, show_default=True, help="how many of the last lines; -1 for all")
@declare.option("--path", "only_path", is_flag=True, help="print the log file's path instead of its content")
def logs(tail: int, only_path: bool) -> None:
    """Print what the cluster's server has to say (for a container's output: `kubectl logs`)."""
    from steersman.cluster import launch

    log = launch.default_state_dir() / "server.log"
    if only_path:
        echo(str(log))
        return
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    for line in lines if tail < 0 else lines[-tail:] if tail else []:
        echo(line)


@command.command("kubeconfig")
@declare.option("--path", "only_path", is_flag=True, help="print the file's path instead of its content")
def kubeconfig(only_path: bool) -> None:
    """Print the kubeconfig that leads to the cluster (starting it where needed)."""
    from steersman.cluster import launch

    info = launch.ensure_running()
    echo(str(info.kubeconfig) if only_path else info.kubeconfig.read_text(), nl=only_path)


@command.command("reset")
@declare.option("--yes", is_flag=True, help="do not ask")
def reset(yes: bool) -> None:
    """Stop the cluster and remove all its state."""
    from steersman.cluster import launch

    if not yes:
        import click

        click.confirm("Remove the embedded cluster with everything in it?", abort=True)
    launch.reset()
    echo("The embedded cluster and its state are gone")
