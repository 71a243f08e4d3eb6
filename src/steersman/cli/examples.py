"""An example or two for each command, shown by its help. A test reads them all as the command line would."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "plugin install": (
        "steer plugin install ./my-plugin",
        "steer plugin install https://github.com/databus23/helm-diff --version 3.15.10 --verify=false",
    ),
    "plugin uninstall": ("steer plugin uninstall diff",),
    "plugin update": ("steer plugin update diff",),
    "plugin package": ("steer plugin package ./my-plugin --key ada@example.com --keyring secring.gpg",),
    "plugin verify": ("steer plugin verify my-plugin-1.2.3.tgz --keyring pubring.gpg",),
    "plugin list": ("steer plugin list", "steer plugin list --type getter/v1"),
    "install": (
        "steer install shop ./shop -f production.yaml",
        "steer install shop oci://registry.example.com/charts/shop --version 1.2.3",
    ),
    "upgrade": (
        "steer upgrade shop ./shop --set image.tag=1.2.4",
        "steer upgrade --install shop ./shop --hooks-on-change",
    ),
    "rollback": ("steer rollback shop", "steer rollback shop 3"),
    "uninstall": ("steer uninstall shop", "steer uninstall shop --keep-history"),
    "test": ("steer test shop", "steer test shop --filter name=shop-smoke"),
    "status": ("steer status shop", "steer status shop -o json"),
    "history": ("steer history shop --max 5",),
    "list": ("steer list -A --failed", "steer list -f '^shop' -o json"),
    "get all": ("steer get all shop", "steer get all shop --template '{{.Release.Info.Status}}'"),
    "get hooks": ("steer get hooks shop --revision 2",),
    "get manifest": ("steer get manifest shop",),
    "get notes": ("steer get notes shop",),
    "get values": ("steer get values shop --all -o yaml",),
    "get metadata": ("steer get metadata shop -o json",),
    "hooks": ("steer hooks shop",),
    "logs": ("steer logs shop", "steer logs shop shop-migrate --previous"),
    "recover": ("steer recover shop",),
    "plan install": ("steer plan install shop ./shop -f production.yaml",),
    "plan upgrade": (
        "steer plan upgrade shop ./shop --set image.tag=1.2.4",
        "steer plan upgrade shop ./shop --save shop.plan",
    ),
    "plan rollback": ("steer plan rollback shop 3",),
    "plan uninstall": ("steer plan uninstall shop",),
    "apply": ("steer apply shop.plan",),
    "diagnose": ("steer diagnose shop", "steer diagnose shop --hook shop-migrate"),
    "report": ("steer report shop -o shop.html",),
    "review": ("steer review ./shop --fail-on warning", "steer review ./shop --fix"),
    "rehearse install": ("steer rehearse install shop ./shop",),
    "rehearse upgrade": ("steer rehearse upgrade shop ./shop --scenario killed",),
    "rehearse rollback": ("steer rehearse rollback shop 3",),
    "rehearse uninstall": ("steer rehearse uninstall shop",),
    "rehearse test": ("steer rehearse test shop",),
    "create chart": ("steer create shop", "steer create shop --starter our-service"),
    "create hook": (
        "steer create hook --chart shop --kind migration",
        "steer create hook --chart shop --kind backup --database-name shop --secret shop-database",
    ),
    "template": (
        "steer template shop ./shop -f production.yaml",
        "steer template shop ./shop -s templates/migrate.yaml --debug",
    ),
    "lint": ("steer lint ./shop --strict",),
    "show all": ("steer show all bitnami/postgresql",),
    "show chart": ("steer show chart ./shop-1.2.3.tgz",),
    "show values": ("steer show values bitnami/postgresql", "steer show values ./shop --jsonpath '{.image.tag}'"),
    "show readme": ("steer show readme bitnami/postgresql",),
    "show crds": ("steer show crds bitnami/kafka",),
    "package": ("steer package ./shop --version 1.2.3 -d dist",),
    "dependency update": ("steer dependency update ./shop",),
    "dependency build": ("steer dependency build ./shop --skip-refresh",),
    "dependency list": ("steer dependency list ./shop",),
    "pull": ("steer pull bitnami/postgresql --version 16.4.1 --untar",),
    "push": ("steer push shop-1.2.3.tgz oci://registry.example.com/charts",),
    "registry login": ("steer registry login registry.example.com -u ada --password-stdin",),
    "registry logout": ("steer registry logout registry.example.com",),
    "repo add": ("steer repo add bitnami https://charts.bitnami.com/bitnami",),
    "repo list": ("steer repo list -o json",),
    "repo update": ("steer repo update bitnami",),
    "repo remove": ("steer repo remove bitnami",),
    "repo index": ("steer repo index . --url https://charts.example.com",),
    "search hub": ("steer search hub postgresql --list-repo-url",),
    "search repo": ("steer search repo postgresql --versions",),
    "cluster start": ("steer cluster start",),
    "cluster stop": ("steer cluster stop",),
    "cluster status": ("steer cluster status -o json",),
    "cluster logs": ("steer cluster logs",),
    "cluster kubeconfig": ("steer cluster kubeconfig > kubeconfig",),
    "cluster reset": ("steer cluster reset",),
    "completion": ("source <(steer completion bash)", "steer completion fish | source"),
    "verify": ("steer verify shop-1.2.3.tgz --keyring team.gpg",),
    "env": ("steer env", "steer env HELM_NAMESPACE"),
    "help": ("steer help repo add",),
    "version": ("steer version --short", "steer version --template '{{.Version}}'"),
}


def examples_of(words: list[str]) -> tuple[str, ...]:
    """Those of a command, by the words that lead to it, `steer` among them or not; none for one without."""
    from steersman.cli.commands import ALIASES, below

    path = words[1:] if words[:1] == ["steer"] else words
    if not path:
        return ()
    first = ALIASES.get(path[0], path[0])
    children = [name.partition(" ")[2] for name in EXAMPLES if name.startswith(f"{first} ")]
    return EXAMPLES.get(" ".join([first, *(below(name, children) or name for name in path[1:])]), ())
