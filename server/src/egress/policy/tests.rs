use proptest::prelude::*;

use super::*;

const LIST: [&str; 7] = [
    "Hooks.Example.com",
    "api.example.com:9443",
    "b\u{fc}cher.example",
    "127.0.0.1:8080",
    "[2606:4700::1111]:8443",
    "trailing.example.",
    "*.wild.example",
];

/// The normal spelling of where it leads, or nothing when it is refused.
fn public(url: &str) -> Option<(String, u16)> {
    Policy::public().check(url).ok().map(|destination| (destination.host, destination.port))
}

#[test]
fn ordinary_urls_lead_where_they_say() {
    for (url, host, port) in [
        ("https://example.com", "example.com", 443),
        ("http://example.com/hook?a=b#c", "example.com", 80),
        ("HTTPS://Example.COM:8443/x", "example.com", 8443),
        ("https://example.com:443/", "example.com", 443),
        ("https://example.com:/x", "example.com", 443),
        ("https://example.com./", "example.com", 443),
        ("https://b\u{fc}cher.example/", "xn--bcher-kva.example", 443),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443),
        ("https://\u{24d4}xample.com/", "example.com", 443),
        ("https://example\u{3002}com/", "example.com", 443),
        ("https://my_host.example/", "my_host.example", 443),
        ("https://8.8.8.8/", "8.8.8.8", 443),
        ("http://134744072/", "8.8.8.8", 80),
        ("https://[2606:4700:4700:0:0:0:0:1111]:8443/", "2606:4700:4700::1111", 8443),
        ("https://example.com/@user:pw", "example.com", 443),
        ("https://example.com/?u=http://127.0.0.1/", "example.com", 443),
    ] {
        assert_eq!(public(url), Some((host.into(), port)), "{url}");
    }
}

#[test]
fn what_does_not_lead_to_the_internet_is_refused_in_every_spelling() {
    for url in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://127.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0x7F.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://0177.0x0.0.1/",
        "http://127.0.0.1./",
        "http://0/",
        "http://0.0.0.0/",
        "http://00000000000/",
        "http://10.1.2.3/",
        "http://\u{ff11}\u{ff12}\u{ff17}.0.0.1/",
        "http://\u{2460}\u{2461}\u{2466}.0.0.1/",
        "http://127\u{3002}0\u{ff0e}0.1/",
        "http://%31%32%37.0.0.1/",
        "http://127.0.0.1%2f@example.com/",
        "http://169.254.169.254/latest/meta-data",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://168.63.129.16/",
        "http://100.100.100.200/",
        "http://192.168.1.1:8080/",
        "http://172.16.0.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[::1]/",
        "http://[::]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::127.0.0.1]/",
        "http://[64:ff9b::8.8.8.8]/",
        "http://[64:ff9b:1::10.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://[2002:a00:1::1]/",
        "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fc00::1]/",
        "http://[fd00:ec2::254]/",
        "http://[ff02::1]/",
        "http://[2001:db8::1]/",
        "http://[::ffff:0:127.0.0.1]/",
        "http://[2606:4700::5efe:127.0.0.1]/",
        "http://[v1.x]/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://a.localhost/",
        "http://256.1.1.1/",
        "http://1.2.3.4.5/",
        "http://0x100000000/",
    ] {
        assert_eq!(public(url), None, "{url}");
    }
}

#[test]
fn what_programs_read_in_different_ways_is_refused() {
    for url in [
        "",
        "example.com",
        "//example.com/",
        "http:example.com",
        "http:/example.com",
        "http:///example.com",
        "http://",
        "http://?",
        "http:// example.com/",
        " http://example.com/",
        "http://example.com/\n",
        "http://exa\tmple.com/",
        "http://example.com\\@evil.example/",
        "http:\\\\example.com",
        "http://user@example.com/",
        "http://user:pw@example.com/",
        "http://@example.com/",
        "http://:@example.com/",
        "http://example.com:80@evil.example/",
        "http://ex%61mple.com/",
        "http://example..com/",
        "http://.example.com/",
        "http://example.com../",
        "http://exa mple.com/",
        "http://exa<mple.com/",
        "http://*.example.com/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://example.com:8o/",
        "http://example.com:-80/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "data:text/plain,x",
        "javascript://example.com/",
        "ws://example.com/",
        "dict://example.com:11211/",
        "blob:https://example.com/x",
        "jar:http://example.com!/",
        "http+unix://example.com/",
        "\u{feff}http://example.com/",
        "http://example.com\u{a0}/",
        "http://exa\u{200b}\u{200b}mple.com:22/",
        "http://[::1",
        "http://::1/",
        "http://example.com\0.evil.example/",
    ] {
        assert_eq!(public(url), None, "{url:?}");
    }
    assert_eq!(public(&format!("https://example.com/{}", "x".repeat(MAX_URL))), None);
    assert_eq!(public(&format!("https://{}.com/", "x".repeat(MAX_LABEL + 1))), None);
    assert_eq!(public(&format!("https://{}com/", "x.".repeat(130))), None);
}

#[test]
fn ports_that_belong_to_other_services_need_an_entry_of_their_own() {
    for (port, allowed) in
        [(80, true), (443, true), (8443, true), (22, false), (25, false), (6379, false), (9443, false)]
    {
        assert_eq!(public(&format!("https://example.com:{port}/")).is_some(), allowed, "{port}");
    }
}

