"""ValidatingAdmissionPolicies and their bindings.

Source: kubernetes.io "Validating Admission Policy"; the words are those of the API server. `authorizer` is not there to be asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from steersman.cluster import status
from steersman.cluster.access.identity import AUTHENTICATED, User
from steersman.cluster.cel import engine
from steersman.cluster.machinery import Objects, Operation, WriteOptions
from steersman.cluster.resources import Resource
from steersman.cluster.webhooks.configuration import GROUP, Write, concerns, rule_matches
from steersman.errors import ApiError

Json = dict[str, Any]

POLICIES = f"validatingadmissionpolicies.{GROUP}"
BINDINGS = f"validatingadmissionpolicybindings.{GROUP}"
_CODES = {"Unauthorized": 401, "Forbidden": 403, "RequestEntityTooLarge": 413, "Invalid": 422}
_CONTROLLER = User("system:kube-controller-manager", (AUTHENTICATED,))


@dataclass(frozen=True, slots=True)
class Failure:
    """One validation that does not hold."""

    message: str
    reason: str = ""


def unevaluated(policy: Json) -> list[str]:
    """What is said of a policy that is stored and not (wholly) applied."""
    if not engine.available():
        return ["this cluster stores admission policies, but applies none: install steersman[cel]"]
    found = []
    for expression in _expressions(policy.get("spec") or {}):
        try:
            engine.compile_expression(expression)
        except engine.CelUnknown as error:
            found.append(f"this policy is stored, but not applied here ({error}): {expression}")
    return found


def _expressions(spec: Json) -> Iterator[str]:
    for key in ("validations", "matchConditions", "variables"):
        for each in spec.get(key) or ():
            yield each.get("expression", "")


class Policies:
    """A check of writes (`objects.checks`)."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._bound: list[tuple[Json, Json]] | None = None
        objects.written.append(self._written)

    def _written(self, resource: Resource, obj: Json, gone: bool) -> None:
        if resource.api_version.startswith(GROUP):
            self._bound = None

    def _all(self) -> list[tuple[Json, Json]]:
        """Every policy that can be applied, with each of its bindings."""
        if self._bound is None:
            policies = {
                each["metadata"]["name"]: each for each in self._objects.list(POLICIES) if not unevaluated(each)
            }
            bindings = self._objects.list(BINDINGS)
            named = [(policies.get(each["spec"].get("policyName", "")), each) for each in bindings]
            self._bound = [(policy, binding) for policy, binding in named if policy is not None]
        return self._bound

    def __call__(self, operation: Operation, resource: Resource, new: Json, old: Json | None, options: WriteOptions,
                 subresource: str) -> None:  # fmt: skip
        """Raises ApiError where a policy denies the write."""
        if not self._all() or (options.user is None and subresource):
            return
        write = Write(operation, resource, subresource, new, old)
        for policy, binding in self._all():
            if _matches(policy["spec"].get("matchConstraints") or {}, write, self._objects) and _matches(
                binding["spec"].get("matchResources") or {}, write, self._objects
            ):
                self._apply(policy, binding, write, options)

    def _apply(self, policy: Json, binding: Json, write: Write, options: WriteOptions) -> None:
        actions = binding["spec"].get("validationActions") or ["Deny"]
        names = f"'{policy['metadata']['name']}' with binding '{binding['metadata']['name']}'"
        for params in self._params(policy, binding, write):
            for failure in _failures(policy["spec"], self._variables(write, params, options)):
                if "Warn" in actions:
                    warning = f"Validation failed for ValidatingAdmissionPolicy {names}: {failure.message}"
                    options.warnings.append(warning)
                if "Deny" in actions:
                    message = f"ValidatingAdmissionPolicy {names} denied request: {failure.message}"
                    raise _denied(write, message, failure.reason or "Invalid")

    def _variables(self, write: Write, params: Json | None, options: WriteOptions) -> dict[str, Any]:
        resource, meta = write.resource, write.new["metadata"]
        namespace = meta.get("namespace", "")
        request = {
            "kind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
            "resource": {"group": resource.group, "version": resource.version, "resource": resource.plural},
            "subResource": write.subresource, "name": meta.get("name", ""), "namespace": namespace,
            "operation": write.operation, "userInfo": (options.user or _CONTROLLER).info, "dryRun": options.dry_run,
        }  # fmt: skip
        whole = {"kind": resource.kind, "apiVersion": resource.api_version}
        return {
            "object": None if write.operation == "DELETE" else {**whole, **write.new},
            "oldObject": None if write.old is None else {**whole, **write.old},
            "request": request,
            "params": params,
            "namespaceObject": self._objects.find("namespaces", namespace) if namespace else None,
        }

    def _params(self, policy: Json, binding: Json, write: Write) -> list[Json | None]:
        """The objects that the binding names as parameters, [None] where the policy takes none. Raises ApiError."""
        kind, reference = policy["spec"].get("paramKind"), binding["spec"].get("paramRef")
        if not kind or not reference:
            return [None]
        resource = self._objects.registry.of_kind(kind["apiVersion"], kind["kind"])
        found: list[Json] = []
        if resource is not None:
            namespace = reference.get("namespace") or write.new["metadata"].get("namespace")
            where = namespace if resource.namespaced else None
            if reference.get("name"):
                one = self._objects.find(resource, reference["name"], where)
                found = [one] if one is not None else []
            else:
                found = self._objects.list(resource, where, labels=reference.get("selector") or {})
        if not found and reference.get("parameterNotFoundAction") == "Deny":
            words = (
                "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"
            )
            raise _denied(write, words, "Forbidden")
        return list(found)


