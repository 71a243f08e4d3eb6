"""The cluster's own network: a namespace with a bridge, one namespace a Pod, cluster DNS and the Services' addresses.

All of it lives inside one *agent* process (`agent.py`) in its own user and network namespace, so it needs no root, touches
nothing of the machine's network and is gone when the agent is. `link.Link` is the server's end of it.
"""
