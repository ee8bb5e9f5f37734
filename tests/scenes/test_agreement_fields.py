"""Field by field against tshark: what the observations of a capture say, another program reads alike."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from procwire.dpi.protocols.syslog import FACILITIES, SEVERITIES
from tests.dpi.talking import VECTORS, rows
from tests.scenes import tshark

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")


class Same(NamedTuple):
    """One column of one table, and the field of tshark that says the same."""

    table: str
    column: str
    field: str
    theirs: Callable[[str], str] = str
    once: bool = False  # compared as sets: the other shows a value where it is only repeated


def number(value: str) -> str:
    return str(int(value, 0))


def plain_hex(value: str) -> str:
    return value.replace(":", "").removeprefix("0x")


SAME: dict[str, list[Same]] = {
    "mdns/printer": [
        Same("mdns", "addresses", "dns.a", once=True),
        Same("mdns", "ident", "dns.id", number),
    ],
    "nbns/names": [Same("nbns", "ident", "nbns.id", number)],
    "dhcp/lease": [
        Same("dhcp", "ident", "dhcp.id", number),
        Same("dhcp", "hostname", "dhcp.option.hostname"),
        Same("dhcp", "fqdn", "dhcp.fqdn.name"),
        Same("dhcp", "requested", "dhcp.option.requested_ip_address"),
        Same("dhcp", "server", "dhcp.option.dhcp_server_id"),
        Same("dhcp", "vendor_class", "dhcp.option.vendor_class_id"),
        Same("dhcp", "hardware", "dhcp.hw.mac_addr", once=True),
    ],
    "dhcpv6/lease": [
        Same("dhcpv6", "addresses", "dhcpv6.iaaddr.ip"),
        Same("dhcpv6", "ident", "dhcpv6.xid", number),
        Same("dhcpv6", "client_id", "dhcpv6.duid.bytes", plain_hex, once=True),
    ],
    "snmp/versions": [
        Same("snmp", "variables", "snmp.name", once=True),
        Same("snmp", "user", "snmp.msgUserName"),
    ],
    "ldap/ordinary": [
        Same("ldap", "ident", "ldap.messageID", once=True),
        Same("ldap", "attributes", "ldap.AttributeDescription", once=True),
    ],
    "kerberos/tickets": [
        Same("kerberos", "realm", "kerberos.realm", once=True),
    ],
    "syslog/logger": [
        Same("syslog", "facility", "syslog.facility", lambda value: FACILITIES[int(value)], once=True),
        Same("syslog", "severity", "syslog.level", lambda value: SEVERITIES[int(value)], once=True),
    ],
    "tftp/boot": [Same("tftp", "file", "tftp.source_file", once=True)],
    "radius/access": [
        Same("radius", "ident", "radius.id"),
        Same("radius", "user", "radius.User_Name"),
        Same("radius", "calling", "radius.Calling_Station_Id"),
        Same("radius", "session_time", "radius.Acct_Session_Time"),
    ],
    "smb/files": [
        Same("smb", "path", "smb2.filename", once=True),
        Same("smb", "user", "ntlmssp.auth.username", once=True),
        Same("smb", "host", "ntlmssp.auth.hostname", once=True),
    ],
    "rpc/portmapper": [Same("rpc", "ident", "rpc.xid", number)],
    "nfs/files": [Same("rpc", "ident", "rpc.xid", number)],
    "dcerpc/endpoints": [Same("dcerpc", "ident", "dcerpc.cn_call_id", number)],
    "rdp/tls": [Same("rdp", "user", "rdp.rt_cookie", lambda value: value.rpartition("=")[2])],
    "vnc/open": [Same("vnc", "desktop", "vnc.desktop_name")],
    "x11/display": [Same("x11", "vendor", "x11.vendor")],
    "bgp/session": [
        Same("bgp", "router", "bgp.open.identifier"),
        Same("bgp", "hold_time", "bgp.open.holdtime"),
    ],
    "netflow/export": [Same("netflow", "version", "cflow.version")],
    "sflow/export": [Same("sflow", "sequence", "sflow_245.sequence_number")],
    "ntp/chrony": [Same("ntp", "version", "ntp.flags.vn"), Same("ntp", "stratum", "ntp.stratum")],
}


def flat(values: list[Any]) -> list[str]:
    return [str(one) for value in values for one in (value if isinstance(value, list) else [value])]


@pytest.mark.parametrize("capture", sorted(SAME))
def test_fields_say_the_same(capture: str) -> None:
    wanted = SAME[capture]
    read = tshark.fields(VECTORS / f"{capture}.pcap", tuple(one.field for one in wanted))
    for one in wanted:
        ours = flat([line[one.column] for line in rows(capture, one.table) if one.column in line])
        theirs = [one.theirs(value) for value in tshark.every(read, one.field)]
        assert theirs, one.field
        if one.once:
            assert set(ours) <= set(theirs), one.field
        else:
            assert sorted(ours) == sorted(theirs), one.field
