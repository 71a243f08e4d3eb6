"""Plans as pure data: the order of each action, the ids, what belongs together; without any cluster."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.errors import HookAnnotationError, ReleaseExists, ReleaseNotFound, ReleasePending, UsageError
from steersman.lifecycle.common import Wanted
from steersman.lifecycle.install import plan_install
from steersman.lifecycle.plan import Options, Plan, Prune, RunHook
from steersman.lifecycle.policy import Action, HookFailure, Phase, Policy, Remedy, interruptible, rule
from steersman.lifecycle.resources import resources_of
from steersman.lifecycle.rollback import plan_rollback
from steersman.lifecycle.situation import Situation
from steersman.lifecycle.test import plan_test
from steersman.lifecycle.uninstall import plan_uninstall
from steersman.lifecycle.upgrade import plan_upgrade
from steersman.release.codec import encode
from steersman.release.record import Info, Status
from steersman.release.stored import Stored

from .charts import App, config_map, deployment, full, hook
from .driver import Driver

ROLLBACK, HELM = Policy.ROLLBACK, Policy.HELM
CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: foos.example.com}
spec: {group: example.com, scope: Cluster, names: {kind: Foo}}
"""


def past(*statuses: str, app: App | None = None) -> Situation:
    """A release with these revisions."""
    history = []
    for version, word in enumerate(statuses, 1):
        status, _, description = word.partition(":")
        wanted = (app or full()).wanted().release
        release = replace(wanted, version=version, info=Info(status=Status(status), description=description))
        history.append(Stored("my-app", "default", version, Status(status), encode(release)))
    return Situation("my-app", "default", tuple(history))


def ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def test_install_from_crds_to_deployed() -> None:
    app = replace(full(), crds=(("app/crds/foo.yaml", CRD),))
    plan = plan_install(past(), app.wanted(), ROLLBACK, Options(create_namespace=True))
    assert ids(plan) == [
        "crd/app/crds/foo.yaml",
        "check-ownership",
        "namespace/default",
        "record/1/pending-install",
        "pre-install/0/pre-install-hook/before-hook-creation",
        "pre-install/0/pre-install-hook",
        "apply/ConfigMap/default/settings",
        "apply/Deployment/default/web",
        "wait-ready",
        "post-install/0/post-install-hook/before-hook-creation",
        "post-install/0/post-install-hook",
        "wait-ready/after-hooks",
        "record/1/deployed",
    ]


def test_upgrade_creates_patches_prunes() -> None:
    app = App((config_map("a"), config_map("b"), deployment("web")))
    plan = plan_upgrade(past("deployed"), app.wanted(), ROLLBACK, Options())
    assert ids(plan) == [
        "check-ownership",
        "record/2/pending-upgrade",
        "apply/ConfigMap/default/a",
        "apply/ConfigMap/default/b",
        "apply/Deployment/default/web",
        "prune/ConfigMap/default/settings",
        "wait-ready",
        "record/2/deployed",
        "record/1/superseded",
    ]


def test_helm_supersedes_first_and_does_not_wait() -> None:
    plan = plan_upgrade(past("deployed"), App((config_map("settings"),)).wanted(), HELM, Options())
    assert ids(plan)[-3:] == ["prune/Deployment/default/web", "record/1/superseded", "record/2/deployed"]


def test_rollback_runs_the_hooks_of_the_revision_it_returns_to() -> None:
    plan = plan_rollback(past("superseded", "deployed"), 1, ROLLBACK, Options())
    assert ids(plan)[:3] == [
        "record/3/pending-rollback",
        "pre-rollback/0/pre-rollback-hook/before-hook-creation",
        "pre-rollback/0/pre-rollback-hook",
    ]
    assert ids(plan)[-2:] == ["record/3/deployed", "record/2/superseded"]
    assert plan.release.info.rollback_revision == 1


def test_uninstall_deletes_in_reverse() -> None:
    plan = plan_uninstall(past("superseded", "deployed"), ROLLBACK, Options())
    assert ids(plan) == [
        "record/2/uninstalling",
        "pre-delete/0/pre-delete-hook/before-hook-creation",
        "pre-delete/0/pre-delete-hook",
        "delete/Deployment/default/web",
        "delete/ConfigMap/default/settings",
        "await-deletion",
        "post-delete/0/post-delete-hook/before-hook-creation",
        "post-delete/0/post-delete-hook",
        "remove-records/uninstall",
    ]
    assert ids(plan_uninstall(past("deployed"), ROLLBACK, Options(keep_history=True)))[-1] == "record/1/uninstalled"


