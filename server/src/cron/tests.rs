use super::*;

fn next(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let schedule = Schedule::parse(expression, zone).unwrap();
    let due = schedule.after(after.parse().unwrap()).take(count);
    due.map(|due| due.strftime("%Y-%m-%dT%H:%M%:z").to_string()).collect()
}

#[test]
fn fields_names_ranges_and_steps() {
    for (expression, after, expected) in [
        ("*/40 * * * *", "2026-01-01T00:00:00Z", ["2026-01-01T00:40+00:00", "2026-01-01T01:00+00:00"]),
        ("0 9 * * mon,Wed", "2026-01-01T00:00:00Z", ["2026-01-05T09:00+00:00", "2026-01-07T09:00+00:00"]),
        ("0 0 * * 7", "2026-01-01T00:00:00Z", ["2026-01-04T00:00+00:00", "2026-01-11T00:00+00:00"]),
        ("0 0 1 * fri", "2026-01-01T00:00:00Z", ["2026-01-02T00:00+00:00", "2026-01-09T00:00+00:00"]),
        ("0 0 L * *", "2026-01-01T00:00:00Z", ["2026-01-31T00:00+00:00", "2026-02-28T00:00+00:00"]),
        ("0 0 * * 5#3", "2026-01-01T00:00:00Z", ["2026-01-16T00:00+00:00", "2026-02-20T00:00+00:00"]),
        ("0 0 29 2 *", "2096-03-01T00:00:00Z", ["2104-02-29T00:00+00:00", "2108-02-29T00:00+00:00"]),
        ("5 4 * * *", "2026-01-01T04:05:01Z", ["2026-01-02T04:05+00:00", "2026-01-03T04:05+00:00"]),
        ("@daily", "2026-01-01T00:00:00Z", ["2026-01-02T00:00+00:00", "2026-01-03T00:00+00:00"]),
    ] {
        assert_eq!(next(expression, "UTC", after, 2), expected, "{expression}");
    }
}

#[test]
fn a_fixed_time_inside_a_gap_runs_right_after_it_and_once() {
    assert_eq!(
        next("15,45 2 * * *", "Europe/Berlin", "2026-03-28T20:00:00Z", 3),
        ["2026-03-29T03:00+02:00", "2026-03-30T02:15+02:00", "2026-03-30T02:45+02:00"]
    );
    assert_eq!(
        next("5,35 2 * * *", "Australia/Lord_Howe", "2026-10-03T08:00:00Z", 3),
        ["2026-10-04T02:30+11:00", "2026-10-04T02:35+11:00", "2026-10-05T02:05+11:00"]
    );
    assert_eq!(
        next("30 0 * * *", "America/Santiago", "2026-09-05T20:00:00Z", 2),
        ["2026-09-06T01:00-03:00", "2026-09-07T00:30-03:00"]
    );
    // A whole day that was left out.
    assert_eq!(
        next("0 12 * * *", "Pacific/Apia", "2011-12-29T12:00:00Z", 3),
        ["2011-12-29T12:00-10:00", "2011-12-31T00:00+14:00", "2011-12-31T12:00+14:00"]
    );
}

#[test]
fn a_fixed_time_inside_a_repeated_hour_runs_once_and_a_wildcard_twice() {
    assert_eq!(
        next("30 2 * * *", "Europe/Berlin", "2026-10-24T20:00:00Z", 2),
        ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]
    );
    assert_eq!(
        next("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", 4),
        [
            "2026-10-25T02:30+02:00",
            "2026-10-25T02:00+01:00",
            "2026-10-25T02:30+01:00",
            "2026-10-25T03:00+01:00"
        ]
    );
    // From inside of it, in either half.
    assert_eq!(next("*/15 * * * *", "Europe/Berlin", "2026-10-25T00:50:00Z", 1), ["2026-10-25T02:00+01:00"]);
    assert_eq!(next("*/15 * * * *", "Europe/Berlin", "2026-10-25T01:30:00Z", 1), ["2026-10-25T02:45+01:00"]);
    // A clock that goes back by half an hour.
    assert_eq!(
        next("*/20 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:30:00Z", 3),
        ["2026-04-05T01:40+11:00", "2026-04-05T01:40+10:30", "2026-04-06T01:00+10:30"]
    );
}

#[test]
fn hourly_goes_on_through_a_gap() {
    assert_eq!(
        next("0 * * * *", "Europe/London", "2026-03-28T23:30:00Z", 2),
        ["2026-03-29T00:00+00:00", "2026-03-29T02:00+01:00"]
    );
    assert_eq!(next("30 * * * *", "Europe/London", "2026-03-29T00:45:00Z", 1), ["2026-03-29T02:30+01:00"]);
}

#[test]
fn what_is_no_schedule_is_refused() {
    for expression in [
        "",
        "*",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "1,,2 * * * *",
        ",1 * * * *",
        "1-  * * * *",
        "*/0 * * * *",
        "*/ * * * *",
        "1/ * * * *",
        "- * * * *",
        "a * * * *",
        "0x10 * * * *",
        "* * * FOO *",
        "0 0 30 2 *",
        "0 0 31 4 *",
        "{{seed}} * * * *",
        "* * ? * *X",
        "-1 * * * *",
        "1.5 * * * *",
        "@reboot",
        "@nope",
        "\u{ff11} * * * *",
    ] {
        assert!(Schedule::parse(expression, "UTC").is_err(), "{expression}");
    }
    assert!(Schedule::parse(&format!("{} * * * *", vec!["1"; 300].join(",")), "UTC").is_err());
    for zone in ["", "Mars/Olympus", "../etc/passwd", "UTC+25"] {
        assert!(matches!(Schedule::parse("* * * * *", zone), Err(CronError::Zone(_))), "{zone}");
    }
}
