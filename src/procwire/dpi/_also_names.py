"""What else people call a protocol, or what is a part of it: the name under which it is explained.

Names of tables need no line here. None of these is ever written into a flow.
"""

from __future__ import annotations

ALSO = {
    "bonjour": "mdns", "zeroconf": "mdns", "upnp": "ssdp", "netbios-ns": "nbns",
    "cifs": "smb", "smb1": "smb", "smb2": "smb", "smb3": "smb", "msrpc": "dcerpc",
    "portmap": "rpc", "rpcbind": "rpc", "sunrpc": "rpc", "mount": "nfs",
    "cip": "enip", "ethernet/ip": "enip", "ethernetip": "enip", "s7": "s7comm", "iec60870": "iec104",
    "connect": "http", "http-connect": "http", "http1": "http", "http/1.1": "http",
    "cql": "cassandra", "scylla": "cassandra", "mariadb": "mysql", "postgres": "postgresql",
    "mssql": "tds", "sqlserver": "tds", "rabbitmq": "amqp", "zeromq": "zmtp", "memcache": "memcached",
    "dht": "bittorrent", "utp": "bittorrent", "dot": "tls", "doh": "tls", "doq": "quic",
    "h2": "http2", "h2c": "http2", "h3": "quic", "http3": "quic",
    "haproxy": "proxy_protocol", "proxy": "proxy_protocol", "socks4": "socks", "socks5": "socks",
    "hassh": "ssh", "scp": "ssh", "sftp": "ssh",
    "https": "tls", "imaps": "tls", "ftps": "tls", "pop3s": "tls", "smtps": "tls", "ssl": "tls",
    "ja3": "tls", "ja4": "tls", "ech": "tls", "tor": "tls",
    "ice": "stun", "turn": "stun", "sdp": "sip", "srtp": "dtls", "webrtc": "dtls",
    "icmpv6": "icmp6", "mld": "icmp6", "ipfix": "netflow", "ipsec": "ike", "submission": "smtp",
}  # fmt: skip
