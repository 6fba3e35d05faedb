#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Records what the kernel says of rules made by real tools, as seeds for the netlink fuzzers.

Run as root in a network namespace of its own:  unshare -n tests/fuzz/record_nft.py tests/fuzz/corpus
Writes nft_messages/*.bin (datagrams) and nft_expressions/*.bin (a family byte, then the expressions of
one rule).
"""
import pathlib
import socket
import struct
import subprocess
import sys

NETLINK_NETFILTER = 12
SUBSYSTEM = 10 << 8
GETCHAIN, GETRULE, NEWRULE, GETSET, GETSETELEM, GETGEN = 4, 7, 6, 10, 13, 16
REQUEST, DUMP = 1, 0x300
FAMILIES = {"inet": 1, "ip": 2, "bridge": 7, "ip6": 10}

SETUP = r"""
set -e
C='-m comment --comment fwd-guard:x'
for t in iptables ip6tables; do
  $t -N OTHER
  $t -A FORWARD ! -i docker0 -o br+ $C -j ACCEPT
  $t -A FORWARD -p tcp --sport 1:9 --dport 80 -m conntrack --ctstate NEW,ESTABLISHED $C -j OTHER
  $t -A FORWARD -p udp -m udp --dport 53 -m mark ! --mark 0x1/0xff $C -g OTHER
  $t -A FORWARD -p tcp -m tcp --syn -m limit --limit 5/s $C -j RETURN
  $t -A FORWARD -m comment --comment 'not ours' -j DROP
done
iptables -A FORWARD -s 10.1.0.0/16 ! -d 192.0.2.128/25 $C -j ACCEPT
ip6tables -A FORWARD -s fe80::/10 ! -d 2001:db8::1 $C -j ACCEPT
for f in ip ip6 inet bridge; do nft -f - <<X
table $f t { chain f { type filter hook forward priority 0; policy drop; }
}
add rule $f t f iifname "eth*" oifname != "docker0" counter packets 5 bytes 500 accept comment "fwd-guard:y"
add rule $f t f meta l4proto tcp tcp sport 5 tcp dport 80-90 drop comment "fwd-guard:y"
add rule $f t f meta mark and 0xff != 1 return comment "fwd-guard:y"
add rule $f t f tcp dport { 80, 443 } log prefix "x" accept comment "fwd-guard:y"
X
done
for f in ip inet bridge; do nft "add rule $f t f ip saddr 10.0.0.0/8 ip daddr 10.2.3.4 udp dport != 5-9 accept"; done
for f in ip6 inet bridge; do nft "add rule $f t f ip6 saddr fe80::/10 accept comment \"fwd-guard:y\""; done
for f in ip ip6 inet; do nft "add rule $f t f ct state established,new accept comment \"fwd-guard:y\""; done
nft -f - <<X
table inet s { chain f { ct state { established, related } accept
  iifname lan0 ct state vmap { established : accept, invalid : drop, new : jump g }
  ct state != { new } drop
  ct status dnat accept
}
chain g { }
}
X
"""


def attribute(kind, text):
    value = text.encode() + b"\0"
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def request(kind, family, flags, attributes=b""):
    body = struct.pack("=BBH", family, 0, 0) + attributes
    return struct.pack("=IHHII", 16 + len(body), SUBSYSTEM | kind, REQUEST | flags, 7, 0) + body


def ask(message):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as asker:
        asker.bind((0, 0))
        asker.send(message)
        asker.setblocking(False)
        datagrams = []
        while True:
            try:
                datagrams.append(asker.recv(65536))
            except BlockingIOError:
                return datagrams


def listen():
    listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    listener.bind((0, 1 << 6))  # NFNLGRP_NFTABLES
    listener.settimeout(1)
    return listener


def expressions(datagram):
    """(family, expressions nest) of each rule in a datagram."""
    while len(datagram) >= 20:
        length, kind = struct.unpack_from("=IH", datagram)
        if kind == SUBSYSTEM | NEWRULE:
            family, at = datagram[16], 20
            while at < length:
                size, attribute_kind = struct.unpack_from("=HH", datagram, at)
                if attribute_kind & 0x3FFF == 4:
                    yield family, datagram[at + 4 : at + size]
                at += (size + 3) & ~3
        datagram = datagram[(length + 3) & ~3 :]


def main():
    corpus = pathlib.Path(sys.argv[1])
    messages, nests = corpus / "nft_messages", corpus / "nft_expressions"
    for folder in (messages, nests):
        folder.mkdir(parents=True, exist_ok=True)

    listener = listen()
    subprocess.run(["iptables", "-P", "FORWARD", "DROP"], check=True)
    for name in ("announced-objects", "announcement"):
        (messages / f"{name}.bin").write_bytes(listener.recv(65536))
    listener.close()
    subprocess.run(["bash", "-c", SETUP], check=True)

    kinds = set()
    for family, number in FAMILIES.items():
        for table, chain in (("filter", "FORWARD"), ("t", "f"), ("s", "f")):
            names = attribute(1, table) + attribute(2, chain)
            datagrams = ask(request(GETRULE, number, DUMP, names))
            if len(datagrams) < 2:
                continue
            (messages / f"rules-{family}-{table}.bin").write_bytes(datagrams[0])
            for index, (rule_family, nest) in enumerate(expressions(b"".join(datagrams))):
                seed = bytes([list(FAMILIES.values()).index(rule_family)]) + nest
                if seed not in kinds:
                    kinds.add(seed)
                    (nests / f"{family}-{table}-{index}.bin").write_bytes(seed)
    names = attribute(1, "filter") + attribute(3, "FORWARD")
    (messages / "chain.bin").write_bytes(ask(request(GETCHAIN, 2, 0, names))[0])
    missing = attribute(1, "filter") + attribute(3, "NONE")
    for name in ("__set0", "__map0"):
        of = attribute(1, "s") + attribute(2, name)
        (messages / f"{name[2:]}.bin").write_bytes(ask(request(GETSET, 1, 0, of))[0])
        (messages / f"{name[2:]}-elements.bin").write_bytes(ask(request(GETSETELEM, 1, DUMP, of))[0])
    (messages / "refused.bin").write_bytes(ask(request(GETCHAIN, 2, 0, missing))[0])
    (messages / "generation.bin").write_bytes(ask(request(GETGEN, 0, 0))[0])
    (messages / "done.bin").write_bytes(ask(request(GETRULE, 3, DUMP))[-1])

    listener = listen()
    subprocess.run(["iptables", "-F", "FORWARD"], check=True)
    deletions = listener.recv(65536) + listener.recv(65536)
    (messages / "flushed.bin").write_bytes(deletions)
    (messages / "flushed-announced.bin").write_bytes(deletions + listener.recv(65536))
    listener.close()


main()
