"""The translation that `stazh bench translate` measures, as a Python script would do it: rows of the Kazakh form
depositors.csv into insurance records, with csv and lxml. Prints one JSON object: rows, seconds without and with the
validation by the schema, and the bytes of the documents.

    python3 benches/translate.py depositors.csv schemas
"""

import csv
import json
import sys
import time
from datetime import datetime
from io import BytesIO

from lxml import etree

DOC = "urn:x-stazh:R:XP:XP:01:InsuranceRecord:v1.0.0"
CCDO = "urn:EEC:M:ComplexDataObjects:v0.4.12"
CSDO = "urn:EEC:M:SimpleDataObjects:v0.4.12"
XPDO = "urn:x-stazh:M:PensionDataObjects:v1.0.0"
PREFIXES = {"doc": DOC, "ccdo": CCDO, "csdo": CSDO, "xpdo": XPDO}
SEXES = {"М": "1", "Ж": "2"}
WEIGHTS = (range(1, 12), [*range(3, 12), 1, 2])


def is_iin(text):
    """Twelve digits, the date of birth first, the check digit last."""
    if len(text) != 12 or not text.isascii() or not text.isdigit():
        raise ValueError("not an IIN")
    digits = [int(digit) for digit in text]
    for weights in WEIGHTS:
        rest = sum(digit * weight for digit, weight in zip(digits, weights)) % 11
        if rest < 10:
            return rest == digits[11]
    return False


def record(row):
    """The canonical record of a row; a row that is not lawful raises."""
    iin = row["iin"].strip()
    iin = "0" + iin if len(iin) == 11 else iin
    is_iin(iin)
    born = datetime.strptime(row["birth_date"].strip(), "%d.%m.%Y").date()
    if not 1900 <= born.year <= 2100 or not row["family"].strip() or not row["given"].strip():
        raise ValueError("not a person")
    sex = row["sex"].strip()
    return {
        "family": row["family"].strip(),
        "given": row["given"].strip(),
        "patronymic": row["patronymic"].strip(),
        "born": born.isoformat(),
        "sex": SEXES[sex] if sex else "",
        "citizenship": row["citizenship"].strip(),
        "iin": iin,
    }


def document(one):
    """The interstate document, in exclusive canonical form."""
    root = etree.Element(f"{{{DOC}}}InsuranceRecord", nsmap=PREFIXES)
    header = etree.SubElement(root, f"{{{CCDO}}}EDocHeader")
    for name, text in (
        ("InfEnvelopeCode", "P.XP.01.MSG.002"),
        ("EDocCode", "R.XP.XP.01.002"),
        ("EDocId", "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a70"),
        ("EDocRefId", "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a71"),
        ("EDocDateTime", "2026-11-01T12:00:00.000Z"),
    ):
        etree.SubElement(header, f"{{{CSDO}}}{name}").text = text
    etree.SubElement(root, f"{{{CSDO}}}UnifiedCountryCode", codeListId="2021").text = "KZ"
    etree.SubElement(root, f"{{{XPDO}}}AsOfDate").text = "2026-11-01"
    person = etree.SubElement(root, f"{{{XPDO}}}PersonDetails")
    names = etree.SubElement(person, f"{{{CCDO}}}FullNameDetails")
    etree.SubElement(names, f"{{{CSDO}}}FirstName").text = one["given"]
    if one["patronymic"]:
        etree.SubElement(names, f"{{{CSDO}}}MiddleName").text = one["patronymic"]
    etree.SubElement(names, f"{{{CSDO}}}LastName").text = one["family"]
    etree.SubElement(person, f"{{{CSDO}}}BirthDate").text = one["born"]
    if one["sex"]:
        etree.SubElement(person, f"{{{CSDO}}}UnifiedSexCode", codeListId="XSX").text = one["sex"]
    if one["citizenship"]:
        etree.SubElement(person, f"{{{CSDO}}}NationalityCountryCode", codeListId="2021").text = one["citizenship"]
    number = etree.SubElement(person, f"{{{XPDO}}}PersonIdentifierDetails")
    etree.SubElement(number, f"{{{CSDO}}}UnifiedCountryCode", codeListId="2021").text = "KZ"
    etree.SubElement(number, f"{{{XPDO}}}PersonIdentifierKindCode", codeListId="XIK").text = "iin"
    etree.SubElement(number, f"{{{XPDO}}}PersonId").text = one["iin"]
    out = BytesIO()
    etree.ElementTree(root).write_c14n(out, exclusive=True)
    return root, out.getvalue()


def main():
    path, schemas = sys.argv[1:]
    schema = etree.XMLSchema(file=f"{schemas}/pension/X_R_XP_XP_01_InsuranceRecord_v1.0.0.xsd")
    told = {}
    for name, is_validated in (("seconds", False), ("validated_seconds", True)):
        rows = size = 0
        begun = time.perf_counter()
        with open(path, encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                root, text = document(record(row))
                if is_validated:
                    schema.assertValid(root)
                rows += 1
                size += len(text)
        told |= {"rows": rows, name: time.perf_counter() - begun, "bytes": size}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
