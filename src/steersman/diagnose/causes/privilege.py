"""The database user may not do this (SQLSTATE 42501)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import latest_of, log_rule

SQL = log_rule(
    "privilege-missing",
    (
        r"permission denied (?:for|to) (?P<name>(?:table|schema|database|sequence|relation|function|view|create|set)\b.*)$",
        r"must be (?P<name>owner of .*)$",
        r"must be (?P<name>superuser.*)$",
        r"(?P<name>\w+ command denied to user '[^']+'@)",
        r"permission denied to (?P<name>create \w+.*)$",
        r"NOPERM (?P<name>.*)$|(?P<name2>has no permissions to run the '\w+' command)",
        r"(?P<name>Access denied for user '[^']*'@'[^']*' to database '[^']*')",
        r"(?P<name>Access denied; you need .* privilege)",
        r"(?P<name>The \w+(?: \w+)? permission was denied on .*|\w+ \w+ permission denied in database '[^']+')",
        r"(?P<name>User does not have permission to perform this action)",
        r"DB::Exception: (?P<name>.*Not enough privileges.*)",
        r"has no (?P<name>\w+ permission on .*)|does not have (?P<name2>[A-Z]+ privilege on .*)",
    ),
    sqlstates=("42501",),
    mysql=(1044, 1142, 1143, 1227, 1370),
    oracle=(1031, 1045, 1950),
    mssql=(229, 262, 300),
    clickhouse=(497,),
    problem="The hook's database user has no right to do this: {name}{name2}.",
    explanation=(
        "The login worked; the role lacks a privilege on this object (in PostgreSQL 15 and later, CREATE on "
        "the schema public is granted to nobody by default)."
    ),
    fix="Grant it as the owner (GRANT … ON … TO …), or let the hook log in as the role that owns the objects.",
    verify=(psql("\\dp"),),
)
STORE = log_rule(
    "privilege-missing",
    (
        r"(?P<name>not authorized on \S+ to execute command)|not allowed to do action \[(?P<name2>[^\]]+)\]",
        r"(?P<name>Not authorized to access (?:topics?|group|\w+): .*|Cluster authorization failed)",
        r"(?P<name>(?:Topic|Group|Cluster|TransactionalId)AuthorizationException.*|(?:TOPIC|GROUP|CLUSTER)_AUTHORIZATION_FAILED)",
        r"Broker: (?P<name>(?:Topic|Group|Cluster) authorization failed)",
        r"action \[(?P<name>[^\]]+)\] is unauthorized for|no permissions for \[(?P<name2>[^\]]+)\]",
        r"(?P<name>ACCESS_REFUSED - .*refused for user '[^']*')|access to (?P<name2>vhost '[^']+') refused for user",
        r"(?P<name>Permissions Violation for (?:Publish|Subscription) to .*)",
        r"etcdserver: (?P<name>permission denied)|rpc error: code = PermissionDenied desc = (?P<name2>.*)",
        r"(?P<name>token with AccessorID '?\S+'? lacks permission .*)|rpc error making call: (?P<name2>Permission denied)",
    ),
    problem="The hook's user has no right to do this: {name}{name2}.",
    explanation="The login worked; the server's access rules (roles, ACLs, vhost permissions) give this user no such right here.",
    fix="Give the user the role or ACL for it (db.grantRolesToUser, kafka-acls --add, rabbitmqctl set_permissions, a role in the "
    "search cluster, a Consul policy), or let the hook use a user that has it.",
    verify=("steer get hooks {release}",),
)

find = latest_of(SQL, STORE)
