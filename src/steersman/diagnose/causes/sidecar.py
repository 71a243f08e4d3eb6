"""A Job whose work is done and whose sidecar goes on for ever."""

from __future__ import annotations

from steersman.diagnose.advice import again
from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import ContainerFacts, Facts

_MESHES = {
    "istio-proxy": "sidecar.istio.io/inject",
    "linkerd-proxy": "linkerd.io/inject",
    "consul-dataplane": "consul.hashicorp.com/connect-inject",
}


def find(facts: Facts) -> Diagnosis | None:
    pods: dict[str, list[ContainerFacts]] = {}
    for each in facts.containers:
        if not each.init:
            pods.setdefault(each.pod, []).append(each)
    for containers in pods.values():
        done = [each for each in containers if each.state == "terminated" and each.exit_code == 0]
        running = [each for each in containers if each.state == "running"]
        if done and running and len(done) + len(running) == len(containers):
            return _diagnosis(facts, done[0], running[0])
    return None


def _diagnosis(facts: Facts, done: ContainerFacts, running: ContainerFacts) -> Diagnosis:
    path = facts.hook.path or "the template"
    fix = f"Make {running.name} a native sidecar (an init container with restartPolicy: Always, Kubernetes 1.29), or "
    f"let {done.name} end it when it is done."
    if (annotation := _MESHES.get(running.name)) is not None:
        fix = (
            f'Keep the mesh out of the hook\'s Pod: {annotation}: "false" (label or annotation) under '
            f"spec.template.metadata in {path}; or let "
            f"the hook end its proxy when it is done (for Istio: curl -fsX POST localhost:15020/quitquitquit)."
        )
    return Diagnosis(
        cause="sidecar-keeps-running",
        confidence=Confidence.HIGH,
        problem=f"The hook's work is done (container {done.name} ended with exit code 0), but container "
        f"{running.name} runs on, so that the "
        "Job never completes.",
        explanation="A Job is complete when all containers of its Pod have ended; a proxy or agent beside the "
        "program never does by itself.",
        evidence=(
            Evidence(f"Pod/{done.pod} container {done.name}", "terminated: exit code 0"),
            Evidence(f"Pod/{running.pod} container {running.name}", "running"),
        ),
        fix=fix,
        verify=(f"kubectl -n {facts.namespace} get pod {running.pod} -o wide", *again(facts)),
    )
