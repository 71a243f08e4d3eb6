"""A Service of type LoadBalancer that nobody gives an address."""

from __future__ import annotations

from steersman.diagnose.advice import again, describe_command
from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import Facts


def find(facts: Facts) -> Diagnosis | None:
    if facts.hook.kind != "Service" or not facts.readiness.startswith("InProgress"):
        return None
    return Diagnosis(
        cause="load-balancer-pending",
        confidence=Confidence.HIGH,
        problem=f"Service {facts.hook.name} is of type LoadBalancer and has no address: nothing in this cluster gives it one.",
        explanation="A cloud's controller (or MetalLB) must assign the address; there is none, or it failed (see the events).",
        evidence=(Evidence(f"Service/{facts.hook.name}", facts.readiness),),
        fix="Use type ClusterIP (with an Ingress) or NodePort in your values, or install a load balancer controller.",
        verify=(describe_command(facts), *again(facts)),
    )
