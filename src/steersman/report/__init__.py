"""The report: a release's history as one self-contained page."""
