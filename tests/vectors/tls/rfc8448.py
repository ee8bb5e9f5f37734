"""Types RFC 8448's traces from its text: ``python -m tests.vectors.tls.rfc8448 rfc8448.txt``.

The text is that of rfc-editor.org, or of Debian's package doc-rfc-informational (non-free). Taken are the
complete records and the traffic secrets of sections 3 to 7, and the order of the messages that are encrypted.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "rfc8448.json"
NAMES = {
    "3": "simple 1-RTT",
    "4": "resumed 0-RTT",
    "5": "HelloRetryRequest",
    "6": "client authentication",
    "7": "compatibility mode",
}
LABELS = {
    "tls13 c e traffic": "CLIENT_EARLY_TRAFFIC_SECRET",
    "tls13 c hs traffic": "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "tls13 s hs traffic": "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "tls13 c ap traffic": "CLIENT_TRAFFIC_SECRET_0",
    "tls13 s ap traffic": "SERVER_TRAFFIC_SECRET_0",
}
MESSAGES = {
    "NewSessionTicket": 4,
    "EndOfEarlyData": 5,
    "EncryptedExtensions": 8,
    "Certificate": 11,
    "CertificateRequest": 13,
    "CertificateVerify": 15,
    "Finished": 20,
}
PAGE_BREAK = re.compile(r"\n+Thomson {2,}Informational.*\n\f?\n*RFC 8448 .*\n+")
SECTION = re.compile(r"^(\d)\.  [A-Z0-9]", re.MULTILINE)
STEP = re.compile(r"^   \{(client|server)\}  ", re.MULTILINE)
VALUE = re.compile(r"^ {6}(\S[^(]*) \((\d+) octets\):((?:\s[ \n]*[0-9a-f]{2}\b)*)", re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    """The text of each section by its number."""
    text = PAGE_BREAK.sub("\n", text)
    starts = list(SECTION.finditer(text))
    ends = [found.start() for found in starts[1:]] + [len(text)]
    return {found[1]: text[found.end() : end] for found, end in zip(starts, ends, strict=True)}


def steps(text: str) -> list[tuple[int, str, dict[str, str]]]:
    """(side, what is done, values in hex by their name), in order."""
    starts = list(STEP.finditer(text))
    ends = [found.start() for found in starts[1:]] + [len(text)]
    found = []
    for start, end in zip(starts, ends, strict=True):
        body = text[start.end() : end]
        values = {}
        for name, size, digits in VALUE.findall(body):
            values[name] = re.sub(r"\s", "", digits)
            if len(values[name]) != 2 * int(size):
                raise SystemExit(f"{name}: {len(values[name]) // 2} octets of {size}")
        found.append((int(start[1] == "server"), " ".join(body.partition("\n\n")[0].split()), values))
    return found


def typed(text: str) -> dict[str, Any]:
    """One section as the test reads it."""
    records, secrets, random = [], {}, ""
    handshake: dict[str, list[int]] = {"1": [], "0": []}
    for side, what, values in steps(text):
        if "complete record" in values:
            records.append([side, values["complete record"]])
        if "ClientHello" in values:
            random = values["ClientHello"][12:76]
        derived = re.match(r'derive secret "(.*?)"', what)
        if derived and derived[1] in LABELS and "expanded" in values:
            secrets[LABELS[derived[1]]] = values["expanded"]
        made = re.match(r"construct an? (\w+) handshake message", what)
        if made and made[1] in MESSAGES:
            handshake[str(side)].append(MESSAGES[made[1]])
    return {"random": random, "secrets": secrets, "records": records, "handshake": handshake}


def main() -> int:
    """Write the vectors."""
    text = sections(Path(sys.argv[1]).read_text())
    source = (
        "RFC 8448 (Example Handshake Traces for TLS 1.3): complete records, 0 by the client and 1 by the "
        "server, and traffic secrets"
    )
    found = {f"{number} {name}": typed(text[number]) for number, name in NAMES.items()}
    TARGET.write_text(json.dumps({"source": source, "sections": found}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
