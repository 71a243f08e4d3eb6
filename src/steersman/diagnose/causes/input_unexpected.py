"""JSON or YAML that cannot be read, or that has another shape than the program expects."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

PARSED = log_rule(
    "input-unexpected",
    (
        r"(?:^|jq: )(?:error \(at \S+\): )?(?P<name>parse error: (?:Invalid|Unfinished|Expected|Objects|Unmatched|Cannot).*)",
        r"SyntaxError: (?P<name>.* in JSON at position \d+.*|Unexpected token .* is not valid JSON|Unexpected end of JSON input)",
        r"JSONDecodeError: (?P<name>.*)|JSON::ParserError(?P<name2>.*)|JsonParseException: (?P<name3>.*)"
        r"|JsonReaderException: (?P<name4>.*)",
        r"(?P<name>invalid character '.+' looking for beginning of value|unexpected end of JSON input)",
        r"(?:yaml\.\w+\.\w+Error|Psych::SyntaxError): (?P<name>.*)|(?:YAMLException|YAMLSyntaxError|SnakeYAML\w*): (?P<name2>.*)",
        r"(?P<name>yaml: line \d+: .*|error converting YAML to JSON: .*|error parsing \S+: (?:yaml|json|error converting).*)",
        r"(?<![\w.])toml: (?P<name>.*)|TOMLDecodeError: (?P<name2>.*)",
    ),
    problem="The program cannot read the text that it was given: {name}{name2}{name3}{name4}",
    explanation="It is no JSON or YAML: an error page or an empty answer of a server, a broken template, or a "
    "quote that got lost.",
    fix="Let the script show what it got (curl -fsS without a pipe, `tee`); correct the template or the request "
    "that it comes from.",
    verify=("steer get hooks {release}",),
)
SHAPE = log_rule(
    "input-unexpected",
    (
        r"jq: error \(at \S+\): (?P<name>Cannot (?:index|iterate|use|check).*|\S+ \(.*\) (?:cannot be|has no).*"
        r"|.* is not valid in a csv row)",
    ),
    problem="The JSON that the script's jq got has another shape than its filter expects: {name}.",
    explanation="The server answered with something else: an error message, an empty result, or another version's form.",
    fix="Let the script print the answer before jq reads it, check for errors first (curl -f, jq -e), and write optional parts "
    "as `.items[]?`.",
)

find = latest_of(PARSED, SHAPE)
