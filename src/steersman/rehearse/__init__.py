"""Rehearsal: an action run on a throw-away embedded cluster, with a fault put into one step.

`stage` brings the cluster to where the release is now, `faults` stands between the client and the cluster, `run` plays the
scenarios and judges them, `verdict` is what comes of it.
"""