def _matches(constraints: Json, write: Write, objects: Objects) -> bool:
    if write.resource.group == GROUP:
        return False
    rules = constraints.get("resourceRules")
    excluded = constraints.get("excludeResourceRules") or ()
    if any(_rule_matches(rule, write) for rule in excluded):
        return False
    everything = [{"apiGroups": ["*"], "operations": ["*"], "resources": ["*/*"]}]
    wanted = [rule for rule in rules if _rule_matches(rule, write)] if rules is not None else everything
    return concerns({**constraints, "rules": wanted}, write, objects)


def _rule_matches(rule: Json, write: Write) -> bool:
    names = rule.get("resourceNames") or ()
    return rule_matches(rule, write) and (not names or write.new["metadata"].get("name") in names)


def _failures(spec: Json, variables: dict[str, Any]) -> Iterator[Failure]:
    """Of all validations, as far as the policy's conditions let them be looked at."""
    failing = spec.get("failurePolicy", "Fail") == "Fail"
    try:
        conditions = [condition["expression"] for condition in spec.get("matchConditions") or ()]
        if not all(engine.compile_expression(each).evaluate(variables) is True for each in conditions):
            return
    except engine.CelError as error:
        if failing:
            yield Failure(str(error))
        return
    variables = {**variables, "variables": _composed(spec, variables)}
    for validation in spec.get("validations") or ():
        expression = str(validation["expression"])
        try:
            if engine.compile_expression(expression).evaluate(variables) is not True:
                yield Failure(engine.message(validation, variables, key="expression"), validation.get("reason", ""))
        except engine.CelError as error:
            if failing:
                yield Failure(f"expression '{expression}' resulted in error: {error}")


def _composed(spec: Json, variables: dict[str, Any]) -> Json:
    """`variables`: each may use those before it; one that cannot be evaluated is missing."""
    found: Json = {}
    for each in spec.get("variables") or ():
        try:
            value = engine.compile_expression(each["expression"]).evaluate({**variables, "variables": found})
        except engine.CelError:
            continue
        found[each["name"]] = value
    return found


def _denied(write: Write, message: str, reason: str) -> ApiError:
    meta = write.new["metadata"]
    error = status.forbidden(
        write.resource, meta.get("name") or meta.get("generateName", ""), message, [{"message": message}]
    )
    return ApiError(str(error), code=_CODES.get(reason, 422), reason=reason, details=error.details)
