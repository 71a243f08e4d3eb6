"""Release records as Helm stores them: revisions, encoding, storage drivers, history."""
