"""Review: is this hook safe for production? One rule, one file, in `rules/`."""
