"""Who owns which field: sets of field paths, typed comparison and merge, managedFields.

The algorithms are those of sigs.k8s.io/structured-merge-diff, which the API server uses for server-side apply.
"""
