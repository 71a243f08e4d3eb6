"""The JSONPath templates of kubectl, which `show values --jsonpath` takes: text with actions in braces.

Source: https://kubernetes.io/docs/reference/kubectl/jsonpath/ and what helm 4.3.1 does.
"""