def test_helm_writes_uninstalling_with_the_first_hook_and_after_them() -> None:
    assert ids(plan_uninstall(past("deployed"), HELM, Options()))[:4] == [
        "stage/1/uninstalling",
        "pre-delete/0/pre-delete-hook/before-hook-creation",
        "pre-delete/0/pre-delete-hook",
        "record/1/uninstalling",
    ]


def test_hooks_go_with_the_release_where_it_is_asked_for() -> None:
    plan = plan_uninstall(past("deployed"), ROLLBACK, Options(delete_hooks=True))
    assert len([step for step in ids(plan) if step.endswith("/leftover")]) == 9


def test_test_runs_the_chosen_tests() -> None:
    app = App(hooks=(hook("a", "test"), hook("b", "test"), hook("c", "pre-install")))

    def run(*filters: str) -> list[str]:
        plan = plan_test(past("deployed", app=app), ROLLBACK, Options(test_filters=filters))
        return [step.hook.hook.name for step in plan.steps if isinstance(step, RunHook)]

    assert run() == ["a", "b"]
    assert run("name=a") == ["a"]
    assert run("!name=a") == ["b"]
    with pytest.raises(UsageError, match="invalid --filter"):
        run("weight=1")


def test_no_hooks() -> None:
    plan = plan_install(past(), full().wanted(), ROLLBACK, Options(no_hooks=True))
    assert not [step for step in plan.steps if isinstance(step, RunHook)]


# --- hooks --------------------------------------------------------------------------------------------------------


def hook_ids(*hooks: object, parallel: bool = False, policy: Policy = ROLLBACK) -> list[tuple[str, ...]]:
    app = App((), hooks=hooks)  # type: ignore[arg-type]
    plan = plan_install(past(), app.wanted(), policy, Options(parallel_hooks=parallel))
    groups = [tuple(step.id.removeprefix("pre-install/") for step in group) for group in plan.groups]
    return [group for group in groups if not group[0].startswith("record/")]


def test_weights_ascend_and_names_break_ties() -> None:
    groups = hook_ids(
        hook("b", "pre-install"), hook("a", "pre-install"), hook("z", "pre-install", -5), hook("x", "pre-install", 7)
    )
    assert [group for group in groups if not group[0].endswith("-creation")] == [
        ("-5/z",),
        ("0/a",),
        ("0/b",),
        ("7/x",),
    ]


def test_equal_weights_together_only_where_asked_for() -> None:
    three = (hook("a", "pre-install"), hook("b", "pre-install"), hook("c", "pre-install", 1))
    assert ("0/a", "0/b") in hook_ids(*three, parallel=True)
    annotated = (
        hook("a", "pre-install", steersman_hook_parallel="true"),
        hook("b", "pre-install"),
        hook("c", "pre-install", steersman_hook_parallel="true"),
    )
    runs = [group for group in hook_ids(*annotated) if not group[0].endswith("-creation")]
    assert runs == [("0/a", "0/c"), ("0/b",)]


@pytest.mark.parametrize(
    ("policies", "policy", "expected"),
    [
        ("", ROLLBACK, ["0/a/before-hook-creation", "0/a"]),
        ("", HELM, ["0/a/before-hook-creation", "0/a"]),
        ("hook-succeeded", ROLLBACK, ["0/a/leftover", "0/a", "0/a/hook-succeeded"]),
        ("hook-succeeded", HELM, ["0/a", "0/a/hook-succeeded"]),
        ("hook-failed", ROLLBACK, ["0/a/leftover", "0/a"]),
        (
            "hook-succeeded,before-hook-creation",
            ROLLBACK,
            ["0/a/before-hook-creation", "0/a", "0/a/hook-succeeded"],
        ),
        ("never", HELM, ["0/a"]),
    ],
)
def test_delete_policies(policies: str, policy: Policy, expected: list[str]) -> None:
    annotations = {"helm_hook_delete_policy": policies} if policies else {}
    groups = hook_ids(hook("a", "pre-install", 0, **annotations), policy=policy)
    assert [step for group in groups for step in group] == expected


