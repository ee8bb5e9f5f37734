"""Which table holds what a log source of Sigma's tells, and under which names.

A field that is mapped to text is a column; ``NONE`` with words says why no row here has it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

NONE = ""


class Field(msgspec.Struct, frozen=True):
    """``column``, or why there is none. ``before``: what stands before the value in a member of a list."""

    column: str
    why: str = ""
    before: str = ""
    values: Mapping[str, str] = {}  # value in lower case -> condition, where it is no value here


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A table, what its rows must be, its fields by lower-case name, and where keywords are looked for.

    ``sample``: a row that no rule looks for, to make rows of that prove one.
    """

    table: str
    base: str = ""
    fields: Mapping[str, Field]
    keywords: tuple[str, ...] = ()
    sample: Mapping[str, str | int] = {}


def _none(why: str, *names: str) -> dict[str, Field]:
    return {name: Field(NONE, why) for name in names}


PROCESS = Source(
    table="process_event",
    base="action = 'exec'",
    fields={
        "image": Field("exe"), "commandline": Field("cmdline"), "parentimage": Field("parent_exe"),
        "parentcommandline": Field("parent_cmdline"), "user": Field("user"), "processid": Field("pid"),
        "parentprocessid": Field("ppid"), "processname": Field("process"),
        "containername": Field("container"),
        **_none("where a process was started is not recorded", "currentdirectory"),
        **_none("Linux has no such log-on session", "logonid", "logonguid", "terminalsessionid",
                "integritylevel"),
        **_none("programs of Linux have no such resource", "originalfilename", "description", "product",
                "company", "fileversion"),
        **_none("a program is hashed after it has started", "hashes", "md5", "sha1", "sha256", "imphash"),
        **_none("a parent's user is not recorded", "parentuser"),
    },
    keywords=("exe", "cmdline"),
    sample={"action": "exec", "exe": "/usr/lib/any", "cmdline": "any", "process": "any", "user": "nobody",
            "parent_exe": "/usr/lib/above", "parent_cmdline": "above", "pid": 4000, "ppid": 3999},
)  # fmt: skip

AUDITD = msgspec.structs.replace(
    PROCESS,
    fields={
        **{f"a{number}": Field(f"arg{number}") for number in range(8)},
        "type": Field("action", "of auditd's records only EXECVE, what is executed, is seen here",
                      values={"execve": "action = 'exec'"}),
        **_none("of auditd's records only EXECVE, what is executed, is seen here", "exe", "comm", "syscall",
                "name", "nametype", "key", "unit", "euid", "success"),
    },
    keywords=("cmdline",),
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
        **_ENDS, "image": Field("exe"), "commandline": Field("cmdline"), "user": Field("user"),
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
RDP = msgspec.structs.replace(FLOW, base="app = 'rdp'", sample={**_FLOW_SAMPLE, "app": "rdp"})

_DNS_FIELDS = {
    **_ENDS, "query": Field("query"), "queryname": Field("query"), "record_type": Field("query_type"),
    "qtype_name": Field("query_type"), "processid": Field("pid"), "processname": Field("process"),
    "answer": Field("answers", before="% "), "answers": Field("answers", before="% "),
    "queryresults": Field("answers", before="% "), "rcode_name": Field("rcode"),
    "rejected": Field("rcode", values={"true": "rcode = 'REFUSED'", "false": "rcode <> 'REFUSED'"}),
    "image": Field("exe"), "user": Field("user"),
    **_none("a query's row knows the program, not how it was called or by whom", "commandline", "parentimage",
            "parentcommandline"),
    **_none("the reserved bit of a message is not a column", "z"),
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
        **_ENDS, "c-uri": Field("path"), "uri": Field("path"), "cs-uri": Field("path"), "host": Field("host"),
        "cs-host": Field("host"), "r-dns": Field("host"), "method": Field("method"),
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
    fields={**_ENDS, "operation": Field("operation"), "endpoint": Field("interface")},
    sample={"operation": "any", "interface": "any", "src": "198.51.100.7", "dst": "203.0.113.9"},
)
SMB = Source(
    table="smb",
    fields={**_ENDS, "name": Field("path"), "path": Field("share"), "user": Field("user")},
    sample={"path": "any", "share": "any", "src": "198.51.100.7", "dst": "203.0.113.9"},
)
X509 = Source(
    table="tls_certificate",
    fields={**_ENDS, "certificate.serial": Field("serial"), "certificate.subject": Field("subject"),
            "certificate.issuer": Field("issuer")},
    sample={"serial": "00", "src": "198.51.100.7", "dst": "203.0.113.9"},
)  # fmt: skip

# (product, category, service), None for any; the first that fits. A product that is not named fits as well.
SOURCES: tuple[tuple[tuple[str | None, str | None, str | None], Source], ...] = (
    (("linux", "process_creation", None), PROCESS),
    (("linux", None, "auditd"), AUDITD),
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
)
FOREIGN = frozenset({"windows", "macos", "azure", "aws", "gcp", "m365", "okta", "github", "kubernetes"})
