//! Every answer that Slack gives.

use super::*;

#[test]
fn only_ok_is_yes_and_only_listed_answers_disable() {
    let said = |code, body: &str| verdict(code, None, body);
    assert_eq!(said(200, "ok"), Verdict::Delivered);
    assert!(matches!(said(200, "<html>sign in</html>"), Verdict::Retry { .. }));
    assert!(matches!(said(500, "rollup_error"), Verdict::Retry { .. }));
    assert!(matches!(said(302, ""), Verdict::Permanent { disable: false, .. }));
    assert!(matches!(said(400, "invalid_payload"), Verdict::Permanent { disable: false, .. }));
    assert!(matches!(said(400, "user_not_found"), Verdict::Permanent { disable: false, .. }));
    for (code, body) in [
        (404, "no_service"),
        (404, "channel_not_found"),
        (410, "channel_is_archived"),
        (403, "action_prohibited"),
        (400, "invalid_token"),
    ] {
        assert!(
            matches!(said(code, body), Verdict::Permanent { disable: true, .. }),
            "{code} {body}"
        );
    }
    let wait = Some(Duration::from_secs(30));
    let limited = verdict(429, wait, "rate_limited");
    assert!(matches!(limited, Verdict::Retry { after, .. } if after == wait));
}
