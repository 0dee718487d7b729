//! Ten ways in which mail gets into trouble, each on the lab Postfix and with the triggers that every tenant has: the
//! message that arrives says host, what, since when, how bad, why and what to do first, in exactly the golden words.

mod outside;

use std::{fs, net::Ipv4Addr, path::Path, process::Command, time::Duration};

use mailvane_lab::{
    postfix::{Pace, free_port},
    scene::Scene,
    slack::Arrival,
    smtp::{Mail, submit},
    world::now_ms,
};
use serde_json::Value;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use self::outside::{Hop, SignIns, recite};

/// All of a trouble falls into one interval, so that the message has the same figures each time.
const INTERVAL_MS: u64 = 20_000;
/// From the end of the interval to the message.
const MESSAGE_MAX: Duration = Duration::from_secs(90);
/// Submissions at once.
const AT_ONCE: usize = 12;

/// A scene that is about to get into trouble.
struct Trouble {
    scene: Scene,
    host: String,
}

impl Trouble {
    async fn set() -> Self {
        let scene = Scene::set(Pace::Steady, false).await.unwrap();
        scene.add_slack().await.unwrap();
        let every = INTERVAL_MS.to_string();
        let tenant = ["set-interval", "--tenant", "Scene", "--ms", &every];
        scene.server_plan.admin(&tenant).await.unwrap();
        let fleet = scene.api.get("/fleet?range_s=3600").await.unwrap();
        let host = fleet.pointer("/rows/0/host/name").and_then(Value::as_str).unwrap().to_owned();
        Self { scene, host }
    }

    /// Postfix as before, with these lines more in main.cf, these next hops, and these names as its only resolver.
    fn turn_into(&self, main_cf: &str, next_hops: &[(&str, String)], hosts: &str) {
        let etc = self.scene.postfix.config_directory();
        let domains: Vec<&str> = next_hops.iter().map(|(domain, _)| *domain).collect();
        let more = format!(
            "relay_domains = {}\nminimal_backoff_time = 1h\nmaximal_backoff_time = 1h\n\
             smtp_destination_concurrency_failed_cohort_limit = 0\n{main_cf}\n",
            domains.join(", ")
        );
        let before = fs::read_to_string(etc.join("main.cf")).unwrap();
        fs::write(etc.join("main.cf"), before + &more).unwrap();
        let hops = next_hops.iter().map(|(domain, hop)| format!("{domain} {hop}\n"));
        fs::write(etc.join("transport"), hops.collect::<String>()).unwrap();
        fs::write(etc.join("hosts"), format!("127.0.0.1 localhost\n{hosts}")).unwrap();
        // Nobody answers there.
        fs::write(etc.join("resolv.conf"), "nameserver 127.0.0.153\noptions attempts:1\n").unwrap();
        sh("postfix -c \"$1\" stop", &etc);
        // In a world of its own, so that names like those of the large providers can be the lab's.
        sh(
            "exec unshare --mount --propagation private sh -c 'mount --bind \"$1/hosts\" /etc/hosts &&
                mount --bind \"$1/resolv.conf\" /etc/resolv.conf && postfix -c \"$1\" start' sh \"$1\"",
            &etc,
        );
    }

    /// Waits until the agent's next interval has just begun.
    async fn turn(&self) {
        let into = now_ms() % INTERVAL_MS;
        sleep(Duration::from_millis(INTERVAL_MS - into + 300)).await;
    }

    /// So many messages, each to the recipient of its number.
    async fn mail(&self, count: usize, to: impl Fn(usize) -> String) {
        let mut under_way = JoinSet::new();
        for number in 0..count {
            while under_way.len() >= AT_ONCE {
                under_way.join_next().await;
            }
            let mail = Mail {
                client: Ipv4Addr::new(127, 0, 0, 9),
                helo: "app1.shop.test".to_owned(),
                sender: "orders@shop.test".to_owned(),
                recipients: vec![to(number)],
                subject: "Order".to_owned(),
                body_bytes: 300,
            };
            let server = self.scene.postfix.smtp();
            under_way.spawn(async move { submit(server, &mail).await.is_ok() });
        }
        under_way.join_all().await;
    }

