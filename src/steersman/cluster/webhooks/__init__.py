"""Admission webhooks: who is asked about a write, how, and what comes of the answers.

Writes are plain calls that finish at once (`cluster.machinery`); asking takes time. So a write that somebody has to be asked
about stops with `ReviewNeeded` before anything is stored. Who made it awaits its `settle`, and makes it once more: it goes on
with the very object that was asked about.
"""
