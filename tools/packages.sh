#!/bin/sh
# Installs the real programs that the tests talk to, where this is a Debian and we are root.
# Elsewhere the tests that miss a program say so and skip.
set -u
WANTED="iproute2 iputils-ping nftables libpcap0.8 tshark tcpdump nginx-light curl openssl dnsmasq bind9-dnsutils netcat-openbsd groff man-db zsh fish tmux libbpf1 libbpf-dev clang llvm gcc liburing-dev nethogs samba smbclient winbind busybox isc-dhcp-client chrony snmp snmpd gupnp-tools miniupnpc minidlna freeradius freeradius-utils slapd ldap-utils krb5-kdc krb5-user krb5-admin-server rpcbind nfs-ganesha nfs-ganesha-vfs libnfs-utils xrdp freerdp2-x11 tigervnc-standalone-server tigervnc-tools xauth vncsnapshot x11-utils bird2 git rsync pmacct whois radvd nmap hping3 iodine dns2tcp openssh-server openssh-client dsniff unbound dnsdist knot-dnsutils rsyslog rsyslog-openssl nats-server prometheus chromium"
# What only the captures need (make vectors); they are committed, so the tests do without.
VECTORS="postgresql mariadb-server redis-server memcached mosquitto mosquitto-clients rabbitmq-server libcoap3-bin adb zabbix-agent"
VECTORS="$VECTORS xl2tpd pptpd pptp-linux ike-scan strongswan-starter libstrongswan-standard-plugins user-mode-linux kmod llmnrd graphite-carbon collectd-core"
VECTORS="$VECTORS finger fingerd freetds-bin gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-tools vsftpd dovecot-imapd dovecot-pop3d inetutils-telnetd telnet swaks socat microsocks haproxy tinyproxy nghttp2 coturn sip-tester wireguard-go wireguard-tools openvpn aria2 opentracker ngircd prosody libusrsctp-examples"
[ "${1:-}" = vectors ] && WANTED="$WANTED $VECTORS"
# What only the virtual machines need (make vm).
[ "${1:-}" = vm ] && WANTED="$WANTED qemu-system-x86 cpio kmod"
command -v apt-get >/dev/null 2>&1 || { echo "no apt-get here: tests use the programs that are present"; exit 0; }
missing=""
for package in $WANTED; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
# syslog-ng and rsyslog exclude each other: the one that is not installed is unpacked for the tests.
beside=/usr/local/lib/procwire-tests/syslog-ng
if [ "$(id -u)" -eq 0 ] && [ ! -e "$beside" ]; then
  (cd "$(mktemp -d)" && apt-get download -qq syslog-ng-core libivykis0 libnet1 libpcre3 libwrap0 2>/dev/null &&
    mkdir -p "$beside" && for file in *.deb; do dpkg -x "$file" "$beside"; done)
fi
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "not root: install these for all tests to run:$missing"
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# Daemons that the packages bring must not start by themselves on a test machine.
policy=/usr/sbin/policy-rc.d
made=""
[ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; made=1; }
apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null
status=$?
[ -z "$made" ] || rm -f "$policy"
exit $status
