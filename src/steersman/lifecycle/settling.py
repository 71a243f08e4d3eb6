"""The last thing of an action or a recovery: the history of its hook runs, and what is left for the next command."""

from __future__ import annotations

from steersman.errors import KubernetesError
from steersman.lifecycle.events import ReleaseWarning
from steersman.lifecycle.execution import Execution
from steersman.lifecycle.journal import Journal
from steersman.lifecycle.runs import add_runs


async def owed(execution: Execution) -> Journal | None:
    """Write the history of hook runs; the answer is the journal where the next command has something to finish."""
    release, kept = execution.plan.release, execution.gone
    if not kept:
        try:
            await add_runs(execution.kube, release.name, release.namespace, execution.runs)
            kept = True
        except KubernetesError as error:
            execution.emit(ReleaseWarning(message=f"the history of hook runs could not be written: {error}"))
    journal = execution.journal.at(runs=() if kept else tuple(run.without_log() for run in execution.runs))
    if execution.unfinished:
        return journal
    return None if kept else journal.at(settled=True)
