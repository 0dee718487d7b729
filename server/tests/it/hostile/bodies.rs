//! Ids, paths, bodies and questions that are not what they should be.

#![expect(clippy::format_collect, reason = "a few names of a test")]

use serde_json::{Value, json};

use super::{Fort, sane, trigger};

/// R13, R14: ids of every wrong kind are answered like one that does not exist; odd paths like one that does not.
#[tokio::test]
async fn wrong_ids_and_odd_paths_are_simply_not_found() {
    let fort = Fort::build().await;
    let admin = fort.admin().await;
    let unknown = "host_01900000000070008000000000000099";
    let reference = fort.ask(&admin, ("GET", &format!("/api/v1/hosts/{unknown}")), None).await;
    assert_eq!(reference.status, 404);
    for id in [
        "chan_01900000000070008000000000000099",
        "host_00000000000000000000000000000000",
        "HOST_01900000000070008000000000000099",
        "host_0190000000007000800000000000009Z",
        "host_01900000-0000-7000-8000-000000000099",
        "%7B01900000-0000-7000-8000-000000000099%7D",
        "urn:uuid:01900000-0000-7000-8000-000000000099",
        "host_",
        "1",
        "-1",
        "1%20or%201=1",
        "host_%00",
        "host_%c0%af",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    ] {
        let reply = fort.ask(&admin, ("GET", &format!("/api/v1/hosts/{id}")), None).await;
        assert_eq!(reply.shape(), reference.shape(), "{id}");
    }
    let long = format!("/api/v1/hosts/{}", "a".repeat(8_000));
    assert_eq!(fort.ask(&admin, ("GET", &long), None).await.status, 404);
    for path in [
        "/api/v1/hosts/",
        "/api/v1//hosts",
        "/api/v1/HOSTS",
        "/api/v1/hosts;x=1",
        "/api/v1/%68osts%2f",
        "/api/v1/../v1/hosts",
        "/api/v1/%252e%252e/hosts",
        "/api/v2/hosts",
    ] {
        let reply = fort.ask(&admin, ("GET", path), None).await;
        assert_eq!(reply.status, 404, "{path}: {}", reply.text);
    }
}

/// R15: methods in disguise and methods that are none of ours.
#[tokio::test]
async fn another_method_is_refused_and_a_disguise_does_not_count() {
    let fort = Fort::build().await;
    let admin = fort.admin().await;
    for method in ["TRACE", "CONNECT", "PUT", "FOO"] {
        let reply = fort.ask(&admin, (method, "/api/v1/hosts"), Some(&json!({}))).await;
        assert!(matches!(reply.status.as_u16(), 404 | 405), "{method}: {}", reply.status);
    }
    let disguise = [("x-http-method-override", "DELETE"), ("x-method-override", "DELETE")];
    let path = "/api/v1/session";
    fort.site.ask(&admin, ("GET", path), None, &disguise).await;
    assert_eq!(fort.site.get(&admin, path).await.status, 200, "the session was ended");
}

