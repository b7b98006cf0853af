"""The address that a request comes from, behind trusted proxies."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from fastapi import Request

from config.settings import Network

IpAddress = IPv4Address | IPv6Address


def client_address(request: Request, trusted_proxies: tuple[Network, ...]) -> IpAddress | None:
    """Return the nearest address that is not a trusted proxy; none if it is not an address."""
    hops = [request.client.host] if request.client else []
    forwarded = request.headers.get("x-forwarded-for", "")
    hops += [part.strip() for part in reversed(forwarded.split(",")) if part.strip()]
    for hop in hops:
        address = _parse_address(hop)
        if address is None or not _is_within(address, trusted_proxies):
            return address
    return None


def comes_from_proxy(request: Request, trusted_proxies: tuple[Network, ...]) -> bool:
    """Tell whether a trusted proxy sent the request."""
    peer = _parse_address(request.client.host) if request.client else None
    return peer is not None and _is_within(peer, trusted_proxies)


def _parse_address(text: str) -> IpAddress | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _is_within(address: IpAddress, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)
