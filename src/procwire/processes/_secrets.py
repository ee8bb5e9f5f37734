"""What gives a secret away on a command line: option names, programs and shapes of tokens."""

from __future__ import annotations

# The last words of an option, variable, header or JSON name whose value is a secret.
WORDS = (
    r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api[-_]?key|access[-_]?key|secret[-_]?key|"
    r"account[-_]?key|auth[-_]?key|encryption[-_]?key|shared[-_]?key|private[-_]?token|"
    r"credentials?|authorization|bearer|cookie|psk|pin|otp|sas|webhook)"
)

# Those that end other words too often to tell anything there: they count alone, or after a sign or a capital.
SHORT = frozenset({"pin", "otp", "sas", "psk", "bearer", "cookie"})

# Names that end like secrets and are none.
INNOCENT = frozenset(
    {
        "pwd",
        "oldpwd",
        "compass",
        "bypass",
        "ask-password",
        "askpass",
        "ask-pass",
        "ask-become-pass",
        "k-token",
    }
)

# Program -> options whose value, joined or as the next word, is a secret.
PROGRAMS: dict[str, tuple[str, ...]] = {
    "sshpass": ("-p",),
    "mongo": ("-p",),
    "mongosh": ("-p",),
    "mongodump": ("-p",),
    "mongorestore": ("-p",),
    "redis-cli": ("-a",),
    "ldapsearch": ("-w",),
    "ldapmodify": ("-w",),
    "ldapadd": ("-w",),
    "ldapdelete": ("-w",),
    "ldapwhoami": ("-w",),
    "kinit": ("-w",),
    "docker": ("-p",),
    "podman": ("-p",),
    "sqlcmd": ("-P",),
    "bcp": ("-P",),
    "tsql": ("-P",),
    "mosquitto_pub": ("-P",),
    "mosquitto_sub": ("-P",),
    "ipmitool": ("-P",),
    "zip": ("-P",),
    "unzip": ("-P",),
    "rdesktop": ("-p",),
    "lftp": (),
    "openssl": ("-k", "-K"),
    "snmpget": ("-c", "-A", "-X"),
    "snmpwalk": ("-c", "-A", "-X"),
    "cntlm": ("-p",),
    "vncviewer": (),
}
# Docker and podman take -p for ports too; a secret only after this word.
ONLY_AFTER = {"docker": "login", "podman": "login"}

# Programs whose -pSECRET is joined, and where -p alone asks for it.
JOINED = ("mysql", "mariadb", "mycli", "7z", "7za", "7zr", "rar", "unrar")

# Program -> options whose value is ``user:secret`` or ``user%secret``.
PAIRS: dict[str, tuple[tuple[str, ...], str]] = {
    "curl": (("-u", "--user", "-U", "--proxy-user"), ":"),
    "smbclient": (("-U", "--user"), "%"),
    "rpcclient": (("-U", "--user"), "%"),
    "lftp": (("-u", "--user"), ","),
    "http": (("-a", "--auth"), ":"),
    "https": (("-a", "--auth"), ":"),
}

# Tokens that say themselves what they are; the first group is kept.
TOKENS = (
    r"\b((?:AKIA|ASIA|ABIA|ACCA))[0-9A-Z]{16}\b",
    r"\b(gh[pousr]_)[A-Za-z0-9]{20,}",
    r"\b(github_pat_)[A-Za-z0-9_]{20,}",
    r"\b(glpat-)[A-Za-z0-9_-]{16,}",
    r"\b(xox[abeoprs]-)[A-Za-z0-9-]{10,}",
    r"\b(sk-(?:ant-|proj-)?)[A-Za-z0-9_-]{20,}",
    r"\b([sr]k_(?:live|test)_)[A-Za-z0-9]{10,}",
    r"\b(AIza)[A-Za-z0-9_-]{30,}",
    r"\b(npm_|pypi-|hf_|dop_v1_|hvs\.)[A-Za-z0-9_-]{20,}",
    r"\b(eyJ)[A-Za-z0-9_-]{8,2048}\.[A-Za-z0-9_-]{8,2048}\.[A-Za-z0-9_-]*",
)