#[test]
fn a_list_means_exactly_its_hosts() {
    let policy = Policy::listed(LIST);
    for (url, allowed) in [
        ("https://hooks.example.com/x", true),
        ("https://HOOKS.example.com./x", true),
        ("https://hooks.example.com:8443/x", true),
        ("https://hooks.example.com:22/x", false),
        ("https://api.example.com:9443/", true),
        ("https://api.example.com/", false),
        ("https://xn--bcher-kva.example/", true),
        ("https://b\u{dc}cher.example/", true),
        ("https://trailing.example/", true),
        ("https://[2606:4700:0::1111]:8443/", true),
        ("https://[2606:4700:0::1111]/", false),
        // Being listed does not make an address public.
        ("http://127.0.0.1:8080/", false),
        ("http://2130706433:8080/", false),
        ("https://example.com/", false),
        ("https://a.hooks.example.com/", false),
        ("https://hooks.example.com.evil.example/", false),
        ("https://evilhooks.example.com/", false),
        ("https://evil.example/?hooks.example.com", false),
        ("https://evil.example/#@hooks.example.com", false),
        ("https://hooks.example.com@evil.example/", false),
        ("https://evil.example@hooks.example.com/", false),
        ("https://hooks.ex\u{430}mple.com/", false),
        ("https://a.wild.example/", false),
        ("https://wild.example/", false),
    ] {
        assert_eq!(policy.check(url).is_ok(), allowed, "{url}");
    }
    assert!(Policy::listed([]).check("https://example.com/").is_err(), "an empty list allows nothing");
}

#[test]
fn private_hosts_need_the_list_and_the_switch() {
    let policy = Policy::listed(["127.0.0.1:8080", "localhost:9000"]).dangerously_private();
    for (url, allowed) in [
        ("http://127.0.0.1:8080/", true),
        ("http://2130706433:8080/", true),
        ("http://localhost:9000/", true),
        ("http://127.0.0.1:8081/", false),
        ("http://[::1]:8080/", false),
        ("http://10.0.0.1:8080/", false),
    ] {
        assert_eq!(policy.check(url).is_ok(), allowed, "{url}");
    }
    assert_eq!(policy.reach(), Reach::Anywhere);
    let open = Policy::public().dangerously_private();
    assert!(
        open.check("http://127.0.0.1/").is_err() && open.reach() == Reach::Public,
        "without a list it means nothing"
    );
}

#[test]
fn entries_that_are_no_host_allow_nothing() {
    for text in [
        "",
        "*",
        "*.example.com",
        "https://example.com",
        "example.com/x",
        "example.com:",
        "example.com:x",
        "u@example.com",
        "a b",
        "%65xample.com",
    ] {
        assert_eq!(Entry::parse(text), None, "{text}");
    }
    assert_eq!(Entry::parse("::1"), Some(Entry { host: "::1".into(), port: None }));
    assert_eq!(
        Entry::parse(" example.com:443 "),
        Some(Entry { host: "example.com".into(), port: Some(443) })
    );
}

#[test]
fn a_name_is_as_public_as_its_worst_address() {
    let check = |texts: &[&str]| {
        let addresses: Vec<IpAddr> = texts.iter().map(|text| text.parse().unwrap()).collect();
        check_addresses("h", &addresses).is_ok()
    };
    assert!(check(&["8.8.8.8", "2606:4700::1111"]));
    assert!(check(&["64:ff9b::808:808"]), "an IPv6-only network resolves every IPv4 host so");
    assert!(!check(&["8.8.8.8", "10.0.0.1"]));
    assert!(!check(&["8.8.8.8", "::ffff:10.0.0.1"]));
    assert!(!check(&["64:ff9b::a00:1"]));
    assert!(!check(&[]));
}

fn spellings(ip: std::net::Ipv4Addr) -> Vec<String> {
    let bits = u32::from(ip);
    let [a, b, c, d] = ip.octets();
    vec![
        ip.to_string(),
        bits.to_string(),
        format!("0x{bits:x}"),
        format!("0{bits:o}"),
        format!("{a}.{}", bits & 0x00ff_ffff),
        format!("{a}.{b}.{}", bits & 0xffff),
        format!("0x{a:x}.0{b:o}.{c}.0x{d:X}"),
        format!("{ip}."),
        format!("[::ffff:{ip}]"),
        format!("[::{ip}]"),
        format!("[64:ff9b::{ip}]"),
        format!("[2002:{:x}:{:x}::]", bits >> 16, bits & 0xffff),
    ]
}

proptest! {
    #[test]
    fn no_spelling_of_an_address_that_is_not_public_gets_through(bits: u32) {
        let ip = std::net::Ipv4Addr::from(bits);
        let is_public = address::is_public(ip.into());
        for (index, host) in spellings(ip).into_iter().enumerate() {
            let found = public(&format!("http://{host}/"));
            // Plain spellings of a public one lead to it; those within IPv6 lead nowhere.
            let expected = (is_public && index < 8).then(|| (ip.to_string(), 80));
            prop_assert_eq!(found, expected, "{}", host);
        }
    }

    #[test]
    fn nothing_makes_the_parser_panic_and_what_passes_is_normal(text in "(http|https)?(:|://|//)?[ -~\u{e0}-\u{ff}\u{2460}-\u{2470}\u{ff0e}]{0,40}") {
        if let Ok(destination) = Policy::public().check(&text) {
            // What is dialled is what was checked.
            prop_assert!(destination.url.username().is_empty() && destination.url.password().is_none());
            let again = Policy::public().check(destination.url.as_str()).unwrap();
            prop_assert_eq!(again.host, destination.host);
            prop_assert_eq!(again.port, destination.port);
        }
    }

    #[test]
    fn a_name_that_is_not_listed_is_never_allowed(host in "[a-z0-9.-]{1,30}") {
        let listed = host.trim_end_matches('.') == "hooks.example.com";
        let policy = Policy::listed(["hooks.example.com"]);
        let refused = policy.check(&format!("https://{host}/")).is_err();
        prop_assert!(refused || listed);
    }
}
