"""Which table holds what a log source of Sigma's tells, and under which names.

A field that is mapped to text is a column; ``NONE`` with words says why no row here has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from procwire.extensions.sigma.condition import Any as AnyOf
from procwire.extensions.sigma.condition import Leaf, Node, Unseen

NONE = ""


class Field(msgspec.Struct, frozen=True):
    """``column``, or why there is none. ``before``: what stands before the value in a member of a list."""

    column: str
    why: str = ""
    before: str = ""
    values: Mapping[str, str] = {}  # value in lower case -> condition, where it is no value here
    whys: Mapping[str, str] = {}  # why there is none of a value, where that is not ``why``
    against: str = ""  # a member of a list that no condition of ``values`` holds for


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A table, what its rows must be, its fields by lower-case name, and where keywords are looked for.

    ``sample``: a row that no rule looks for, to make rows of that prove one.
    """

    table: str
    base: str = ""
    fields: Mapping[str, Field]
    keywords: tuple[str, ...] = ()
    sample: Mapping[str, str | int] = {}
    note: str = ""  # what of the log source is not here, where only a part of it is
    beside: Callable[[Mapping[str, Any]], tuple[Node, ...]] = lambda _: ()  # what fields mean together


def _none(why: str, *names: str) -> dict[str, Field]:
    return {name: Field(NONE, why) for name in names}


def _timed(column: str) -> dict[str, Field]:
    return {name: Field(column) for name in ("utctime", "timestamp", "eventtime", "ts")}


PROCESS = Source(
    table="process_event",
    base="action = 'exec'",
    fields={
        "image": Field("exe"), "commandline": Field("cmdline"), "parentimage": Field("parent_exe"),
        "parentcommandline": Field("parent_cmdline"), "user": Field("user"), "processid": Field("pid"),
        "parentprocessid": Field("ppid"), "processname": Field("process"),
        "containername": Field("container"), **_timed("time"),
        **_none("where a process was started is not recorded", "currentdirectory"),
        **_none("the log-on session of a process is not recorded", "logonid", "logonguid",
                "terminalsessionid", "integritylevel"),
        **_none("programs of Linux have no such resource", "originalfilename", "description", "product",
                "company", "fileversion"),
        **_none("a program is hashed after it has started", "hashes", "md5", "sha1", "sha256", "imphash"),
        **_none("a parent's user is not recorded", "parentuser"),
    },
    keywords=("exe", "cmdline"),
    sample={"action": "exec", "exe": "/usr/lib/any", "cmdline": "any", "process": "any", "user": "nobody",
            "parent_exe": "/usr/lib/above", "parent_cmdline": "above", "pid": 4000, "ppid": 3999},
)  # fmt: skip

_CALLS = "of auditd's records of system calls only execve, what is executed, is seen here"
_FILES = "files that are opened or written are not watched"
_SERVICES = "services that are started and stopped are not watched"
_RECORDS = "of auditd's records only those of what is executed are seen here"
_EXECVE = "action = 'exec'"


def _audited(selection: Mapping[str, Any]) -> tuple[Node, ...]:
    """Of records of system calls one kind is seen, and its a0 is no argument of a program."""
    said = selection.get("type")
    kinds = {str(one).lower() for one in (said if isinstance(said, list) else [said])}
    if "syscall" not in kinds:
        return ()
    if any(re.fullmatch("a[0-9]+", name) for name in selection):
        return (Unseen("the arguments of system calls are not seen here", "type SYSCALL"),)
    return () if "syscall" in selection else (AnyOf((Leaf(_EXECVE), Unseen(_CALLS, "type SYSCALL"))),)


AUDITD = msgspec.structs.replace(
    PROCESS,
    fields={
        **{f"a{number}": Field(f"arg{number}") for number in range(8)},
        "type": Field("action", _RECORDS, values={"execve": _EXECVE, "syscall": _EXECVE},
                      whys={"path": _FILES, "service_stop": _SERVICES}),
        "syscall": Field("action", _CALLS, values={"execve": _EXECVE, "execveat": _EXECVE}),
        "exe": Field("exe"), "comm": Field("process"), "euid": Field("uid"), "pid": Field("pid"),
        "ppid": Field("ppid"),
        **_none(_FILES, "name", "nametype"),
        **_none("a key is a word of auditd's own configuration", "key"),
        **_none(_SERVICES, "unit"),
        **_none("whether a call succeeded is not recorded", "success"),
        **_none("the user that logged in is not recorded", "auid", "ses"),
    },
    keywords=("cmdline",), beside=_audited,
)  # fmt: skip

