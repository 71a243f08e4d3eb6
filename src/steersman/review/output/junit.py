"""JUnit's XML, one test case a rule and document, as CI systems show it."""

from __future__ import annotations

from xml.etree import ElementTree

from steersman.review.runner import Review


def render(review: Review) -> str:
    cases = [(rule, item) for rule in review.rules for item in review.subject.items]
    suite = ElementTree.Element("testsuite", name=f"steer review {review.subject.name}", tests=str(len(cases)))
    failed = 0
    for rule, item in cases:
        found = [finding for finding in review.findings if finding.rule == rule.id and finding.item is item]
        case = ElementTree.SubElement(suite, "testcase", classname=item.path, name=f"{rule.id} {item.title}")
        for finding in found:
            failure = ElementTree.SubElement(case, "failure", type=finding.severity, message=finding.message)
            failure.text = "\n".join(filter(None, (finding.where, finding.hint)))
        failed += bool(found)
    suite.set("failures", str(failed))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
