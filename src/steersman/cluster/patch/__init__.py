"""The kinds of PATCH: JSON patch (RFC 6902), merge patch (RFC 7386) and Kubernetes' strategic merge patch."""
