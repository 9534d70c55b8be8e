"""What `stazh bench pension` compares with: libxml2's XSD validation of the same bytes, in a process of its own. The
schema is read once. Each line of the input is a kind of work and how often: `whole` parses and validates, `alone`
validates what is parsed. Each line of the output is how many nanoseconds that took.

    python3 benches/validate.py schema.xsd document.xml
"""

import sys
import time

from lxml import etree


def main():
    schema_path, document_path = sys.argv[1:]
    schema = etree.XMLSchema(file=schema_path)
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    with open(document_path, "rb") as file:
        document = file.read()
    parsed = etree.fromstring(document, parser)
    schema.assertValid(parsed)
    print("ready", flush=True)
    for line in sys.stdin:
        kind, times = line.split()
        begun = time.perf_counter_ns()
        if kind == "whole":
            for _ in range(int(times)):
                is_valid = schema.validate(etree.fromstring(document, parser))
        else:
            for _ in range(int(times)):
                is_valid = schema.validate(parsed)
        took = time.perf_counter_ns() - begun
        if not is_valid:
            sys.exit("the document was not valid")
        print(took, flush=True)


if __name__ == "__main__":
    main()
