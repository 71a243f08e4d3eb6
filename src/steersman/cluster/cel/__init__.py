"""Rules in the Common Expression Language (CEL), evaluated where the library is installed (`pip install steersman[cel]`).

`engine` compiles and evaluates, `library` has the functions that Kubernetes adds to the language, `rules` applies the
`x-kubernetes-validations` of CRDs.
"""
