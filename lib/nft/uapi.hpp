// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's headers, in the order that they need: libc's netinet/in.h and net/if.h come before
// those of the kernel, which then leave out what libc has defined.
#pragma once

// clang-format off
#include <net/if.h>
#include <netinet/in.h>

#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netlink.h>
// clang-format on
