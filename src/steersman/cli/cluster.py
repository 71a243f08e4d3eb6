"""`steer cluster`: the embedded one-machine Kubernetes."""

from __future__ import annotations

import sys

import click

from steersman.cli.command import HelmGroup
from steersman.cli.formats import emit, output_option


@click.group("cluster", cls=HelmGroup)
def command() -> None:
    """Start, stop and look at the embedded cluster.

    It starts by itself when a command needs a cluster and no kubeconfig is given, and stays up until it is stopped.
    """


@command.command("start")
@click.option("--allow-network", is_flag=True, help="let Pods reach addresses outside the cluster")
@click.option(
    "--no-sandbox", is_flag=True, help="run Pods as plain processes where no sandbox can be had (they see your files)"
)
def start(allow_network: bool, no_sandbox: bool) -> None:
    """Start the cluster, or say that it is up."""
    from steersman.cluster import launch

    info = launch.ensure_running(allow_network=allow_network, sandbox=not no_sandbox)
    click.echo(f"The embedded cluster {'is up' if info.started else 'was up already'} at {info.server}")
    click.echo(f"For kubectl and helm: export KUBECONFIG={info.kubeconfig}")


@command.command("stop")
def stop() -> None:
    """Stop the cluster; its state is kept for the next start."""
    from steersman.cluster import launch

    stopped = launch.stop()
    click.echo(
        "The embedded cluster is stopped; its state is kept" if stopped else "The embedded cluster was not running"
    )


@command.command("status")
@output_option
def status(output: str) -> None:
    """Say whether the cluster is up, where, and what its Pods run in."""
    from steersman.cluster import launch

    info = launch.status()
    if output != "table":
        emit(
            {"running": info is not None}
            if info is None
            else {"running": True, "server": info.server, "pid": info.pid, "kubeconfig": str(info.kubeconfig)},
            output,
        )
    elif info is None:
        click.echo("The embedded cluster is not running; `steer cluster start` starts it")
    else:
        click.echo(f"The embedded cluster is up at {info.server} (process {info.pid})")
        click.echo(f"For kubectl and helm: export KUBECONFIG={info.kubeconfig}")
    sys.exit(0 if info is not None or output != "table" else 1)


@command.command("kubeconfig")
@click.option("--path", "only_path", is_flag=True, help="print the file's path instead of its content")
def kubeconfig(only_path: bool) -> None:
    """Print the kubeconfig that leads to the cluster (starting it where needed)."""
    from steersman.cluster import launch

    info = launch.ensure_running()
    click.echo(str(info.kubeconfig) if only_path else info.kubeconfig.read_text(), nl=only_path)


@command.command("reset")
@click.option("--yes", is_flag=True, help="do not ask")
def reset(yes: bool) -> None:
    """Stop the cluster and remove all its state."""
    from steersman.cluster import launch

    if not yes:
        click.confirm("Remove the embedded cluster with everything in it?", abort=True)
    launch.reset()
    click.echo("The embedded cluster and its state are gone")
