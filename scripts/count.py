"""Sums the JUnit-style reports in a folder: prints passed, failed, skipped."""
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

passed = failed = skipped = 0
for report in sorted(Path(sys.argv[1]).glob("*.xml")):
    try:
        cases = list(xml.parse(report).iter("testcase"))
    except xml.ParseError:
        failed += 1
        continue
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped += 1
        else:
            passed += 1
print(passed, failed, skipped)
