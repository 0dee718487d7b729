//! Whom a postmaster wakes: routes in order, nights and days, and what planned work holds back.

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn noon() -> DateTime<Utc> {
    at("2026-11-24T12:00:00Z")
}

fn subject(severity: Severity) -> Subject {
    Subject {
        severity,
        tags: vec!["edge".into()],
        host: "host_1".into(),
        instance: Some("inst_1".into()),
        trigger: Some("trig_1".into()),
    }
}

fn route(id: i64, matcher: Matcher) -> Route {
    Route {
        id: RouteId::from_row(id),
        name: format!("route {id}"),
        go_on: false,
        matcher,
        steps: vec![Step { after: Duration::ZERO, channels: vec![format!("chan_{id}")] }],
        repeat: None,
        group_by: GroupBy::None,
    }
}

fn ids(chosen: &[&Route]) -> Vec<i64> {
    chosen.iter().map(|route| route.id.get()).collect()
}

#[test]
fn the_first_that_matches_wins_unless_it_lets_go_on() {
    let critical = Matcher { severity_min: Some(Severity::Critical), ..Matcher::default() };
    let mut routes =
        vec![route(1, critical), route(2, Matcher::default()), route(3, Matcher::default())];
    assert_eq!(ids(&choose(&routes, &subject(Severity::Critical), noon())), [1]);
    assert_eq!(ids(&choose(&routes, &subject(Severity::Warning), noon())), [2]);
    routes[0].go_on = true;
    assert_eq!(ids(&choose(&routes, &subject(Severity::Critical), noon())), [1, 2]);
    assert_eq!(ids(&choose(&routes[..1], &subject(Severity::Info), noon())), Vec::<i64>::new());
}

#[test]
fn every_part_of_a_matcher_must_fit() {
    let fits = |matcher: Matcher| matcher.covers(&subject(Severity::Error), noon());
    assert!(fits(Matcher::default()));
    let list = |text: &str| vec![text.to_owned()];
    for (good, bad) in [
        (
            Matcher { tags: list("edge"), ..Matcher::default() },
            Matcher { tags: list("core"), ..Matcher::default() },
        ),
        (
            Matcher { hosts: list("host_1"), ..Matcher::default() },
            Matcher { hosts: list("host_2"), ..Matcher::default() },
        ),
        (
            Matcher { instances: list("inst_1"), ..Matcher::default() },
            Matcher { instances: list("inst_2"), ..Matcher::default() },
        ),
        (
            Matcher { triggers: list("trig_1"), ..Matcher::default() },
            Matcher { triggers: list("trig_2"), ..Matcher::default() },
        ),
        (
            Matcher { severities: vec![Severity::Error], ..Matcher::default() },
            Matcher { severities: vec![Severity::Critical, Severity::Info], ..Matcher::default() },
        ),
    ] {
        assert!(fits(good.clone()), "{good:?}");
        assert!(!fits(bad.clone()), "{bad:?}");
        let both = Matcher { severity_min: Some(Severity::Critical), ..good };
        assert!(!fits(both));
    }
}

#[test]
fn nights_go_to_the_pager_and_days_to_the_chat() {
    let night = Weekly::new("Europe/Berlin", &[1, 2, 3, 4, 5, 6, 7], ("22:00", "07:00")).unwrap();
    let routes = [
        route(1, Matcher { times: Some(night), ..Matcher::default() }),
        route(2, Matcher::default()),
    ];
    let to = |text| ids(&choose(&routes, &subject(Severity::Error), at(text)));
    assert_eq!(to("2026-11-24T22:30:00Z"), [1]);
    assert_eq!(to("2026-11-24T05:59:00Z"), [1]);
    assert_eq!(to("2026-11-24T06:00:00Z"), [2]);
}

#[test]
fn a_group_is_of_its_route_and_never_of_a_severity() {
    let by_host = Route { group_by: GroupBy::Host, ..route(4, Matcher::default()) };
    let critical = by_host.group(&subject(Severity::Critical));
    assert_eq!(critical.as_deref(), Some("4:host_1"));
    assert_eq!(critical, by_host.group(&subject(Severity::Info)));
    assert_eq!(route(4, Matcher::default()).group(&subject(Severity::Info)), None);
}

#[test]
fn the_longest_mute_tells_until_when() {
    let mute = |name: &str, from, to| Mute {
        kind: MuteKind::Silence,
        id: name.into(),
        name: name.into(),
        matcher: Matcher { hosts: vec!["host_1".into()], ..Matcher::default() },
        incident: None,
        span: Span::Once(at(from), at(to)),
    };
    let mutes = [
        mute("short", "2026-11-24T11:00:00Z", "2026-11-24T12:30:00Z"),
        mute("long", "2026-11-24T11:00:00Z", "2026-11-24T14:00:00Z"),
        mute("over", "2026-11-24T08:00:00Z", "2026-11-24T12:00:00Z"),
        mute("to come", "2026-11-24T13:00:00Z", "2026-11-24T18:00:00Z"),
    ];
    let (which, until) = muted(&mutes, &subject(Severity::Info), None, noon()).unwrap();
    assert_eq!((which.name.as_str(), until), ("long", at("2026-11-24T14:00:00Z")));
    let elsewhere = Subject { host: "host_2".into(), ..subject(Severity::Info) };
    assert_eq!(muted(&mutes, &elsewhere, None, noon()), None);
    let one = [Mute { incident: Some(7), ..mutes[1].clone() }];
    assert!(muted(&one, &subject(Severity::Info), Some(7), noon()).is_some());
    assert!(muted(&one, &subject(Severity::Info), Some(8), noon()).is_none());
}
