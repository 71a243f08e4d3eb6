"""Where charts come from and go to: repositories, OCI registries, the caches shared with helm, a chart's dependencies."""
