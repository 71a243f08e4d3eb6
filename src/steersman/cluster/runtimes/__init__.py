"""How a container becomes a process: `process` (local programs in a sandbox), `podman` (the real image), `simulated`.

`interface.Runtime` is what the kubelet needs of one; `images` maps image names to local programs.
"""
