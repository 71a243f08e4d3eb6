"""JUnit's XML, one test case a rule and document, as CI systems show it."""

from __future__ import annotations

from collections import defaultdict
from xml.etree import ElementTree

from steersman.review.model import Finding
from steersman.review.runner import Review
from steersman.review.subject import Item


def render(review: Review) -> str:
    found: dict[tuple[str, Item], list[Finding]] = defaultdict(list)
    for finding in review.findings:
        found[finding.rule, finding.item].append(finding)
    cases = {(rule.id, item): None for rule in review.rules for item in review.subject.items}
    cases |= dict.fromkeys(found)  # suppressions without a reason are no rule's
    suite = ElementTree.Element(
        "testsuite", name=f"steer review {review.subject.name}", tests=str(len(cases)), failures=str(len(found))
    )
    for rule, item in cases:
        case = ElementTree.SubElement(suite, "testcase", classname=item.path, name=f"{rule} {item.title}")
        for finding in found.get((rule, item), ()):
            failure = ElementTree.SubElement(case, "failure", type=finding.severity, message=finding.message)
            failure.text = "\n".join(filter(None, (finding.where, finding.hint)))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
