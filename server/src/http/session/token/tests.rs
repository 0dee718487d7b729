//! Tokens as a forger makes them, with the right key wherever that could help.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::clock::SeededDice;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn bearer() -> Bearer {
    let dice = SeededDice::new(5);
    Bearer {
        tenant: TenantId::from_row(3),
        session: PublicId::make(now(), &dice),
        person: PublicId::make(now(), &dice),
    }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Signed by the right key, whatever it says.
fn signed(tokens: &Tokens, header: &str, claims: &Value) -> String {
    let message = format!("{header}.{}", part(claims));
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &tokens.signing, Algorithm::EdDSA).unwrap();
    format!("{message}.{signature}")
}

fn good_claims() -> Value {
    let bearer = bearer();
    let s = now().timestamp();
    json!({"iss": ISSUER, "aud": AUDIENCE, "typ": ACCESS, "sub": bearer.person.to_string(),
        "sid": bearer.session.to_string(), "ten": 3, "iat": s, "nbf": s, "exp": s + 300})
}

#[test]
fn a_token_speaks_for_its_session_and_only_in_its_time() {
    let tokens = Tokens::new(&[1; 32]);
    let token = tokens.sign(&bearer(), now()).unwrap();
    assert_eq!(tokens.read(&token, now()).unwrap().session, bearer().session);
    let header = tokens.prefix.trim_end_matches('.');
    assert!(tokens.read(&signed(&tokens, header, &good_claims()), now()).is_some());
    assert!(tokens.read(&token, now() + LIFE + TimeDelta::seconds(31)).is_none());
    assert!(tokens.read(&token, now() - TimeDelta::seconds(31)).is_none());
    assert!(Tokens::new(&[2; 32]).read(&token, now()).is_none());
}

#[test]
fn claims_that_are_not_exactly_ours_are_refused_though_rightly_signed() {
    let tokens = Tokens::new(&[1; 32]);
    let header = tokens.prefix.trim_end_matches('.').to_owned();
    let s = now().timestamp();
    for (name, values) in [
        (
            "nbf",
            vec![
                json!(s.to_string()),
                json!(1.5),
                json!(-1e30),
                json!(null),
                json!([s]),
                json!(s + 31),
            ],
        ),
        (
            "exp",
            vec![
                json!((s + 300).to_string()),
                json!(1e30),
                json!(null),
                json!([s]),
                json!(-1),
                json!(s - 31),
                json!(s + 301),
            ],
        ),
        ("iat", vec![json!("x"), json!(null), json!(s + 31)]),
        ("aud", vec![json!("refresh"), json!(["web", "x", 5]), json!(null), json!(5)]),
        ("iss", vec![json!("evil"), json!(null)]),
        ("typ", vec![json!("refresh"), json!("email"), json!(null)]),
        ("sid", vec![json!("sess_x"), json!(""), json!("host_00000000000000000000000000000000")]),
        ("sub", vec![json!("user_"), json!(null)]),
        ("ten", vec![json!("3"), json!(3.5), json!(null), json!(1e12)]),
        ("admin", vec![json!(true)]),
    ] {
        for value in values {
            let mut claims = good_claims();
            claims[name] = value.clone();
            assert!(
                tokens.read(&signed(&tokens, &header, &claims), now()).is_none(),
                "{name}: {value}"
            );
        }
        let mut claims = good_claims();
        if claims.as_object_mut().unwrap().remove(name).is_some() {
            assert!(
                tokens.read(&signed(&tokens, &header, &claims), now()).is_none(),
                "without {name}"
            );
        }
    }
}

#[test]
fn headers_that_are_not_exactly_ours_are_refused_though_rightly_signed() {
    let tokens = Tokens::new(&[1; 32]);
    let kid = tokens.header.kid.clone();
    for header in [
        json!({"typ": "JWT", "alg": "none", "kid": kid}),
        json!({"typ": "JWT", "alg": "None", "kid": kid}),
        json!({"typ": "JWT", "alg": "NONE", "kid": kid}),
        json!({"typ": "JWT", "alg": "HS256", "kid": kid}),
        json!({"typ": "JWT", "alg": "EdDSA"}),
        json!({"typ": "JWT", "alg": "EdDSA", "kid": "../../etc/passwd"}),
        json!({"typ": "JWT", "alg": "EdDSA", "kid": "' or 1=1 --"}),
        json!({"typ": "JWT", "alg": "EdDSA", "kid": "x".repeat(10_000)}),
        json!({"typ": "JWT", "alg": "EdDSA", "kid": kid, "jku": "https://evil.example/keys"}),
        json!({"typ": "JWT", "alg": "EdDSA", "kid": kid, "x5u": "https://evil.example/c"}),
        json!({"typ": "JWT", "alg": "EdDSA", "kid": kid, "jwk": {"kty": "OKP"}}),
        json!({"typ": "JWT", "alg": "EdDSA", "kid": kid, "crit": ["exp"]}),
        json!({"alg": "EdDSA", "kid": kid, "zip": "DEF"}),
        json!([]),
    ] {
        let token = signed(&tokens, &part(&header), &good_claims());
        assert!(tokens.read(&token, now()).is_none(), "{header}");
    }
}

#[test]
fn texts_that_only_look_like_tokens_are_refused() {
    let tokens = Tokens::new(&[1; 32]);
    let token = tokens.sign(&bearer(), now()).unwrap();
    let (front, signature) = token.rsplit_once('.').unwrap();
    for forged in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        front.to_owned(),
        format!("{front}."),
        format!("{token}."),
        format!("{token}.x.y"),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{token}="),
        format!("{front}.{}", signature.to_uppercase()),
        format!("{front}.{}", "A".repeat(86)),
        "x".repeat(1 << 20),
        format!("{}{}", tokens.prefix, "x".repeat(3_000)),
    ] {
        assert!(tokens.read(&forged, now()).is_none(), "{forged:.60}");
    }
    // Every bit counts, also those that base64 leaves over at the end.
    for at in front.len() + 1..token.len() {
        let swap = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        let forged = format!("{}{swap}{}", &token[..at], &token[at + 1..]);
        assert!(tokens.read(&forged, now()).is_none(), "character {at}");
    }
}
