//! Which names and addresses may be called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether `host` is `localhost` or a name under it (RFC 6761 §6.3), the names of development.
#[must_use]
pub fn is_development_host(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "localhost" || host.strip_suffix(".localhost").is_some_and(|label| !label.is_empty())
}

/// The scheme in which a host of the network is spoken to: `http` for development names, `https` for
/// every other. `host` may carry a port.
#[must_use]
pub fn scheme_for_host(host: &str) -> &'static str {
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    if is_development_host(name) { "http" } else { "https" }
}

/// The last two labels of a name. Which names have one owner nobody can tell without a list of public suffixes: those of one
/// suffix share a zone (`a.co.example`, `b.co.example`). Written in lower case and without a final dot.
#[must_use]
pub fn zone(name: &str) -> String {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last_two = name.rmatch_indices('.').nth(1).and_then(|(dot, _)| name.get(dot.saturating_add(1)..));
    last_two.unwrap_or(name).to_ascii_lowercase()
}

/// Whether `address` belongs to a machine on the public internet, by the special-purpose registries of
/// RFC 6890 and its updates.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        // This network, private, loopback, link-local, multicast and reserved (broadcast too).
        [0 | 10 | 127 | 224..=255, ..] | [169, 254, ..] | [172, 16..=31, ..] | [192, 168, ..] => true,
        // Shared by carriers (RFC 6598), protocol assignments, the old 6to4 relay, benchmarks.
        [100, 64..=127, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18 | 19, ..] => true,
        // Documentation (RFC 5737).
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // NAT64 (RFC 6052): as public as the IPv4 address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(Ipv4Addr::from_bits(u32::from(high).rotate_left(16) | u32::from(low)))
        }
        // Teredo and other protocol assignments, 6to4, documentation (RFC 3849, RFC 9637).
        [0x2001, 0x0000..=0x01ff, ..]
        | [0x2001, 0x0db8, ..]
        | [0x2002, ..]
        | [0x3fff, 0x0000..=0x0fff, ..] => false,
        // Only 2000::/3 is handed out; loopback, mapped, unique-local, link-local and multicast lie outside.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(address: &str) -> bool {
        is_public(address.parse().unwrap())
    }

    #[test]
    fn special_ipv4_ranges_are_not_public_and_their_neighbours_are() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
        ] {
            assert!(!public(address), "{address}");
        }
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.0.1",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.0.3.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.0",
            "198.51.99.1",
            "203.0.114.1",
            "223.255.255.255",
        ] {
            assert!(public(address), "{address}");
        }
    }

    #[test]
    fn special_ipv6_ranges_are_not_public_and_their_neighbours_are() {
        for address in [
            "::",
            "::1",
            "::ffff:1.1.1.1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1.1.1.1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!public(address), "{address}");
        }
        for address in
            ["2001:200::1", "2001:db7::1", "2001:db9::1", "2606:4700::1111", "3ffe::1", "64:ff9b::1.1.1.1"]
        {
            assert!(public(address), "{address}");
        }
    }

    #[test]
    fn only_localhost_and_names_under_it_are_of_development() {
        for host in ["localhost", "kiln.localhost", "a.b.localhost", "Kiln.LOCALHOST"] {
            assert!(is_development_host(host), "{host}");
        }
        for host in [
            "notlocalhost",
            "localhost.example.org",
            ".localhost",
            "localhost.",
            "kiln.localhost.",
            "127.0.0.1",
        ] {
            assert!(!is_development_host(host), "{host}");
        }
        assert_eq!(scheme_for_host("kiln.localhost:8080"), "http");
        assert_eq!(scheme_for_host("kiln.example.org"), "https");
        assert_eq!(scheme_for_host("localhost.example.org:443"), "https");
    }
}