/// R17: bodies that are no JSON, not of the right shape, or not what they seem.
#[tokio::test]
async fn bodies_that_are_not_what_is_wanted_are_told_so() {
    let fort = Fort::build().await;
    let admin = fort.admin().await;
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    let good = trigger().to_string();
    let mut bodies: Vec<Vec<u8>> = [
        "",
        "null",
        "[]",
        "\"x\"",
        "{}",
        "5",
        "NaN",
        "{\"name\":1e400}",
        "{'name':'x'}",
        "{\"name\":\"x\",}",
        "{\"name\":\"x\"} {}",
        "{\"name\":\"x\",\"name\":\"y\"}",
        "{\"a\":9007199254740993}",
        "{\"name\":-0}",
        "{\"name\":NaN}",
        "{\"name\":Infinity}",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    bodies.push(deep(200).into_bytes());
    bodies.push(deep(30_000).into_bytes());
    bodies.push([b"\xef\xbb\xbf".as_slice(), good.as_bytes()].concat());
    bodies.push(good.encode_utf16().flat_map(u16::to_le_bytes).collect());
    bodies.push(b"{\"name\":\"\xff\xfe\"}".to_vec());
    bodies.push(b"\x1f\x8b\x08\x00".to_vec());
    for body in bodies {
        let shown: String = String::from_utf8_lossy(&body).chars().take(60).collect();
        let what = ("POST", "/api/v1/triggers");
        let reply = fort.site.ask_as(&admin, what, body, "application/json").await;
        sane(&reply, &shown);
        assert!(
            matches!(reply.status.as_u16(), 400 | 422),
            "{shown}: {} {}",
            reply.status,
            reply.text
        );
    }
    // R18: a byte too many.
    for (bytes, status) in [(64 * 1024 + 1, 413), (10 << 20, 413)] {
        let what = ("POST", "/api/v1/triggers");
        let reply = fort.site.ask_as(&admin, what, vec![b' '; bytes], "application/json").await;
        assert_eq!(reply.status, status, "{bytes}");
    }
}

/// R21: nobody writes what is not theirs to write.
#[tokio::test]
async fn fields_that_nobody_asked_for_are_refused_in_every_write() {
    let fort = Fort::build().await;
    let owner = fort.owner().await;
    for (path, good) in [
        ("/triggers", trigger()),
        ("/enrolment-keys", json!({})),
        ("/api-tokens", json!({"name": "x", "scopes": ["read"]})),
        ("/invitations", json!({"email": "x@osprey.example", "role": "viewer"})),
        (
            "/sign-up",
            json!({"email": "x@osprey.example", "tenant": "x", "password": "three blue kettles"}),
        ),
        ("/session", json!({"email": "x@osprey.example", "password": "x"})),
        ("/password/forgot", json!({"email": "x@osprey.example"})),
    ] {
        for field in ["tenant_id", "id", "created_at", "is_admin", "staff", "plan", "__proto__"] {
            let mut greedy = good.clone();
            greedy[field] = json!(1);
            let reply = fort.post(&owner, path, &greedy).await;
            assert_eq!(reply.status, 400, "{path} took {field}: {}", reply.text);
        }
    }
    for (path, field) in
        [("/tenant", "plan"), ("/tenant", "deleted_at"), ("/me", "email"), ("/me", "staff")]
    {
        let path = format!("/api/v1{path}");
        let reply = fort.ask(&owner, ("PATCH", &path), Some(&json!({field: "x"}))).await;
        assert_eq!(reply.status, 400, "{path} took {field}: {}", reply.text);
    }
}

/// R22, R24: texts that hide, turn, break or run; what is taken comes back as it went in, as text.
#[tokio::test]
async fn texts_are_taken_as_texts_or_not_at_all() {
    let fort = Fort::build().await;
    let admin = fort.admin().await;
    let long = "x".repeat(10_000);
    for bad in [
        "",
        "   ",
        "\u{0}",
        "a\u{7}b",
        "a\nb",
        "a\r\nb",
        "\u{202e}gnp.exe",
        "a\u{200b}b",
        "\u{feff}a",
        &long,
    ] {
        let mut body = trigger();
        body["name"] = json!(bad);
        let reply = fort.post(&admin, "/triggers", &body).await;
        let shown: String = bad.chars().take(20).collect();
        assert_eq!(reply.status, 422, "{shown:?}: {}", reply.text);
    }
    for odd in [
        "👩‍🚀 queue",
        "café",
        "cafe\u{301}",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "javascript:alert(1)",
        "{{7*7}} ${7*7}",
        "=cmd|'/c calc'!A1",
        "%s%s%n",
        "' or 1=1 --",
    ] {
        let mut body = trigger();
        body["name"] = json!(odd);
        let reply = fort.post(&admin, "/triggers", &body).await;
        // The joiner of an emoji is one of the hidden marks.
        if odd.contains('\u{200d}') {
            assert_eq!(reply.status, 422, "{odd}");
            continue;
        }
        assert_eq!(reply.status, 201, "{odd}: {}", reply.text);
        assert_eq!(reply.json()["name"], odd);
        assert_eq!(reply.kind, "application/json");
    }
}

/// R23: addresses.
#[tokio::test]
async fn an_address_is_one_address() {
    let fort = Fort::build().await;
    let admin = fort.admin().await;
    let long = format!("{}@x.example", "a".repeat(250));
    for bad in [
        "",
        "x",
        "@",
        "a@",
        "@b",
        "a b@c",
        "a@b@c",
        "a@b\r\nBcc: all@c",
        "a@b\nBcc: all@c",
        "a\u{0}@b",
        &long,
    ] {
        let reply =
            fort.post(&admin, "/invitations", &json!({"email": bad, "role": "viewer"})).await;
        assert_eq!(reply.status, 422, "{bad:?}: {}", reply.text);
    }
    for good in
        ["a+tag@osprey.example", "B@Osprey.Example", "\"odd\"@osprey.example", "ä@ösprey.example"]
    {
        let reply =
            fort.post(&admin, "/invitations", &json!({"email": good, "role": "viewer"})).await;
        assert_eq!(reply.status, 201, "{good:?}: {}", reply.text);
    }
    // Twins in case are one person.
    let twin = json!({"email": "VIEWER@kestrel.example", "role": "viewer"});
    assert_eq!(fort.post(&admin, "/invitations", &twin).await.status, 409);
}

/// R25 to R30: questions.
#[tokio::test]
async fn questions_have_bounds() {
    let fort = Fort::build().await;
    let owner = fort.owner().await;
    for limit in ["0", "-1", "1000000000", "1e3", "NaN", "", "201", "١"] {
        let path = format!("/api/v1/audit?limit={limit}");
        let reply = fort.ask(&owner, ("GET", &path), None).await;
        assert!(matches!(reply.status.as_u16(), 400 | 422), "{limit}: {}", reply.status);
    }
    for n in 0..3 {
        fort.post(
            &owner,
            "/triggers",
            &json!({"name": format!("t{n}"), "severity": "info",
            "spec": {"kind": "silent", "after_s": 300}}),
        )
        .await;
    }
    let page = fort.ask(&owner, ("GET", "/api/v1/audit?limit=1"), None).await.json();
    let cursor = page["next"].as_str().unwrap().to_owned();
    let followed = format!("/api/v1/audit?limit=1&cursor={cursor}");
    assert_eq!(fort.ask(&owner, ("GET", &followed), None).await.status, 200);
    let mail = format!("owner-{}@heron.example", super::CANARY);
    let heron = fort.site.session(fort.heron, &mail).await;
    let foreign = fort.site.get(&heron, &followed).await;
    assert_eq!(foreign.status, 422, "another tenant's cursor: {}", foreign.text);
    let elsewhere = format!("/api/v1/invitations?cursor={cursor}");
    assert_eq!(fort.ask(&owner, ("GET", &elsewhere), None).await.status, 422, "another list's");
    for bad in [&cursor[..cursor.len() - 2], "AAAA", "%00", "' or 1=1", &"A".repeat(4_000)] {
        let path = format!("/api/v1/audit?cursor={}", bad.replace(' ', "%20"));
        assert_eq!(fort.ask(&owner, ("GET", &path), None).await.status, 422, "{bad}");
    }
    for query in ["sort=id", "order=1;drop%20table", "filter=x", "actor=a&actor=b", "tenant_id=1"] {
        let path = format!("/api/v1/audit?{query}");
        assert_eq!(fort.ask(&owner, ("GET", &path), None).await.status, 400, "{query}");
    }
    let many: String = (0..5_000).map(|n| format!("a{n}=1&")).collect();
    assert_eq!(fort.ask(&owner, ("GET", &format!("/api/v1/audit?{many}")), None).await.status, 400);
    for query in [
        "from=yesterday",
        "from=2026-13-01T00:00:00Z",
        "from=2026-11-02T12:00:00",
        "from=2026-11-02T12:00:00+01:00",
        "from=99999999999",
    ] {
        let reply = fort.ask(&owner, ("GET", &format!("/api/v1/audit?{query}")), None).await;
        assert!(reply.status.is_client_error(), "{query}: {}", reply.text);
    }
    let zoned = "/api/v1/audit?from=2026-03-29T02:30:00%2B02:00&to=2026-12-31T23:59:60Z";
    assert_eq!(fort.ask(&owner, ("GET", zoned), None).await.status, 200);
    let nothing = "/api/v1/audit?from=2026-11-03T00:00:00Z&to=2026-11-02T00:00:00Z";
    let empty = fort.ask(&owner, ("GET", nothing), None).await.json();
    assert_eq!(empty["items"], json!([]));
    let instances: String = (0..60).map(|n| format!("inst_{n:032x},")).collect();
    let metrics = "queue.deferred.messages,".repeat(31);
    for query in [
        format!("instance={instances}&metric=delivery.sent"),
        format!("instance=inst_{:032x}&metric={metrics}", 1),
        format!("instance=inst_{:032x}&metric=delivery.sent&points=1000000", 1),
        format!("instance=inst_{:032x}&metric=delivery.sent&from=1926-01-01T00:00:00Z", 1),
    ] {
        let reply = fort.ask(&owner, ("GET", &format!("/api/v1/series?{query}")), None).await;
        assert!(reply.status.is_client_error(), "{query}: {}", reply.status);
    }
}

/// R31: sent twice, done once; R32, R33: changed by two at once; R35: rules that cannot be.
#[tokio::test]
async fn what_is_sent_twice_happens_once_and_two_who_change_one_thing_do_not_both_win() {
    let fort = Fort::build().await;
    let (admin, owner) = (fort.admin().await, fort.owner().await);
    let wish = json!({"name": "script", "scopes": ["read"]});
    let key = [("idempotency-key", "4711")];
    let what = ("POST", "/api/v1/api-tokens");
    let first = fort.site.ask(&admin, what, Some(&wish), &key).await;
    let again = fort.site.ask(&admin, what, Some(&wish), &key).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201), "{}", again.text);
    assert_eq!(first.json(), again.json());
    let other = json!({"name": "other", "scopes": ["read"]});
    assert_eq!(fort.site.ask(&admin, what, Some(&other), &key).await.status, 409);
    let somebody = fort.site.ask(&owner, what, Some(&wish), &key).await;
    assert_ne!(somebody.json()["id"], first.json()["id"], "another's answer was given");
    let count = |text: &str| text.matches("\"token_").count();
    let listed = fort.site.get(&owner, "/api/v1/api-tokens").await;
    assert_eq!(count(&listed.text), 2, "{}", listed.text);
    let wrong = json!({"name": "", "scopes": []});
    let key = [("idempotency-key", "4712")];
    assert_eq!(fort.site.ask(&admin, what, Some(&wrong), &key).await.status, 422);
    assert_eq!(fort.site.ask(&admin, what, Some(&wish), &key).await.status, 201, "a failure stuck");
    for bad in ["", "a b", &"x".repeat(129)] {
        let key = [("idempotency-key", bad)];
        assert_eq!(fort.site.ask(&admin, what, Some(&wish), &key).await.status, 400, "{bad:?}");
    }
    let made = fort.post(&admin, "/triggers", &trigger()).await.json();
    let path = format!("/api/v1/triggers/{}", made["id"].as_str().unwrap());
    let change = json!({"name": "renamed"});
    for (tag, status) in [("\"999\"", 412), ("1", 428), ("*", 428), ("\"x\"", 428)] {
        let reply =
            fort.site.ask(&admin, ("PATCH", &path), Some(&change), &[("if-match", tag)]).await;
        assert_eq!(reply.status, status, "{tag}: {}", reply.text);
    }
    let tag = [("if-match", "\"1\"")];
    let nothing = json!({});
    let (edit, delete) = tokio::join!(
        fort.site.ask(&admin, ("PATCH", &path), Some(&change), &tag),
        fort.site.ask(&owner, ("DELETE", &path), Some(&nothing), &tag)
    );
    let won = [&edit, &delete].iter().filter(|reply| reply.status.is_success()).count();
    assert_eq!(won, 1, "{edit:?} {delete:?}");
    for after_s in
        [json!(0), json!(-1), json!(315_360_000_000_i64), json!("x"), json!(null), json!(1.5)]
    {
        let body = json!({"name": "t2", "severity": "info", "spec": {"kind": "silent", "after_s": after_s}});
        let reply = fort.post(&admin, "/triggers", &body).await;
        assert!(matches!(reply.status.as_u16(), 400 | 422), "{after_s}: {}", reply.text);
    }
    let unknown = json!({"name": "t3", "severity": "info", "spec": {"kind": "threshold",
        "metric": "no.such.metric", "op": ">", "fire": 5.0, "clear": 5.0, "scope": {}}});
    assert_eq!(fort.post(&admin, "/triggers", &unknown).await.status, 422);
}

/// R44: streams; R46: what a client would like to have.
#[tokio::test]
async fn wishes_in_headers_change_nothing_that_matters() {
    let fort = Fort::build().await;
    let admin = fort.admin().await;
    let long = "x".repeat(10_240);
    let plain: Value = fort.site.get(&admin, "/api/v1/triggers").await.json();
    for (name, value) in [
        ("accept", "application/xml"),
        ("accept", "image/*;q=0.1"),
        ("accept-language", long.as_str()),
        ("range", "bytes=0-10"),
        ("if-none-match", "*"),
        ("if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-host", "evil.example"),
        ("x-mailvane-plain", "1"),
        ("x-tenant-id", "1"),
    ] {
        let reply =
            fort.site.ask(&admin, ("GET", "/api/v1/triggers"), None, &[(name, value)]).await;
        assert_eq!(reply.status, 200, "{name}: {}", reply.text);
        assert_eq!(reply.json(), plain, "{name}");
    }
    let headers = [("last-event-id", "999999999999' or 1=1")];
    let live = fort.site.ask(&admin, ("GET", "/api/v1/live"), None, &headers).await;
    assert_eq!(live.status, 200);
}
