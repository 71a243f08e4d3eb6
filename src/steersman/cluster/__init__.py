"""The embedded cluster: API server, store, controllers, Pod runtimes."""
