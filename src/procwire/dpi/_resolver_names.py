"""Servers that are known for DNS over HTTPS, as their operators publish them."""

from __future__ import annotations

RESOLVERS = frozenset({
    "dns.google", "dns.google.com", "dns64.dns.google", "8888.google",
    "cloudflare-dns.com", "one.one.one.one", "1dot1dot1dot1.cloudflare-dns.com", "chrome.cloudflare-dns.com",
    "mozilla.cloudflare-dns.com", "security.cloudflare-dns.com", "family.cloudflare-dns.com",
    "dns.quad9.net", "dns9.quad9.net", "dns10.quad9.net", "dns11.quad9.net",
    "doh.opendns.com", "doh.familyshield.opendns.com", "dns.umbrella.com",
    "dns.adguard-dns.com", "dns.adguard.com", "family.adguard-dns.com", "unfiltered.adguard-dns.com",
    "dns.nextdns.io", "firefox.dns.nextdns.io", "chromium.dns.nextdns.io",
    "doh.cleanbrowsing.org", "dns.mullvad.net", "base.dns.mullvad.net", "doh.mullvad.net",
    "dns0.eu", "zero.dns0.eu", "dns.digitale-gesellschaft.ch", "doh.dns.sb", "doh.libredns.gr",
    "doh.applied-privacy.net", "dns.switch.ch", "doh.xfinity.com", "dns.alidns.com", "doh.pub", "doh.360.cn",
    "freedns.controld.com", "dns.controld.com", "dns.njal.la", "odvr.nic.cz", "ordns.he.net",
    "private.canadianshield.cira.ca", "protected.canadianshield.cira.ca", "doh.tiar.app",
    "common.dot.dns.yandex.net",
})  # fmt: skip