    /// The message of this trigger, what differs from run to run taken out.
    async fn told(&self, trigger: &str) -> String {
        let deadline = Instant::now() + MESSAGE_MAX;
        loop {
            let arrivals = self.scene.slack.arrivals().unwrap();
            let refused: Vec<_> = arrivals.iter().filter(|one| one.status != 200).collect();
            assert!(refused.is_empty(), "the strict fake refused: {refused:?}");
            let texts: Vec<String> = arrivals.iter().map(Arrival::text).collect();
            if let Some(text) = texts.iter().find(|text| text.contains(trigger)) {
                assert!(text.contains(&self.host) && text.contains("Since"), "{text}");
                return same_each_time(text, &self.host);
            }
            assert!(
                Instant::now() < deadline,
                "no message of {trigger} among {texts:#?}\n{}\n{}",
                self.scene.last_words(),
                fs::read_to_string(self.scene.postfix.log()).unwrap_or_default()
            );
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn over(self) {
        self.scene.strike().await.unwrap();
    }
}

fn sh(script: &str, etc: &Path) {
    let ran = Command::new("sh").args(["-c", script, "sh"]).arg(etc).output().unwrap();
    assert!(ran.status.success(), "{script}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// Times of day, durations, ports, links and hashes of users differ, and whether the agent has noticed the new main.cf
/// yet; nothing else may.
fn same_each_time(text: &str, host: &str) -> String {
    let text = text.replace(host, "HOST");
    let mut out = String::new();
    for line in text.lines().filter(|line| !line.contains("config.changed")) {
        let words = line.split(' ').map(|word| {
            if word.contains("http://127.") || word.contains("https://127.") {
                "LINK".to_owned()
            } else if word.len() == 16 && word.chars().all(|c| c.is_ascii_hexdigit()) {
                "USER".to_owned()
            } else {
                clocks(word)
            }
        });
        let line: Vec<String> = words.collect();
        let mut line = line.join(" ");
        if let Some((before, _)) = line.split_once(" UTC (") {
            line = format!("{before} UTC (so long)");
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// `09:14` as `hh:mm`, and a port of loopback as `PORT`.
fn clocks(word: &str) -> String {
    let plain: String = word.chars().filter(|c| c.is_ascii_digit() || *c == ':').collect();
    if plain.len() == 5 && plain.as_bytes()[2] == b':' && word.contains(&plain) {
        return word.replace(&plain, "hh:mm");
    }
    match word.split_once("127.0.0.1:") {
        Some((before, port)) => {
            let rest = port.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}127.0.0.1:PORT{rest}")
        }
        None => word.to_owned(),
    }
}

fn many(hop: &str) -> Vec<(&'static str, String)> {
    const DOMAINS: [&str; 12] = [
        "alder.test",
        "birch.test",
        "cedar.test",
        "dogwood.test",
        "elm.test",
        "fir.test",
        "ginkgo.test",
        "hazel.test",
        "ivy.test",
        "juniper.test",
        "kauri.test",
        "larch.test",
    ];
    DOMAINS.iter().map(|domain| (*domain, hop.to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: ./dev bench causes"]
async fn one_domain_is_down() {
    let trouble = Trouble::set().await;
    let dead = free_port().unwrap().port();
    let hops = [("partner.test", format!("smtp:[127.0.0.1]:{dead}"))];
    trouble.turn_into("", &hops, "");
    trouble.turn().await;
    trouble.mail(120, |number| format!("user{number}@partner.test")).await;
    insta::assert_snapshot!(trouble.told("delivery.failure.spike").await);
    trouble.over().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: ./dev bench causes"]
async fn everybody_defers() {
    let trouble = Trouble::set().await;
    let hop =
        Hop::answers("451 4.3.2 System not accepting network messages, try again later").await;
    let hops = many(&format!("smtp:[127.0.0.1]:{}", hop.address.port()));
    trouble.turn_into("", &hops, "");
    trouble.turn().await;
    trouble.mail(120, |number| format!("user{number}@{}", hops[number % hops.len()].0)).await;
    insta::assert_snapshot!(trouble.told("delivery.failure.spike").await);
    trouble.over().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: ./dev bench causes"]
async fn gmail_limits_our_rate() {
    let trouble = Trouble::set().await;
    let hop = Hop::answers(
        "421-4.7.28 Gmail has detected an unusual rate of mail from your address. To protect\n\
         421-4.7.28 our users it has been temporarily rate limited.\n421 4.7.28 h10si218 - gsmtp",
    )
    .await;
    let name = "gmail-smtp-in.l.google.com";
    let hops = [("gmail.com", format!("smtp:[{name}]:{}", hop.address.port()))];
    trouble.turn_into("", &hops, &format!("127.0.0.1 {name}\n"));
    trouble.turn().await;
    trouble.mail(30, |number| format!("user{number}@gmail.com")).await;
    insta::assert_snapshot!(trouble.told("reputation.gmail.limited").await);
    trouble.over().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: ./dev bench causes"]
async fn microsoft_limits_our_rate() {
    let trouble = Trouble::set().await;
    let hop = Hop::answers(
        "451 4.7.650 The mail server [192.0.2.25] has been temporarily rate limited due to IP reputation. (S775)",
    )
    .await;
    let name = "outlook-com.olc.protection.outlook.com";
    let hops = [("outlook.com", format!("smtp:[{name}]:{}", hop.address.port()))];
    trouble.turn_into("", &hops, &format!("127.0.0.1 {name}\n"));
    trouble.turn().await;
    trouble.mail(30, |number| format!("user{number}@outlook.com")).await;
    insta::assert_snapshot!(trouble.told("reputation.microsoft.limited").await);
    trouble.over().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: ./dev bench causes"]
async fn our_address_is_on_a_block_list() {
    let trouble = Trouble::set().await;
    let hop = Hop::answers(
        "554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using zen.spamhaus.org",
    )
    .await;
    let hops = many(&format!("smtp:[127.0.0.1]:{}", hop.address.port()));
    trouble.turn_into("", &hops, "");
    trouble.turn().await;
    trouble.mail(36, |number| format!("user{number}@{}", hops[number % hops.len()].0)).await;
    insta::assert_snapshot!(trouble.told("reputation.blocklisted").await);
    trouble.over().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: ./dev bench causes"]
async fn names_cannot_be_resolved() {
    let trouble = Trouble::set().await;
    let hops = many("smtp:");
    trouble.turn_into("smtp_dns_support_level = enabled", &hops, "");
    trouble.turn().await;
    trouble.mail(120, |number| format!("user{number}@{}", hops[number % hops.len()].0)).await;
    insta::assert_snapshot!(trouble.told("delivery.failure.spike").await);
    trouble.over().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: ./dev bench causes"]
async fn the_disk_is_full() {
    let trouble = Trouble::set().await;
    let hops = [("ok.test", "discard:".to_owned())];
    // What Postfix wants to be free is more than any disk has.
    trouble.turn_into("queue_minfree = 999999999999999", &hops, "");
    trouble.turn().await;
    trouble.mail(12, |number| format!("user{number}@ok.test")).await;
    insta::assert_snapshot!(trouble.told("disk.full").await);
    trouble.over().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: ./dev bench causes"]
async fn an_account_is_in_other_hands() {
    let trouble = Trouble::set().await;
    let hop =
        Hop::answers("550 5.1.1 The email account that you tried to reach does not exist").await;
    let socket = trouble.scene.path("signins");
    let _sign_ins = SignIns::at(&socket, true);
    let hops = [("far.test", format!("smtp:[127.0.0.1]:{}", hop.address.port()))];
    trouble.turn_into(&signing_in(&socket), &hops, "");
    trouble.turn().await;
    let mut lines =
        vec!["EHLO laptop".to_owned(), "AUTH PLAIN AGFubmFAc2hvcC50ZXN0AHNlY3JldA==".into()];
    for number in 0..60 {
        lines.push("MAIL FROM:<anna@shop.test>".to_owned());
        lines.push(format!("RCPT TO:<user{number}@far.test>"));
        lines.push("DATA".to_owned());
        lines.push("Subject: Invoice\r\n\r\nPlease pay.\r\n.".to_owned());
    }
    let said = recite(trouble.scene.postfix.smtp(), &lines).await;
    assert!(said[2].starts_with("235"), "{said:?}");
    insta::assert_snapshot!(trouble.told("account.takeover").await);
    trouble.over().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: ./dev bench causes"]
async fn passwords_are_guessed() {
    let trouble = Trouble::set().await;
    let socket = trouble.scene.path("signins");
    let _sign_ins = SignIns::at(&socket, false);
    let hops = [("ok.test", "discard:".to_owned())];
    let strangers = "smtpd_authorized_xclient_hosts = 127.0.0.0/8\nsmtpd_hard_error_limit = 1000";
    trouble.turn_into(&format!("{}{strangers}", signing_in(&socket)), &hops, "");
    trouble.turn().await;
    for guess in 0..24 {
        let from = format!("XCLIENT ADDR=203.0.113.{} NAME=[UNAVAILABLE]", 10 + guess % 3);
        let lines =
            ["EHLO bot", &from, "EHLO bot", "AUTH PLAIN AGFubmFAc2hvcC50ZXN0AGd1ZXNz", "QUIT"];
        let said = recite(trouble.scene.postfix.smtp(), &lines.map(str::to_owned)).await;
        assert!(said[4].starts_with("535"), "{said:?}");
    }
    insta::assert_snapshot!(trouble.told("sasl.bruteforce").await);
    trouble.over().await;
}

fn signing_in(socket: &Path) -> String {
    format!(
        "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = {}\n\
         smtpd_sasl_security_options = noanonymous\nsmtpd_delay_reject = yes\n",
        socket.display()
    )
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: ./dev bench causes"]
async fn a_milter_is_down() {
    let trouble = Trouble::set().await;
    let dead = free_port().unwrap().port();
    let hops = [("ok.test", "discard:".to_owned())];
    trouble.turn_into(&format!("smtpd_milters = inet:127.0.0.1:{dead}"), &hops, "");
    trouble.turn().await;
    trouble.mail(12, |number| format!("user{number}@ok.test")).await;
    insta::assert_snapshot!(trouble.told("milter.down").await);
    trouble.over().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: ./dev bench causes"]
async fn a_certificate_has_expired() {
    let mut trouble = Trouble::set().await;
    let pem = trouble.scene.path("expired.pem");
    fs::write(&pem, include_str!("causes/expired.pem")).unwrap();
    let hops = [("ok.test", "discard:".to_owned())];
    let tls = format!("smtpd_tls_security_level = may\nsmtpd_tls_chain_files = {}", pem.display());
    trouble.turn_into(&tls, &hops, "");
    // What is configured is read at the start, and from then on when it changes.
    trouble.scene.agent.take().unwrap().stop().await.unwrap();
    trouble.scene.agent = Some(trouble.scene.agent_plan.start().unwrap());
    let told = trouble.told("cert.expiry").await;
    insta::assert_snapshot!(told.replace(&pem.display().to_string(), "FILE"));
    trouble.over().await;
}