def test_those_that_succeed_go_in_reverse_after_all_have_run() -> None:
    policies = {"helm_hook_delete_policy": "hook-succeeded,before-hook-creation"}
    groups = hook_ids(hook("a", "pre-install", **policies), hook("b", "pre-install", 1, **policies))
    assert groups[-2:] == [("1/b/hook-succeeded",), ("0/a/hook-succeeded",)]


@pytest.mark.parametrize(
    ("annotation", "value", "allowed"),
    [
        ("helm_hook_delete_policy", "never", "hook-succeeded"),
        ("helm_hook_output_log_policy", "before-hook-creation", "hook-failed"),
        ("steersman_hook_timeout", "soon", "a duration"),
        ("steersman_hook_retries", "-1", "a number"),
        ("steersman_hook_failure", "ignore", "warn"),
        ("steersman_hook_parallel", "yes", "true"),
    ],
)
def test_an_annotation_that_nobody_understands_is_an_error(annotation: str, value: str, allowed: str) -> None:
    broken = hook("a", "pre-install", **{annotation: value})
    with pytest.raises(HookAnnotationError) as caught:
        plan_install(past(), App(hooks=(broken,)).wanted(), ROLLBACK, Options())
    assert "app/templates/a.yaml" in str(caught.value)
    assert caught.value.value == value
    assert allowed in caught.value.hint


def test_a_weight_that_is_no_integer_is_an_error() -> None:
    with pytest.raises(HookAnnotationError, match=r"helm\.sh/hook-weight: 'first'"):
        plan_install(past(), App(hooks=(hook("a", "pre-install", "first"),)).wanted(), ROLLBACK, Options())
    plan_install(past(), App(hooks=(hook("a", "pre-install", "first"),)).wanted(), HELM, Options())


def test_what_helm_drops_in_silence_is_an_error_or_a_warning() -> None:
    def dropping(event: str) -> Wanted:
        text = hook("a", "pre-install").manifest.replace("helm.sh/hook: pre-install", f"helm.sh/hook: {event}")
        return replace(full().wanted(), dropped=(("app/templates/a.yaml", text),))

    with pytest.raises(HookAnnotationError, match="pre-instal"):
        plan_install(past(), dropping("pre-instal"), ROLLBACK, Options())
    plan_install(past(), dropping("pre-instal"), HELM, Options())
    assert "Helm 2" in plan_install(past(), dropping("crd-install"), ROLLBACK, Options()).warnings[0]


# --- whether an action is allowed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "policy", "error"),
    [
        ((), ROLLBACK, None),
        ((), HELM, None),
        (("deployed",), ROLLBACK, ReleaseExists),
        (("deployed",), HELM, ReleaseExists),
        (("failed",), ROLLBACK, None),
        (("failed",), HELM, ReleaseExists),
        (("superseded", "failed"), ROLLBACK, ReleaseExists),
        (("uninstalled",), ROLLBACK, None),
        (("uninstalled",), HELM, ReleaseExists),
        (("pending-install",), ROLLBACK, ReleasePending),
        (("pending-install",), HELM, ReleaseExists),
    ],
)
def test_install_over_what_is_there(statuses: tuple[str, ...], policy: Policy, error: type[Exception] | None) -> None:
    if error is None:
        plan = plan_install(past(*statuses), full().wanted(), policy, Options())
        assert plan.release.version == len(statuses) + 1
    else:
        with pytest.raises(error):
            plan_install(past(*statuses), full().wanted(), policy, Options())


@pytest.mark.parametrize(
    ("statuses", "from_revision", "error"),
    [
        ((), 0, ReleaseNotFound),
        (("deployed",), 1, None),
        (("deployed", "failed"), 1, None),
        (("failed",), 1, None),
        (("superseded",), 1, None),
        (("uninstalled",), 0, ReleaseNotFound),
        (("uninstalling",), 0, ReleaseNotFound),
        (("deployed", "pending-upgrade"), 0, ReleasePending),
        (("pending-install",), 0, ReleasePending),
    ],
)
@pytest.mark.parametrize("policy", list(Policy))
def test_upgrade_starts_from(
    policy: Policy, statuses: tuple[str, ...], from_revision: int, error: type[Exception] | None
) -> None:
    if error is None:
        plan = plan_upgrade(past(*statuses), full(2).wanted(), policy, Options())
        assert plan.current is not None
        assert plan.current.version == from_revision
    else:
        with pytest.raises(error):
            plan_upgrade(past(*statuses), full(2).wanted(), policy, Options())


