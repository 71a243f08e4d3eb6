"""A rehearsal as JUnit's XML, which CI systems show: a test case for each hook and scenario."""

from __future__ import annotations

from xml.etree import ElementTree

from steersman.rehearse.verdict import Rehearsal, Result


def junit(found: Rehearsal) -> str:
    """The whole document. What could not be rehearsed is a skipped case, an action that did not succeed an error."""
    cases = found.verdicts
    suite = ElementTree.Element(
        "testsuite",
        name=f"steer rehearse {found.action} {found.release}",
        tests=str(len(cases) + bool(found.error)),
        failures=str(sum(each.result is Result.BROKEN for each in cases)),
        errors=str(int(bool(found.error))),
        skipped=str(sum(each.result is Result.SKIPPED for each in cases)),
        time=f"{sum(each.seconds for each in cases):.3f}",
    )
    for each in cases:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f"{each.event} {each.hook}",
            name=str(each.scenario),
            time=f"{each.seconds:.3f}",
        )
        if each.result is Result.BROKEN:
            lines = [*each.log, each.cause] if each.cause else each.log
            ElementTree.SubElement(case, "failure", message=each.detail).text = "\n".join(lines)
        elif each.result is Result.SKIPPED:
            ElementTree.SubElement(case, "skipped", message=each.detail)
    if found.error:
        case = ElementTree.SubElement(suite, "testcase", classname=found.action, name="undisturbed")
        ElementTree.SubElement(case, "error", message=found.error)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)
