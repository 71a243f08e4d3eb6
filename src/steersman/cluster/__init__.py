"""The embedded cluster: a Kubernetes API server, its controllers and Pod runtimes on one machine.

From a request to the disk: `api/` (HTTPS, discovery, tables, watches) → `machinery` (what a write means) → `store` (SQLite and
the event log). `schema/` knows the types, `fields/` who owns which field, `patch/` the kinds of patch, `kinds/` what is special
about one kind. Controllers and runtimes work on `machinery.Objects` in the same process.
"""
