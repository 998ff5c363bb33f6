//! Which IP addresses are on the public internet.
//!
//! The standard library's `is_global` is unstable, so the tables are here: the IANA IPv4 and IPv6 Special-Purpose
//! Address Registries (RFC 6890 and its updates), every block that is not globally reachable.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const SPECIAL_V4: &[([u8; 4], u8)] = &[
    ([0, 0, 0, 0], 8),        // "this network"
    ([10, 0, 0, 0], 8),       // private
    ([100, 64, 0, 0], 10),    // carrier-grade NAT
    ([127, 0, 0, 0], 8),      // loopback
    ([168, 63, 129, 16], 32), // Azure's platform services, reachable from every machine there
    ([169, 254, 0, 0], 16),   // link-local, cloud metadata
    ([172, 16, 0, 0], 12),    // private
    ([192, 0, 0, 0], 24),     // IETF protocol assignments
    ([192, 0, 2, 0], 24),     // documentation
    ([192, 31, 196, 0], 24),  // AS112
    ([192, 52, 193, 0], 24),  // AMT
    ([192, 88, 99, 0], 24),   // 6to4 relay, deprecated
    ([192, 168, 0, 0], 16),   // private
    ([192, 175, 48, 0], 24),  // AS112
    ([198, 18, 0, 0], 15),    // benchmarking
    ([198, 51, 100, 0], 24),  // documentation
    ([203, 0, 113, 0], 24),   // documentation
    ([224, 0, 0, 0], 4),      // multicast
    ([240, 0, 0, 0], 4),      // reserved, broadcast
];

/// Within 2000::/3, the only block that is allocated to the internet.
const SPECIAL_V6: &[([u16; 8], u8)] = &[
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // IETF protocol assignments, Teredo, ORCHID
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4: wraps an IPv4 address
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), // AS112
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation
];

/// Whether a resolved address is globally reachable. In a network that has only IPv6, every IPv4 host is resolved to
/// a NAT64 address, which is judged by the IPv4 address inside; no resolver answers with the other forms that wrap one.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => nat64_v4(v6).map_or_else(|| is_public_v6(v6), is_public_v4),
    }
}

/// Whether an address that somebody wrote into a URL is globally reachable. Who means an IPv4 address can write it.
pub fn is_public_literal(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// Whether the address is this machine, in any spelling.
pub fn is_loopback(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback()),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    !SPECIAL_V4.iter().any(|(network, length)| {
        (bits ^ u32::from(Ipv4Addr::from(*network))).leading_zeros() >= u32::from(*length)
    })
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let bits = u128::from(address);
    bits >> 125 == 0b001
        && !SPECIAL_V6.iter().any(|(network, length)| {
            (bits ^ u128::from(Ipv6Addr::from(*network))).leading_zeros() >= u32::from(*length)
        })
        && isatap_v4(address).is_none_or(is_public_v4)
}

/// The IPv4 address inside 64:ff9b::/96 (RFC 6052).
fn nat64_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [prefix @ .., high, low] = address.segments();
    (prefix == [0x64, 0xff9b, 0, 0, 0, 0]).then(|| v4(high, low))
}

/// The IPv4 address inside an ISATAP interface identifier (RFC 5214), whatever network it is in.
fn isatap_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., flags, mark, high, low] = address.segments();
    (mark == 0x5efe && matches!(flags, 0 | 0x200)).then(|| v4(high, low))
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_internet_is_public() {
        for (text, public) in [
            ("8.8.8.8", true),
            ("100.63.255.255", true),
            ("100.64.0.1", false),
            ("127.8.9.1", false),
            ("169.254.169.254", false),
            ("172.32.0.1", true),
            ("172.31.0.1", false),
            ("192.0.2.7", false),
            ("198.19.255.255", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::", false),
            ("168.63.129.16", false),
            ("::ffff:8.8.8.8", false),
            ("::8.8.8.8", false),
            ("::ffff:10.0.0.1", false),
            ("::127.0.0.1", false),
            ("64:ff9b::169.254.169.254", false),
            ("64:ff9b::8.8.8.8", true),
            ("64:ff9b:1::1", false),
            ("2002:7f00:1::", false),
            ("2001:0:1::1", false),
            ("2001:db8::1", false),
            ("2606:4700:4700::1111", true),
            ("fc00::1", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
            ("3fff::1", false),
            ("5f00::1", false),
            ("2606:4700::5efe:10.0.0.1", false),
            ("2606:4700::200:5efe:7f00:1", false),
            ("2606:4700::5efe:8.8.8.8", true),
        ] {
            assert_eq!(is_public(text.parse().unwrap()), public, "{text}");
        }
    }
}
