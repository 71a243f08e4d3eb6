"""The `process` runtime: a container's command as a local process in a bubblewrap sandbox."""
