"""A program that ended by a fault of its own: a signal, a panic, an exception that nobody caught."""

from __future__ import annotations

from steersman.diagnose.advice import again, log_command
from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import RUN_ON, Facts
from steersman.diagnose.log_rule import latest_of, log_rule
from steersman.diagnose.reading import exit_code

SIGNALS = {132: "SIGILL", 134: "SIGABRT", 135: "SIGBUS", 136: "SIGFPE", 139: "SIGSEGV"}
FAULT = log_rule(
    "program-crashed",
    (
        r"^panic: runtime error: (?P<name>.*)|^(?P<name2>fatal error: (?:all goroutines are asleep|concurrent map).*)",
        r"^panic: (?P<name>assignment to entry in nil map|interface conversion: .*|send on closed channel|close of .* channel)",
        r"^\[signal (?P<name>SIG\w+): ",
        r"(?:^|line \d+: +\d+ )(?P<name>Segmentation fault|Bus error|Illegal instruction|Floating point exception)\b",
        r"^#\s+(?P<name>SIG(?:SEGV|BUS|ILL)) \(0x|A fatal error has been detected by the Java Runtime Environment",
        r"Assertion [`'](?P<name>.*)' failed\.|^(?P<name2>terminate called after throwing an instance of .*)",
        r"^thread '[^']*' (?:\(\d+\) )?has overflowed its stack|(?P<name>java\.lang\.StackOverflowError)",
    ),
    problem="The hook's program failed by a fault of its own: {name}{name2}",
    explanation="It stopped at a place that its authors did not think of, or at data that they did not expect. The cluster and "
    "the chart may have no part in it; an empty setting often has.",
    fix="Show its authors the lines above (with the stack); use the version that worked before (image.tag) until "
    "it is mended. Check "
    "that all settings are there.",
    depth=1,
)
UNCAUGHT = log_rule(
    "program-crashed",
    (
        r"^panic: (?P<name>.*)",
        r"line \d+: +\d+ (?P<name>Aborted)\b|^(?P<name2>Aborted)(?: \(core dumped\))?$",
        r"^(?P<name>(?:AttributeError|NameError|IndexError|ZeroDivisionError|RecursionError|ReferenceError|RangeError): .*)",
        r"^(?P<name>TypeError: (?!fetch failed|terminated).*)|(?P<name2>\S.*\((?:NoMethodError|NameError"
        r"|FrozenError|ArgumentError)\))",
        r"^thread '[^']*' (?:\(\d+\) )?panicked at (?P<name>.*)",
        r"^Unhandled exception\. (?P<name>.*)|^Exception in thread \"[^\"]*\" (?P<name2>.*)",
        r"PHP Fatal error:  Uncaught (?P<name>.*)|^\*\* \((?P<name2>\w[\w.]*Error)\) .*",
    ),
    problem="The hook's program ended with an error that it did not handle: {name}{name2}",
    explanation="The line is the best there is to go by; it is in no words that are known here.",
    fix="Correct what the line names.",
    at_most=Confidence.MEDIUM,
    depth=1,
)
_LOG = latest_of(FAULT, UNCAUGHT)


def find(facts: Facts) -> Diagnosis | None:
    return _LOG(facts) or _by_signal(facts)


def _by_signal(facts: Facts) -> Diagnosis | None:
    code = exit_code(facts)
    if code not in SIGNALS or facts.hook.kind in RUN_ON:
        return None
    last = [line.strip() for line in facts.logs if line.strip()][-3:]
    return Diagnosis(
        cause="program-crashed",
        # Some runtimes (.NET) end so after every error that nobody caught.
        confidence=Confidence.MEDIUM if code == 134 else Confidence.HIGH,
        problem=f"The hook's program was ended by {SIGNALS[code]} (exit code {code}): it crashed.",
        explanation="A fault in the program or in a library of it; an image for another processor, or a processor without the "
        "instructions that it was built for (SIGILL), is possible as well.",
        evidence=(Evidence("exit code", str(code)), *(Evidence("log", line) for line in last)),
        fix="Use the version that worked before (image.tag), and show the program's authors the log.",
        verify=(log_command(facts), *again(facts)),
        depth=1,
    )
