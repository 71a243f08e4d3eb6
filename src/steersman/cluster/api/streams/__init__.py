"""What runs over an upgraded connection: `kubectl exec`, `attach`, `port-forward` and, by way of exec, `cp`."""
