"""The Python API: what `steer` does, for programs."""
