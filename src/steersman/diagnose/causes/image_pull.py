"""An image that cannot be had: which of the reasons it is."""

from __future__ import annotations

from dataclasses import replace

from steersman.diagnose.advice import image_values
from steersman.diagnose.diagnosis import Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.said_rule import said_rule

_VERIFY = ("kubectl -n {namespace} get events --field-selector reason=Failed",)

NAME = said_rule(
    "image-pull",
    r"\bInvalidImageName\b|couldn't parse image (?:reference|name)|invalid reference format",
    problem="The name of the hook's image is not valid: {images}.",
    explanation="A value is empty or has a blank, an upper-case letter or two colons in it (`repository:` without a tag).",
    fix="Correct image.repository and image.tag in the values; `steer get hooks` shows what came out.",
    verify=_VERIFY,
)
LOGIN = said_rule(
    "image-pull",
    r"(?i)failed to (?:pull|resolve|authorize).*(?P<why>\b40[13]\b[^,]*|unauthorized[^\"]*|authentication required"
    r"|access denied[^\"]*|denied: .*)"
    r"|pull access denied.*",
    problem="The registry does not let the cluster pull the hook's image {images}: {why}",
    explanation="It wants a login, the login is wrong or expired, or there is no such repository (which registries "
    "do not tell strangers).",
    fix="Add imagePullSecrets with a valid Secret (kubectl create secret docker-registry) to the Pod in {path}, or "
    "to its ServiceAccount. A "
    "hook's Pod does not inherit them from the application's Deployment.",
    verify=_VERIFY,
)
ABSENT = said_rule(
    "image-pull",
    r"(?i)(?:failed to pull|rpc error|back-off|ErrImagePull|not found).*(?:manifest unknown|manifest for \S+ not "
    r"found|: not found|NotFound)"
    r"|no match for platform",
    problem="There is no such image in the registry: {images}.",
    explanation="Repository or tag do not exist (never pushed, a typing error, deleted), or not for the nodes' architecture.",
    fix="Correct image.repository and image.tag in the values of the hook, or push the image.",
    verify=_VERIFY,
)
LIMIT = said_rule(
    "image-pull",
    r"toomanyrequests|429 Too Many Requests",
    problem="The registry refuses more pulls for now (429 Too Many Requests): {images}.",
    explanation="Anonymous pulls are counted by address, and this cluster's count is used up.",
    fix="Log in to the registry (imagePullSecrets in {path}), or use a mirror.",
    verify=_VERIFY,
)
AWAY = said_rule(
    "image-pull",
    r"(?i)(?:failed to (?:pull|resolve|do request)|ErrImagePull).*(?P<why>no such host|i/o timeout|connection refused"
    r"|x509: .*|server gave HTTP "
    r"response to HTTPS client|connection reset)",
    problem="The node cannot reach the registry of {images}: {why}.",
    explanation="The registry's name is wrong, a firewall or proxy is in between, or the node does not trust its certificate.",
    fix="Correct the registry in image.repository, or make it reachable from the nodes (which pull images, not the Pods).",
    verify=_VERIFY,
)
NEVER = said_rule(
    "image-pull",
    r"\bErrImageNeverPull\b|is not present with pull policy of Never",
    problem="The image {images} is not on the node, and imagePullPolicy is Never.",
    explanation="With that policy the node only uses what was loaded before.",
    fix="Load the image onto the nodes (kind load docker-image …), or set imagePullPolicy: IfNotPresent in {path}.",
    verify=_VERIFY,
)
OTHER = said_rule(
    "image-pull",
    r"\b(?:ErrImagePull|ImagePullBackOff|RegistryUnavailable|ImageInspectError)\b|Failed to pull image \"(?P<image>[^\"]+)\"",
    problem="The image of the hook cannot be pulled: {images}.",
    explanation="No such name or tag, a registry that wants a login (imagePullSecrets), or one that the node cannot reach.",
    fix="Correct image.repository and image.tag in the values, or add imagePullSecrets to the Pod in {path}. "
    "A hook's Pod does not inherit them from the application's Deployment.",
    verify=_VERIFY,
)


def find(facts: Facts) -> Diagnosis | None:
    rules = (NAME, NEVER, LIMIT, AWAY, LOGIN, ABSENT, OTHER)
    found = next((found for rule in rules if (found := rule(facts)) is not None), None)
    return replace(found, fix=found.fix + image_values(facts)) if found is not None else None
