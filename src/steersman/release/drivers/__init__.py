"""Where revisions are kept: one driver a file, named as `HELM_DRIVER` names it."""
