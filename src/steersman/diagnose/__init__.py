"""Diagnosis: why a hook failed, in plain words, with the evidence and the fix.

`gather` reads the cluster, the release's record and the history of hook runs into `Facts`; `diagnose` is a pure function from
those to a `Diagnosis`. `diagnose_failure` does both.
"""
