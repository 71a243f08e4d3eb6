"""Rehearsal: an action run on a throw-away embedded cluster, with a fault put into one step."""
