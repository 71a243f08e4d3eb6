"""An image that cannot be had."""

from __future__ import annotations

from steersman.diagnose.said_rule import said_rule

find = said_rule(
    "image-pull",
    r"\b(?:ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|RegistryUnavailable|ImageInspectError)\b"
    r"|Failed to pull image \"(?P<image>[^\"]+)\"",
    problem="The image of the hook cannot be pulled: {images}.",
    explanation="No such name or tag, a registry that wants a login (imagePullSecrets), or one that the node cannot reach.",
    fix="Correct image.repository and image.tag in the values, or add imagePullSecrets to the Pod in {path}. "
    "A hook's Pod does not inherit them from the application's Deployment.",
    verify=("kubectl -n {namespace} get events --field-selector reason=Failed",),
)
