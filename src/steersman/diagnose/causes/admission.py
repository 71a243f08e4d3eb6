"""An admission plugin or webhook that refuses the object."""

from __future__ import annotations

from steersman.diagnose.said_rule import said_rule

find = said_rule(
    "admission-refused",
    r'admission webhook "(?P<name>[^"]+)" denied the request|violates PodSecurity "(?P<level>[^"]+)"'
    r"|ValidatingAdmissionPolicy '(?P<policy>[^']+)'.*denied|failed calling webhook \"(?P<broken>[^\"]+)\"",
    problem="The cluster refused the hook's object: {name}{level}{policy}{broken}.",
    explanation="An admission rule (Pod Security, a policy engine, a webhook) does not accept it as it is: see its message.",
    fix="Change what the message names in {path} (for Pod Security: runAsNonRoot, allowPrivilegeEscalation: false, "
    "capabilities.drop: [ALL], seccompProfile), or get the namespace an exception.",
    verify=("kubectl get namespace {namespace} --show-labels",),
)
