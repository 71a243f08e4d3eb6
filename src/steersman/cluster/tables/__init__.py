"""Tables: what `kubectl get` shows of each kind."""

from steersman.cluster.tables.table import table

__all__ = ["table"]
