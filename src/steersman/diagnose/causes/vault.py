"""Vault says what is the matter: sealed, no such role, no such path."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

SEALED = log_rule(
    "vault-sealed",
    (r"\bVault is sealed\b|VaultDown\b|error: Vault is not initialized|\bserver is not yet initialized\b",),
    problem="Vault is sealed (or was never initialised): it answers, and gives nothing out.",
    explanation="After each start Vault must be unsealed, by hand or by a key service (auto-unseal); a Pod of it was restarted.",
    fix="Unseal it (vault operator unseal, on each Pod), or set up auto-unseal; then run the hook again.",
    verify=("kubectl -n NAMESPACE_OF_VAULT exec vault-0 -- vault status",),
)
LOGIN = log_rule(
    "vault-login",
    (
        r"\b(?P<name>invalid role name \"[^\"]+\"|role \"[^\"]+\" could not be found)",
        r"\* (?P<name>(?:service account name|namespace) not authorized)",
        r"\* (?P<name>(?:missing|invalid) (?:client token|role or secret ID|secret id|role_id)|invalid token"
        r"|bad token|token not found)",
        r"(?P<name>error validating token: .*|permission denied: .*tokenreviews.*)",
    ),
    problem="Vault does not let the hook log in: {name}.",
    explanation="The role does not exist, is bound to another ServiceAccount or namespace, or the token is wrong, expired or "
    "missing (VAULT_TOKEN).",
    fix="Bind the role to the hook's own ServiceAccount and namespace {namespace} (bound_service_account_names, "
    "bound_service_account_namespaces) and name that account in {path}, or give the hook a valid token.",
    verify=("vault read auth/kubernetes/role/ROLE",),
)
PATH = log_rule(
    "object-missing",
    (
        r"(?P<name>no handler for route \"[^\"]+\"(?:\. route entry not found\.?)?|No value found at \S+)",
        r"\* (?P<name>namespace not found)",
        r"hvac\.exceptions\.InvalidPath: (?P<name>.*)",
    ),
    problem="Vault has nothing at the path that the hook asks for: {name}",
    explanation="The secrets engine is not enabled there, the secret was never written, the path lacks `data/` "
    "(KV version 2), or "
    "it is in another namespace (VAULT_NAMESPACE).",
    fix="Correct path, mount and namespace in the hook's values, or write the secret before.",
    verify=("vault secrets list", "vault kv get PATH"),
)

find = latest_of(SEALED, LOGIN, PATH)
