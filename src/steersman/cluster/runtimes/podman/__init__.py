"""The `podman` runtime: real containers of real images, in the network of their Pod. Needs podman, and root or subuids."""
