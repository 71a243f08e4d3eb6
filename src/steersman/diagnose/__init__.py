"""Diagnosis: why a hook failed, in plain words, with the evidence and the fix."""
