#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Records legacy rules made by iptables-legacy, as seeds for the fuzzer of xtables entries.

Run as root in a network namespace of its own:  unshare -n tests/fuzz/record_xtables.py tests/fuzz/corpus
Writes xtables_entries/*.bin: a family byte (0 ip, 1 ip6), then one entry as the kernel hands it out.
"""
import ctypes
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile

GET_INFO, GET_ENTRIES = 64, 65  # IPT_SO_*, and the same numbers for IPv6
OFFSETS = (88, 140)  # where target_offset stands in struct ipt_entry and ip6t_entry, next_offset behind it

BOTH = r"""
-N OTHER
-A FORWARD -j ACCEPT -m comment --comment fwd-guard:a
-A FORWARD ! -i docker0 -o cni+ -m comment --comment fwd-guard:b -j DROP
-A FORWARD -p tcp --sport 1:9 --dport 80 -m conntrack --ctstate NEW,ESTABLISHED -m comment --comment fwd-guard:c -j OTHER
-A FORWARD -p udp --dport 53 -m mark ! --mark 0x1/0xff -m comment --comment fwd-guard:d -g OTHER
-A FORWARD -p tcp --syn -m limit --limit 5/s -m comment --comment fwd-guard:e -j RETURN
-A FORWARD -m comment --comment fwd-guard:f -j LOG --log-prefix x
-A FORWARD -m multiport -p tcp --dports 80,443 -m comment --comment other -j REJECT
-A FORWARD
"""
OWN = {
    0: "-A FORWARD -s 10.1.0.0/16 ! -d 192.0.2.128/25 -m comment --comment fwd-guard:g -j ACCEPT\n"
    "-A FORWARD -f -s 10.0.0.1/255.0.255.0 -m comment --comment fwd-guard:h -j ACCEPT\n",
    1: "-A FORWARD -s fe80::/10 ! -d 2001:db8::1 -m comment --comment fwd-guard:g -j ACCEPT\n"
    "-A FORWARD -p ipv6-icmp -m comment --comment fwd-guard:h -j ACCEPT\n",
}


def ask(asker, level, option, head, size):
    """getsockopt(2) with a request in the buffer, which Python's own cannot do."""
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(head, len(head) + size)
    length = ctypes.c_uint(len(buffer))
    if libc.getsockopt(asker.fileno(), level, option, buffer, ctypes.byref(length)) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    return buffer.raw


def entries(family):
    kind, level = (socket.AF_INET6, socket.IPPROTO_IPV6) if family else (socket.AF_INET, socket.IPPROTO_IP)
    name = b"filter".ljust(32, b"\0")
    with socket.socket(kind, socket.SOCK_RAW, socket.IPPROTO_RAW) as asker:
        size = struct.unpack_from("=I", ask(asker, level, GET_INFO, name, 52), 80)[0]
        head = name + struct.pack("=II", size, 0)
        blob = ask(asker, level, GET_ENTRIES, head, size)[len(head) :]
    at = 0
    while at < size:
        length = struct.unpack_from("=H", blob, at + OFFSETS[family] + 2)[0]
        yield blob[at : at + length]
        at += length


def main():
    folder = pathlib.Path(sys.argv[1]) / "xtables_entries"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile() as lock:
        os.environ["XTABLES_LOCKFILE"] = lock.name
        for family, tool in enumerate(("iptables-legacy", "ip6tables-legacy")):
            for line in (BOTH + OWN[family]).strip().splitlines():
                subprocess.run([tool, *line.split()], check=True)
            seen = set()
            for entry in entries(family):
                if entry not in seen:
                    seen.add(entry)
                    (folder / f"{tool[: tool.index('-')]}-{len(seen)}.bin").write_bytes(bytes([family]) + entry)


main()
