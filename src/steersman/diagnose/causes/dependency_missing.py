"""A framework that cannot put the program together: a part that another one needs is not registered."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "dependency-missing",
    (
        r"Unable to resolve service for type(?: '(?P<name>[^']+)')?",
        r"required a bean of type '(?P<name>[^']+)' that could not be found",
        r"NoSuchBeanDefinitionException: No qualifying bean of type '(?P<name>[^']+)'",
        r"Target (?:class )?\[(?P<name>[^\]]+)\] (?:does not exist|is not instantiable)",
        r"Nest can't resolve dependencies of the (?P<name>\S+)",
        r"You have requested a non-existent service \"(?P<name>[^\"]+)\"",
    ),
    problem="The program does not start: a part of it, {name}, is not registered where another part asks for it.",
    explanation="Its framework (Spring, .NET, Laravel, Symfony, Nest) builds the program when it starts. The "
    "part is made only under "
    "a profile, environment or setting that the hook does not have, or the code is wrong.",
    fix="Give the hook the same profile and settings as the application (SPRING_PROFILES_ACTIVE, "
    "ASPNETCORE_ENVIRONMENT, APP_ENV) "
    "in {path}; if it fails there too, use an image in which that is mended.",
    verify=("steer get hooks {release}",),
)
