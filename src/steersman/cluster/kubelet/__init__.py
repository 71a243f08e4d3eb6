"""The node: turns Pods that are bound to it into containers of a runtime, and tells the API how they fare.

`kubelet.Kubelet` watches Pods and gives each a `worker.PodWorker`. What a worker needs is beside it, one concept a file:
`environment`, `volumes`, `probes`, `status`, `logs`. Reasons, messages and back-off are the real kubelet's.
"""
