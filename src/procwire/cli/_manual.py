"""The sections of the manual page that the argument parser does not hold."""

from __future__ import annotations

FILTERS = (
    "A filter is tests joined by and, or, not (also &&, ||, !) and parentheses. A test is a column, an "
    "operator and a value. The operators are ==, !=, <, <=, >, >=, ~ (a regular expression is found), !~, "
    "contains, in, not in, is known, is unknown. `procwire columns` lists every column.",
    "Values: 443, 1MB, 64KiB, 80ms, 2h, 10.0.0.0/8, 2001:db8::/32, 2026-01-31T12:00:00Z, -2h (ago), "
    "1024..2048 (both ends included), {curl, wget} (any of these), and text, in quotes where it holds "
    "spaces or signs.",
    "A bare word is looked for in text columns, addresses, ports and ids. A comparison with a value that "
    "is not known is false.",
)

EXIT_STATUS = (
    ("0", "Everything was done."),
    ("1", "Failure: some input could not be read to its end; what came before the damage was shown."),
    ("2", "Usage: the command line or a filter is wrong; nothing was started."),
    ("3", "Permission: not allowed; the message names the missing right."),
    (
        "4",
        "Finished but degraded or incomplete: something was lost, skipped or stopped; the message says what.",
    ),
)

ENVIRONMENT = (
    ("NO_COLOR", "Any value: no colours."),
    ("COLUMNS", "Width of the terminal, where it cannot be asked."),
    ("PROCWIRE_SECTION_KEY", "A key of the configuration, e.g. PROCWIRE_WATCH_RING=64MB."),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME", "Where the user's configuration and store lie."),
)

FILES = (
    ("*.pcap, *.pcapng", "Recordings; also compressed with gzip or zstd, and from standard input as -."),
    ("/etc/procwire/config.toml, ~/.config/procwire/config.toml", "The configuration: procwire config."),
    (
        "/var/lib/procwire/history.db, ~/.local/state/procwire/history.db",
        "The store of watch --store and read --store, for root and for others.",
    ),
)

EXAMPLES = (
    ("Show what this host talks about, and which process does:", "procwire watch"),
    (
        "The same on one interface for thirty seconds, as JSON lines:",
        "procwire watch -i eth0 --for 30s --json",
    ),
    (
        "Large TLS flows of two programs in a recording:",
        "procwire read trace.pcapng --filter 'proto == tls and bytes > 1MB and process.name in {curl, wget}'",
    ),
    ("What a recording holds, at a glance:", "procwire read trace.pcap --summary"),
    (
        "The largest processes, and where they live:",
        "procwire ps --sort rss --columns pid,process,rss,unit,container",
    ),
    ("Connections that lost packets, and whose they are:", "procwire sockets --filter 'retransmissions > 0'"),
    (
        "Every program that is started, with its parents:",
        "procwire ps --events --json --filter 'action == exec'",
    ),
    ("Who used most, by process:", "procwire read trace.pcapng --group process"),
    ("What was stored of the last two hours:", "procwire history --since 2h --filter 'app == dns'"),
    (
        "The same by process, in SQL:",
        'procwire query "SELECT process, sum(bytes) FROM flow GROUP BY 1 ORDER BY 2 DESC"',
    ),
)

SEE_ALSO = (("tcpdump", 8), ("pcap-filter", 7), ("ss", 8), ("ps", 1))
