"""An object that the API server does not accept."""

from __future__ import annotations

from steersman.diagnose.said_rule import said_rule

find = said_rule(
    "object-invalid",
    r'(?P<object>[\w."-]+ "[^"]+" is invalid): (?P<what>.*)|(?P<strict>strict decoding error: .*)'
    r"|(?P<kind>no matches for kind .*)"
    r'|(?P<missing>namespaces "[^"]+" not found)|(?P<decode>cannot unmarshal .*)',
    problem="The API server does not accept the hook's object: {what}{strict}{kind}{missing}{decode}",
    explanation="The manifest that the chart renders breaks a rule of its kind, so nothing was ever run.",
    fix="Correct the field in {path}; `steer template` shows what is rendered.",
)