UNTOUCHED = 'failed:Upgrade "my-app" failed: pre-upgrade hook failed: x'


@pytest.mark.parametrize(
    ("statuses", "policy", "target"),
    [
        (("superseded", "deployed"), ROLLBACK, 1),
        (("superseded", "deployed"), HELM, 1),
        (("superseded", "deployed", UNTOUCHED), ROLLBACK, 1),
        (("superseded", "deployed", UNTOUCHED), HELM, 2),
        (("superseded", "deployed", "failed:else"), ROLLBACK, 2),
        (("superseded", "failed", "deployed"), ROLLBACK, 1),
        (("superseded", "failed", "deployed"), HELM, 2),
        (("deployed",), ROLLBACK, None),
        (("deployed",), HELM, None),
    ],
)
def test_rollback_without_a_revision_goes_to(statuses: tuple[str, ...], policy: Policy, target: int | None) -> None:
    if target is None:
        with pytest.raises(ReleaseNotFound):
            plan_rollback(past(*statuses), 0, policy, Options())
    else:
        plan = plan_rollback(past(*statuses), 0, policy, Options())
        assert plan.release.info.rollback_revision == target


@pytest.mark.parametrize(
    ("statuses", "policy", "shown"),
    [
        (("deployed", UNTOUCHED), ROLLBACK, 1),
        (("deployed", UNTOUCHED), HELM, 2),
        (("deployed", "failed:post-upgrade hooks failed"), ROLLBACK, 2),
        (("superseded", "failed:pre-upgrade hooks failed"), ROLLBACK, 2),
        (("deployed", 'failed:Rollback "my-app" failed: pre-rollback hook failed: x'), ROLLBACK, 1),
    ],
)
def test_what_stands_for_the_release(statuses: tuple[str, ...], policy: Policy, shown: int) -> None:
    assert past(*statuses).shown(policy).version == shown


def test_what_a_failed_attempt_left_is_not_forgotten() -> None:
    old = App((config_map("a"),)).wanted().release
    attempt = App((config_map("a"), config_map("stray"))).wanted().release
    history = tuple(
        Stored(
            "my-app",
            "default",
            version,
            Status(status),
            encode(replace(release, version=version, info=Info(status=Status(status)))),
        )
        for version, (release, status) in enumerate([(old, "deployed"), (attempt, "failed")], 1)
    )
    situation = Situation("my-app", "default", history)
    wanted = App((config_map("a", 2),)).wanted()
    assert "prune/ConfigMap/default/stray" in ids(plan_upgrade(situation, wanted, ROLLBACK, Options()))
    assert not [step for step in plan_upgrade(situation, wanted, HELM, Options()).steps if isinstance(step, Prune)]
    assert "delete/ConfigMap/default/stray" in ids(plan_uninstall(situation, ROLLBACK, Options()))


# --- the table ----------------------------------------------------------------------------------------------------

HOOK_PHASES = (Phase.PRE_HOOKS, Phase.POST_HOOKS)
CELLS = [
    (policy, action, phase)
    for policy in Policy
    for action in Action
    for phase in Phase
    if (action is Action.TEST) == (phase is Phase.TESTS)
]


@pytest.mark.parametrize(("policy", "action", "phase"), CELLS)
def test_every_cell_of_the_table_has_an_answer(policy: Policy, action: Action, phase: Phase) -> None:
    known = {"release": "r", "event": "e", "cause": "c", "revision": 2, "previous": 1, "status": "deployed"}
    for override in (None, *HookFailure):
        found = rule(policy, action, phase, override=override)
        for text in (found.description, found.error, *found.lines):
            assert "{" not in found.text(text, **known)
        assert found.completes or found.error
        assert found.remedy is Remedy.NONE or found.status is Status.FAILED


