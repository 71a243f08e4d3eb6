"""The life of a release: plan → execute → events."""
