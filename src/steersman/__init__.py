"""Steersman runs the whole life of a Helm release, with hooks at its centre.

The Python API is `steersman.client`; the command `steer` uses nothing else.
"""

__version__ = "0.1.0"