@pytest.mark.parametrize("action", [Action.INSTALL, Action.UPGRADE, Action.ROLLBACK])
def test_a_hooks_own_word_overrides_the_table(action: Action) -> None:
    for policy in Policy:
        for phase in HOOK_PHASES:
            assert rule(policy, action, phase, override=HookFailure.WARN).completes
        assert rule(policy, action, Phase.POST_HOOKS, override=HookFailure.FAIL).status is Status.FAILED
        back = rule(policy, action, Phase.POST_HOOKS, override=HookFailure.ROLLBACK)
        assert back.remedy is (Remedy.REMOVE_CREATED if action is Action.INSTALL else Remedy.ROLL_BACK)


def test_helm_is_interrupted_in_two_actions_only() -> None:
    assert {action for action in Action if interruptible(HELM, action)} == {Action.INSTALL, Action.UPGRADE}
    assert all(interruptible(ROLLBACK, action) for action in Action)


# --- laws ---------------------------------------------------------------------------------------------------------

names = st.sampled_from([f"m{number}" for number in range(6)])
apps = st.builds(
    lambda maps, deployments, hooks: App(
        tuple(config_map(n, v) for n, v in maps.items()) + tuple(deployment(n, v) for n, v in deployments.items()),
        tuple(hook(f"h-{event}", event) for event in hooks),
    ),
    st.dictionaries(names, st.integers(1, 3), max_size=4),
    st.dictionaries(names, st.integers(1, 3), max_size=3),
    st.sets(st.sampled_from(["pre-install", "post-upgrade", "pre-upgrade", "pre-rollback", "pre-delete"])),
)


@settings(max_examples=40)
@given(st.lists(apps, min_size=1, max_size=4), st.sampled_from(list(Policy)))
async def test_any_sequence_of_upgrades_converges(sequence: list[App], policy: Policy) -> None:
    """What lives is what the last revision says; doing it again changes nothing; uninstalling leaves nothing."""
    driver = Driver(policy)
    for number, app in enumerate(sequence):
        await (driver.upgrade(app) if number else driver.install(app))
        live = driver.kube.live("ConfigMap", "Deployment")
        wanted = resources_of(app.wanted().release.manifest, "default")
        assert live == {f"{resource.ref.kind}/{resource.ref.name}" for resource in wanted}
    before = {key: obj for key, obj in driver.kube.objects.items() if key[0] in ("ConfigMap", "Deployment")}
    await driver.upgrade(sequence[-1])
    assert {key: obj for key, obj in driver.kube.objects.items() if key[0] in ("ConfigMap", "Deployment")} == before
    await driver.rollback(1)
    first = resources_of(sequence[0].wanted().release.manifest, "default")
    assert driver.kube.live("ConfigMap", "Deployment") == {f"{r.ref.kind}/{r.ref.name}" for r in first}
    await driver.uninstall()
    assert driver.kube.live() - driver.kube.live("Job", "Pod") == set()


@settings(max_examples=30)
@given(apps)
def test_a_plan_is_a_function_of_what_it_is_given(app: App) -> None:
    one, two = (plan_upgrade(past("deployed"), app.wanted(), ROLLBACK, Options()).to_dict() for _ in range(2))
    assert one == two
    steps = [step["id"] for step in one["steps"]]
    assert len(steps) == len(set(steps))


def test_the_release_of_a_plan_knows_how_it_is_applied() -> None:
    assert plan_install(past(), full().wanted(), ROLLBACK, Options()).release.apply_method == "ssa"
    assert plan_install(past(), full().wanted(), ROLLBACK, Options(server_side=False)).release.apply_method == "csa"
    # An older record says nothing: it was applied client-side, and goes on so unless it is told otherwise.
    assert plan_upgrade(past("deployed"), full().wanted(), ROLLBACK, Options()).release.apply_method == "csa"
    assert (
        plan_upgrade(past("deployed"), full().wanted(), HELM, Options(server_side=True)).release.apply_method == "ssa"
    )


def test_a_release_is_found_in_lists_as_well() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
    assert [str(r.ref) for r in resources_of(text, "ns")] == ["ConfigMap/ns/a"]
    assert [r.source for r in resources_of("---\n# Source: c/t.yaml\n" + text, "ns")] == ["c/t.yaml"]