LINES = msgspec.structs.replace(
    PROCESS, keywords=("cmdline",),
    note="of all that Linux logs, the command lines of programs that are started are seen here",
)  # fmt: skip

_ENDS = {
    "sourceip": Field("src"), "src_ip": Field("src"), "id.orig_h": Field("src"),
    "sourceport": Field("src_port"),
    "src_port": Field("src_port"), "id.orig_p": Field("src_port"), "destinationip": Field("dst"),
    "dst_ip": Field("dst"), "id.resp_h": Field("dst"), "destinationport": Field("dst_port"),
    "dst_port": Field("dst_port"), "id.resp_p": Field("dst_port"),
}  # fmt: skip
_FLOW_SAMPLE: dict[str, str | int] = {
    "src": "198.51.100.7", "dst": "203.0.113.9", "src_port": 40000, "dst_port": 9, "proto": "tcp",
    "direction": "out", "exe": "/usr/lib/any", "server_name": "any.invalid", "app": "unknown",
}  # fmt: skip
FLOW = Source(
    table="flow",
    fields={
        **_ENDS, **_timed("start"), "image": Field("exe"), "commandline": Field("cmdline"),
        "user": Field("user"),
        "destinationhostname": Field("server_name"), "protocol": Field("proto"), "proto": Field("proto"),
        "processid": Field("pid"), "service": Field("app"), "processname": Field("process"),
        "initiated": Field("direction", values={
            "true": "direction IN ('out', 'local')", "false": "direction = 'in'",
        }),
        **_none("names of sources are not looked up", "sourcehostname"),
        **_none("a flow knows its process's parent by name alone", "parentimage", "parentcommandline"),
        **_none("what a firewall did is not seen", "action", "blocked"),
    },
    keywords=("server_name",),
    sample=_FLOW_SAMPLE,
)  # fmt: skip
_LET = "packets_in > 0"
FIREWALL = msgspec.structs.replace(
    FLOW,
    fields={
        **FLOW.fields,
        "action": Field(
            "packets_in", "what a firewall says is not seen: what was answered was let through",
            values=dict.fromkeys(("accept", "allow", "allowed", "forward", "pass", "permit"), _LET),
        ),
        "blocked": Field("packets_in", "what a firewall stopped is not seen", values={"false": _LET}),
    },
    sample={**_FLOW_SAMPLE, "packets_in": 1},
)  # fmt: skip
RDP = msgspec.structs.replace(FLOW, base="app = 'rdp'", sample={**_FLOW_SAMPLE, "app": "rdp"})

