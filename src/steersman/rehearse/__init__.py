"""Rehearsal: an action run on a throw-away embedded cluster, with a fault put into one step.

`stage` brings the cluster to where the release is now, `faults` stands between the client and the cluster, `perform` runs the
action once, `run` plays the scenarios, `judge` says what they show, `verdict` is what comes of it.
"""
