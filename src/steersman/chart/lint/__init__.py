"""`steer lint`: Helm's rules for a chart, one module a concern, with Helm's words and severities.

Source: Helm's docs/helm/helm_lint and the behaviour of helm 4.3.1.
"""