_SECURED = "SELECT 1 FROM json_each(flags) WHERE value IN ('ad', 'cd')"
_DNS_FIELDS = {
    **_ENDS, **_timed("time"), "query": Field("query"), "queryname": Field("query"),
    "record_type": Field("query_type"), "qtype_name": Field("query_type"), "processid": Field("pid"),
    "processname": Field("process"),
    "answer": Field("answers", before="% "), "answers": Field("answers", before="% "),
    "queryresults": Field("answers", before="% "), "rcode_name": Field("rcode"),
    "rejected": Field("rcode", values={"true": "rcode = 'REFUSED'", "false": "rcode <> 'REFUSED'"}),
    "image": Field("exe"), "user": Field("user"),
    **_none("a query's row knows the program, not how it was called or by whom", "commandline", "parentimage",
            "parentcommandline"),
    # Three bits in Zeek's log: the reserved one, that no message here has; ad and cd (RFC 4035 section 3).
    "z": Field("flags", values={"0": f"NOT EXISTS ({_SECURED})"}, against="ad"),
}  # fmt: skip
ANSWERED = frozenset({"answers", "rcode"})  # columns of answers alone
DNS = Source(
    table="dns",
    base="message = 'query'",
    fields=_DNS_FIELDS,
    keywords=("query",),
    sample={"message": "query", "query": "any.invalid", "query_type": "A", "src": "198.51.100.7",
            "dst": "203.0.113.9", "dst_port": 53, "rcode": "NOERROR", "exe": "/usr/lib/any"},
)  # fmt: skip
HTTP = Source(
    table="http",
    base="message = 'request'",
    fields={
        **_ENDS, **_timed("time"), "c-uri": Field("path"), "uri": Field("path"), "cs-uri": Field("path"),
        "host": Field("host"), "cs-host": Field("host"), "r-dns": Field("host"), "method": Field("method"),
        "cs-method": Field("method"),
        "c-useragent": Field("user_agent"), "user_agent": Field("user_agent"), "referrer": Field("referer"),
        "c-uri-query": Field("path", before="%?"),
        **_none("of an answer, whose row is another than the request's", "resp_mime_types", "status_code",
                "sc-status", "resp_fuids"),
    },
    keywords=("path",),
    sample={"message": "request", "path": "/any", "host": "any.invalid", "method": "GET", "user_agent": "any",
            "src": "198.51.100.7", "dst": "203.0.113.9"},
)  # fmt: skip
DCERPC = Source(
    table="dcerpc",
    fields={**_ENDS, **_timed("time"), "operation": Field("operation"), "endpoint": Field("interface")},
    sample={"operation": "any", "interface": "any", "src": "198.51.100.7", "dst": "203.0.113.9"},
)
SMB = Source(
    table="smb",
    fields={**_ENDS, **_timed("time"), "name": Field("path"), "path": Field("share"), "user": Field("user")},
    keywords=("path",),
    sample={"path": "any", "share": "any", "src": "198.51.100.7", "dst": "203.0.113.9"},
)
KERBEROS = Source(
    table="kerberos",
    base="message IN ('as-rep', 'tgs-rep')",
    fields={
        **_ENDS, **_timed("time"), "client": Field("client"), "service": Field("service"),
        "cipher": Field("ticket_encryption"),
        "request_type": Field("message", values={"as": "message = 'as-rep'", "tgs": "message = 'tgs-rep'"}),
    },
    sample={"message": "tgs-rep", "client": "any", "service": "any", "ticket_encryption": "any",
            "src": "198.51.100.7", "dst": "203.0.113.9"},
)  # fmt: skip
X509 = Source(
    table="tls_certificate",
    fields={**_ENDS, **_timed("time"), "certificate.serial": Field("serial"),
            "certificate.subject": Field("subject"), "certificate.issuer": Field("issuer")},
    sample={"serial": "00", "src": "198.51.100.7", "dst": "203.0.113.9"},
)  # fmt: skip

# (product, category, service), None for any; the first that fits. A product that is not named fits as well.
SOURCES: tuple[tuple[tuple[str | None, str | None, str | None], Source], ...] = (
    (("linux", "process_creation", None), PROCESS),
    (("linux", None, "auditd"), AUDITD),
    (("linux", None, None), LINES),
    (("linux", "network_connection", None), FLOW),
    (("linux", "dns_query", None), DNS),
    ((None, "dns_query", None), DNS),
    ((None, "dns", None), DNS),
    (("zeek", None, "dns"), DNS),
    (("zeek", None, "http"), HTTP),
    (("zeek", None, "conn"), FLOW),
    (("zeek", None, "rdp"), RDP),
    (("zeek", None, "dce_rpc"), DCERPC),
    (("zeek", None, "smb_files"), SMB),
    (("zeek", None, "smb_mapping"), SMB),
    (("zeek", None, "x509"), X509),
    (("zeek", None, "kerberos"), KERBEROS),
    ((None, "firewall", None), FIREWALL),
)
_DEVICE = "the log of a network device, which is another host"
_SERVICE = "what a service writes into its own log is not read"
UNSEEN = {
    **dict.fromkeys((
        "file_access", "file_change", "file_delete", "file_event", "file_rename", "file_executable_detected",
    ), _FILES),
    **dict.fromkeys(("cisco", "fortigate", "fortios", "huawei", "juniper", "paloalto"), _DEVICE),
    **dict.fromkeys((
        "clamav", "cron", "guacamole", "sshd", "syslog", "vsftpd", "auth", "sudo", "modsecurity", "apache",
        "nginx",
    ), _SERVICE),
    **dict.fromkeys(("webserver", "antivirus", "application", "database"), _SERVICE),
    "proxy": "the log of a proxy, which is another program's",
    "image_load": "libraries that are loaded are not watched",
}  # fmt: skip
"""Why there is no table, by service, category or product."""
FOREIGN = frozenset({"windows", "macos", "azure", "aws", "gcp", "m365", "okta", "github", "kubernetes"})
