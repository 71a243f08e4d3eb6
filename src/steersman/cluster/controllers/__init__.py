"""The controllers: what makes a Job run Pods, a Deployment roll, a Service have endpoints. One concept a file.

Each is a `controller.Controller`: it names the resources it watches, turns their changes into keys and reconciles one key at
a time, in plain code without `await` (see `cluster.machinery`), so that nothing can change under its hands.
"""
