"""Manifests: YAML as Helm reads and writes it, documents, hook annotations, order, diff."""
