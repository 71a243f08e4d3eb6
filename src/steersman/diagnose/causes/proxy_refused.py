"""A proxy between the hook and its server that does not let the hook through."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "proxy-refused",
    (
        r"CONNECT tunnel failed, response (?P<name>\d+)|Received HTTP code (?P<name2>\d+) from proxy after CONNECT",
        r"Tunnel connection failed: (?P<name>\d+ [\w ]+)|Unable to tunnel through proxy\. Proxy returns \"(?P<name2>[^\"]+)\"",
        r"tunneling socket could not be established, (?P<name>.*)",
        r"(?P<name>Proxy Authentication Required)|Proxy tunneling failed: (?P<name2>.*)",
        r"proxy tunnel request to proxy '[^']*' failed with status code '(?P<name>\d+)'",
        r"proxyconnect tcp: (?P<name>.*)|Cannot connect to proxy|Unable to connect to proxy",
    ),
    problem="The proxy that the hook is told to use does not let it through: {name}{name2}",
    explanation="HTTP_PROXY or HTTPS_PROXY is set in the container. The proxy wants credentials (407), forbids "
    "the address (403), or "
    "is not there. It cannot reach names inside the cluster either.",
    fix="Add what is inside the cluster to NO_PROXY (.svc,.cluster.local,10.0.0.0/8,kubernetes.default), give the proxy its "
    "credentials (http://USER:PASSWORD@PROXY:PORT), or have the address allowed.",
    verify=("steer get hooks {release} | grep -i proxy",),
)
