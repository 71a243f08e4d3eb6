"""The types of Kubernetes: what fields an object has, how lists merge, what a custom resource's schema says."""
