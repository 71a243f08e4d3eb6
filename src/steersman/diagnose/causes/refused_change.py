"""A change of an object that the API server refuses: what cannot be changed, what is another's, what is going away."""

from __future__ import annotations

from steersman.diagnose.diagnosis import Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.said_rule import said_rule

IMMUTABLE = said_rule(
    "immutable-field",
    r"(?P<field>[\w.\[\]]+): (?:Invalid value: .*?: )?(?:field is immutable|may not be (?:changed|updated) when)"
    r"|updates to statefulset spec for fields other than"
    r"|Forbidden: (?P<claim>spec is immutable after creation[^\"]*)|(?P<selector>spec\.selector): .*immutable",
    problem="The upgrade changes a field that cannot be changed once the object exists: {field}{claim}{selector}",
    explanation="Kubernetes fixes such fields at creation (a Job's template, selectors, a StatefulSet's volumes, a "
    "claim's class).",
    fix="Let it be made anew (steer upgrade --recreate-immutable), give the object in {path} another name, or leave "
    "the field as it was.",
)
OWNERSHIP = said_rule(
    "ownership-conflict",
    r"(?P<what>\w+ \"[^\"]+\" in namespace \"[^\"]*\") exists and cannot be imported.*|invalid ownership metadata",
    problem="{what} is there already and does not belong to this release.",
    explanation="Another release, or kubectl, has created an object of the same name; taking it over silently could "
    "break its owner.",
    fix="Delete or rename it, or let this release take it over (--take-ownership).",
)
FIELDS = said_rule(
    "field-conflict",
    r"Apply failed with \d+ conflicts?: (?P<why>.*)",
    problem="Somebody else manages fields that the chart sets: {why}",
    explanation="Server-side apply does not overwrite fields that another manager (kubectl, an operator, an "
    "autoscaler) has set.",
    fix="Take the field out of the chart, if another one is to keep it, or overwrite it (--force-conflicts).",
)
TERMINATING = said_rule(
    "namespace-terminating",
    r"because (?:it|namespace \S+) is being terminated|namespace (?P<name>\S+) (?:because it )?is being terminated",
    problem="The namespace is being deleted, and takes nothing new.",
    explanation="Somebody deleted it; it goes when all finalizers in it are done, which may hang.",
    fix="Wait until it is gone and create it again, or see what holds it up (status.conditions of the namespace).",
    verify=("kubectl get namespace {namespace} -o yaml",),
)
FORBIDDEN = said_rule(
    "forbidden",
    r"is forbidden: (?P<why>User \"[^\"]+\" cannot .*)",
    problem="You (or the account that steer uses) may not do this: {why}",
    explanation="No Role or ClusterRole allows it.",
    fix="Have a RoleBinding made for that verb and resource, or use an account that may.",
    verify=("kubectl auth can-i --list -n {namespace}",),
)
KIND = said_rule(
    "kind-missing",
    r"no matches for kind \"(?P<kind>[^\"]+)\" in version \"(?P<version>[^\"]+)\"|resource mapping not "
    r"found.*(?P<other>kind \"[^\"]+\")"
    r"|the server could not find the requested resource",
    problem="The cluster does not know {version} {kind}{other}.",
    explanation="Its CustomResourceDefinition is not installed (yet), or the cluster is too old or too new for that "
    "apiVersion.",
    fix="Install what brings the CRD (an operator, `crds/` of a chart) first, or use the apiVersion that the "
    "cluster serves in {path}.",
    verify=("kubectl api-resources | grep -i '{kind}'",),
)
DEFINITION = said_rule(
    "crd-not-established",
    r"CustomResourceDefinition.*(?:InProgress|Failed): (?P<why>.*)|NamesAccepted: False.*",
    problem="A CustomResourceDefinition is not established: {why}",
    explanation="Its names collide with another definition's, or the API server has not served it yet.",
    fix="Delete the other definition, or rename the kind.",
)


def find(facts: Facts) -> Diagnosis | None:
    rules = (TERMINATING, OWNERSHIP, FIELDS, IMMUTABLE, KIND, FORBIDDEN, DEFINITION)
    return next((found for rule in rules if (found := rule(facts)) is not None), None)
