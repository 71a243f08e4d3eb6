"""The HTTPS face of the cluster: paths to resources, formats, discovery, watches."""
