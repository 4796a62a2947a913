"""What actions may reach: public addresses, and of the rest what the user listed.

The rule speaks of *resolved* addresses. Whoever connects resolves once, asks here, and connects to the very address
that was allowed: a name that resolves to something else a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from aiops.errors import ConfigError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Cloud metadata services: they hand out credentials, and no runbook needs them unless somebody says so.
_METADATA = frozenset({"100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"})


@dataclass(frozen=True, slots=True)
class Egress:
    """`egress.allow` of the configuration, sorted into networks and names."""

    networks: tuple[Network, ...] = ()
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, allow: Iterable[str]) -> Egress:
        """Read CIDRs, addresses and host names (`*.example.org` = any name below).

        Raises
        ------
        ConfigError : an entry is none of them.
        """
        networks: list[Network] = []
        names: set[str] = set()
        for i, entry in enumerate(allow):
            try:
                networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                name = entry.lower().rstrip(".")
                if not name or any(character in name for character in "/ :@"):
                    message = "is no network, address or host name"
                    raise ConfigError(message, path=f"egress.allow.{i}", value=entry) from None
                names.add(name)
        return cls(tuple(networks), frozenset(names))

    def permits(self, host: str, address: str) -> bool:
        """Tell whether `address`, which `host` resolved to, may be reached."""
        try:
            resolved = _plain(ipaddress.ip_address(address.partition("%")[0]))
        except ValueError:
            return False
        if any(resolved in network for network in self.networks) or self._named(host):
            return True
        return resolved.is_global and not resolved.is_multicast and str(resolved) not in _METADATA

    def _named(self, host: str) -> bool:
        name = host.lower().rstrip(".")
        parents = name.split(".")
        return name in self.names or any(f"*.{'.'.join(parents[i:])}" in self.names for i in range(1, len(parents)))


def _plain(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one (mapped, 6to4, NAT64), so that ::ffff:127.0.0.1 is no way around."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.sixtofour:
            return address.sixtofour
        if address in ipaddress.IPv6Network("64:ff9b::/96"):
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
