"""The node agent: one small child process of the server that owns what needs a namespace.

It holds the cluster's network (`cluster.network`), starts the sandboxed processes of Pods and writes their logs. Everything
it decided to do was decided by the server, which talks to it over a socket pair (`link.Link`). When the server dies, however
that comes about, the agent is killed by the kernel, and with it every process of every Pod: nothing can be left behind.
"""
