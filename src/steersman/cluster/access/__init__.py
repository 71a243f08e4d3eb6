"""Who asks, and whether they may: identities, tokens, impersonation, and RBAC authorization as Kubernetes has it.

A request passes `authentication`, then `impersonation`, then `authorizer`; a write of a role or a binding also passes
`escalation`. The user of the kubeconfig is in `system:masters`, for whom none of it is looked at. Controllers and the kubelet
work on the objects directly and are not asked.
"""
