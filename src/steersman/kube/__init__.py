"""Kubernetes: the client, discovery, applying, watching, readiness, logs, events."""
