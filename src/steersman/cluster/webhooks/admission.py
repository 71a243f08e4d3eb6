"""Reviews by webhooks: a write that needs one stops, is asked about, and is made again."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from steersman.cluster.access.identity import AUTHENTICATED, User
from steersman.cluster.cel import engine
from steersman.cluster.machinery import Objects, Operation, ReviewNeeded, WriteOptions
from steersman.cluster.node import PodAccess
from steersman.cluster.patch.json_patch import json_patch
from steersman.cluster.resources import Resource
from steersman.cluster.webhooks.calling import CallFailed, call
from steersman.cluster.webhooks.configuration import GROUP, Phase, Write, concerns, webhooks
from steersman.errors import ApiError

Json = dict[str, Any]

_CONTROLLER = User("system:kube-controller-manager", (AUTHENTICATED,))
_NEVER = ("events", "leases.coordination.k8s.io")  # of what the cluster's own parts write
_REVIEWS = ("v1", "v1beta1")
_KEPT = 100


@dataclass(frozen=True, slots=True)
class Needed:
    """Who has to be asked about what."""

    key: str
    phase: Phase
    write: Write
    options: WriteOptions
    asked: list[Json]


@dataclass(slots=True)
class Answered:
    """What came of a review: the object as it is to be written, or the `error` that refuses it."""

    obj: Json
    phases: set[Phase] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    error: ApiError | None = None


class Webhooks:
    """What writes call (`Objects.reviewer`)."""

    def __init__(self, objects: Objects, access: PodAccess | None) -> None:
        self._objects = objects
        self._access = access
        self._configured: bool | None = None
        self._answers: dict[str, Answered] = {}
        objects.written.append(self._written)

    def _written(self, resource: Resource, obj: Json, gone: bool) -> None:
        if resource.api_version.startswith(GROUP):
            self._configured = None

    def _has_a_say(self, resource: Resource, options: WriteOptions, subresource: str) -> bool:
        if self._configured is None:
            phases: tuple[Phase, ...] = ("mutating", "validating")
            self._configured = any(True for phase in phases for _ in webhooks(self._objects, phase))
        if not self._configured:
            return False
        return options.user is not None or (
            self._objects.within_controller and not subresource and resource.storage not in _NEVER
        )

    def resume(self, operation: Operation, resource: Resource, new: Json, old: Json | None, options: WriteOptions,
               subresource: str = "") -> bool:  # fmt: skip
        """Whether this write has been prepared before; then `new` is what it was made by admission and webhooks.

        Raises ApiError where it was refused.
        """
        if not self._has_a_say(resource, options, subresource):
            return False
        options.key = _key(Write(operation, resource, subresource, new, old), options)
        answers = self._answers_for(options)
        answered = answers.get(options.key)
        if answered is None:
            return False
        if answered.error is not None:
            del answers[options.key]
            raise answered.error
        options.warnings += answered.warnings
        new.clear()
        new.update(copy.deepcopy(answered.obj))
        return True

    def review(self, phase: Phase, operation: Operation, resource: Resource, new: Json, old: Json | None,
               options: WriteOptions, subresource: str = "") -> None:  # fmt: skip
        """Raises ReviewNeeded where a webhook has not been asked yet."""
        if not options.key:
            return
        answers = self._answers_for(options)
        answered = answers.get(options.key)
        if answered is None or phase not in answered.phases:
            write = Write(operation, resource, subresource, new, old)
            asked = [each for each in webhooks(self._objects, phase) if concerns(each, write, self._objects)]
            if asked:
                needed = Needed(options.key, phase, write, options, asked)
                raise ReviewNeeded(f"{operation} of {resource.name} has to be reviewed", partial(self._settle, needed))
        if phase == "validating":  # all have been asked, and the object is written now
            answers.pop(options.key, None)

    def _answers_for(self, options: WriteOptions) -> dict[str, Any]:
        return self._answers if options.user is None else options.answers

    async def _settle(self, needed: Needed) -> None:
        """Ask, and keep the answer for the next try."""
        answers = self._answers_for(needed.options)
        answered = answers.get(needed.key) or Answered(needed.write.new)
        answered.phases.add(needed.phase)
        await (self._mutate if needed.phase == "mutating" else self._validate)(needed, answered)
        if len(answers) >= _KEPT:  # of controllers that never came back
            del answers[next(iter(answers))]
        answers[needed.key] = answered

    async def _mutate(self, needed: Needed, answered: Answered) -> None:
        """One after the other; those that ask for it once more, where a later one has changed something."""
        changed_after: dict[int, bool] = {}
        for again in (False, True):
            for number, webhook in enumerate(needed.asked):
                if again and not (webhook.get("reinvocationPolicy") == "IfNeeded" and changed_after.get(number)):
                    continue
                patch = await self._ask(needed, webhook, answered.obj, answered)
                if answered.error is not None:
                    return
                if patch:
                    answered.obj = json_patch(answered.obj, patch)
                    changed_after |= dict.fromkeys(range(number), True)
                changed_after[number] = False

    async def _validate(self, needed: Needed, answered: Answered) -> None:
        """All at once; of several refusals the first one counts."""
        answers = [Answered(needed.write.new) for _ in needed.asked]
        calls = (
            self._ask(needed, webhook, needed.write.new, each)
            for webhook, each in zip(needed.asked, answers, strict=True)
        )
        await asyncio.gather(*calls)
        answered.obj = needed.write.new
        answered.warnings += [warning for each in answers for warning in each.warnings]
        answered.error = next((each.error for each in answers if each.error is not None), None)

    async def _ask(self, needed: Needed, webhook: Json, current: Json, outcome: Answered) -> Any:
        """The patch of one webhook; warnings and refusals go into `outcome`."""
        name = webhook["name"]
        options, write = needed.options, needed.write
        try:
            if not _conditions_hold(webhook, _request(write, current, options)):
                return None
            if options.dry_run and webhook.get("sideEffects") not in ("None", "NoneOnDryRun"):
                raise ApiError(f'admission webhook "{name}" does not support dry run', code=400, reason="BadRequest")
            return await self._answer(webhook, write, current, options, outcome)
        except ApiError as error:
            outcome.error = error
        except CallFailed as error:
            if webhook.get("failurePolicy", "Fail") == "Fail":
                words = f'Internal error occurred: failed calling webhook "{name}": {error}'
                cause: Json = {"causes": [{"message": f'failed calling webhook "{name}": {error}'}]}
                outcome.error = ApiError(words, code=500, reason="InternalError", details=cause)
        return None

    async def _answer(
        self, webhook: Json, write: Write, current: Json, options: WriteOptions, outcome: Answered
    ) -> Any:
        name = webhook["name"]
        version = next((each for each in webhook.get("admissionReviewVersions") or () if each in _REVIEWS), "v1")
        request = _request(write, current, options)
        review = {"kind": "AdmissionReview", "apiVersion": f"admission.k8s.io/{version}", "request": request}
        answer = await call(webhook, review, self._objects, self._access)
        response = answer.get("response")
        if answer.get("kind") != "AdmissionReview" or not isinstance(response, dict):
            found = f"{answer.get('apiVersion', '')}, Kind={answer.get('kind', '')}"
            raise CallFailed(
                f"expected webhook response of admission.k8s.io/{version}, Kind=AdmissionReview, got {found}"
            )
        if response.get("uid") != request["uid"]:
            raise CallFailed(f'expected response.uid="{request["uid"]}", got "{response.get("uid", "")}"')
        outcome.warnings += [str(each) for each in response.get("warnings") or ()]
        if not response.get("allowed"):
            raise _denied(name, response.get("status") or {})
        if not response.get("patch"):
            return None
        return json.loads(base64.b64decode(response["patch"]))


def _denied(name: str, status: Json) -> ApiError:
    by = f'admission webhook "{name}" denied the request'
    why = status.get("message") or status.get("reason")
    code = max(int(status.get("code") or 400), 400)
    message = f"{by}: {why}" if why else f"{by} without explanation"
    return ApiError(message, code=code, reason=status.get("reason") or "", details=status.get("details"))


def _request(write: Write, current: Json, options: WriteOptions) -> Json:
    resource, meta = write.resource, current["metadata"]
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    named = {"group": resource.group, "version": resource.version, "resource": resource.plural}
    whole = {"kind": resource.kind, "apiVersion": resource.api_version}
    deleting = write.operation == "DELETE"
    request: Json = {
        "uid": str(uuid.uuid4()), "kind": kind, "resource": named, "requestKind": kind, "requestResource": named,
        "name": meta.get("name", ""), "operation": write.operation,
        "userInfo": (options.user or _CONTROLLER).info,
        "object": None if deleting else {**whole, **current},
        "oldObject": {**whole, **write.old} if write.old is not None else None,
        "dryRun": options.dry_run,
        "options": {"kind": f"{write.operation.capitalize()}Options", "apiVersion": "meta.k8s.io/v1"},
    }  # fmt: skip
    if resource.namespaced:
        request["namespace"] = meta.get("namespace", "")
    if write.subresource:
        request["subResource"] = request["requestSubResource"] = write.subresource
    return request


def _conditions_hold(webhook: Json, request: Json) -> bool:
    """Raises CallFailed where one cannot be evaluated."""
    for condition in webhook.get("matchConditions") or ():
        variables = {"object": request["object"], "oldObject": request["oldObject"], "request": request}
        if not engine.available():
            return True
        try:
            if engine.compile_expression(condition["expression"]).evaluate(variables) is not True:
                return False
        except (engine.CelUnknown, engine.CelError) as error:
            raise CallFailed(f"match condition {condition.get('name', '')!r}: {error}") from None
    return True


def _key(write: Write, options: WriteOptions) -> str:
    """The same for the same write made once more: without what the server makes up anew each time."""
    made = {"uid", "creationTimestamp", "managedFields", "resourceVersion"}
    if write.operation == "CREATE" and write.new["metadata"].get("generateName"):
        made.add("name")
    meta = {key: value for key, value in write.new["metadata"].items() if key not in made}
    body = {**write.new, "metadata": meta}
    old = write.old["metadata"].get("resourceVersion") if write.old is not None else None
    user = options.user.name if options.user is not None else ""
    parts = [write.operation, write.resource.name, write.subresource, options.dry_run, user, old, body]
    text = json.dumps(parts, sort_keys=True, default=str)
    uid = write.new["metadata"].get("uid")  # Jobs have it in their labels, too
    return text.replace(uid, "") if write.operation == "CREATE" and uid else text
