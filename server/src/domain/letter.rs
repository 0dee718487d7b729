//! The words of mail to people, in text and HTML. What a person or a tenant is called is data: it never becomes markup.

use super::member::Role;

/// What a letter is about.
#[derive(Debug, Clone)]
pub enum Letter<'a> {
    /// Prove the address and begin.
    SignUp {
        /// Name of the tenant to be.
        tenant: &'a str,
        /// Works once.
        link: &'a str,
    },
    /// Somebody signed up with an address that has an account already.
    SignUpKnown {
        /// To the sign-in page.
        link: &'a str,
    },
    /// Join a tenant.
    Invitation {
        /// Name of the tenant.
        tenant: &'a str,
        /// Address of whoever invites.
        inviter: &'a str,
        /// As what.
        role: Role,
        /// Works once.
        link: &'a str,
    },
    /// Choose a new password.
    Reset {
        /// Works once, for an hour.
        link: &'a str,
    },
    /// The password was changed.
    PasswordChanged {
        /// Where to choose another.
        link: &'a str,
    },
    /// The second factor was switched on or off.
    SecondFactor {
        /// Whether it is on now.
        on: bool,
        /// To the account page.
        link: &'a str,
    },
}

/// A letter in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub subject: String,
    /// For those who read plain text.
    pub text: String,
    /// For those who do not.
    pub html: String,
}

impl Letter<'_> {
    /// In words.
    pub fn words(&self) -> Words {
        let (subject, lines, button) = self.parts();
        let link = self.link();
        let text = lines.join("\n\n");
        let escaped: Vec<String> = lines.iter().map(|line| escape(line)).collect();
        let paragraphs = escaped.join("</p>\n<p>");
        let html = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n\
             <body style=\"font-family:sans-serif;line-height:1.5;max-width:36em\">\n<p>{paragraphs}</p>\n\
             <p><a href=\"{link}\" style=\"display:inline-block;padding:.6em 1em;background:#1f5eff;color:#fff;\
             text-decoration:none;border-radius:4px\">{button}</a></p>\n<p>Or open {link}</p>\n</body></html>\n",
            escape(&subject),
            link = escape(link),
        );
        Words { subject, text: format!("{text}\n\n{button}: {link}\n"), html }
    }

    fn link(&self) -> &str {
        match self {
            Self::SignUp { link, .. }
            | Self::SignUpKnown { link }
            | Self::Invitation { link, .. }
            | Self::Reset { link }
            | Self::PasswordChanged { link }
            | Self::SecondFactor { link, .. } => link,
        }
    }

    fn parts(&self) -> (String, Vec<String>, &'static str) {
        match self {
            Self::SignUp { tenant, .. } => (
                "Confirm your address for Mailvane".to_owned(),
                vec![
                    format!("You asked for an account for {tenant} at Mailvane."),
                    "Open the link below within a day to confirm this address. If it was not you, do nothing: \
                     without the link there is no account."
                        .to_owned(),
                ],
                "Confirm and begin",
            ),
            Self::SignUpKnown { .. } => (
                "You have a Mailvane account already".to_owned(),
                vec![
                    "Somebody asked for a new account with this address, but it has one already.".to_owned(),
                    "If it was you, sign in, or choose a new password on the sign-in page. Nothing was changed."
                        .to_owned(),
                ],
                "Sign in",
            ),
            Self::Invitation { tenant, inviter, role, .. } => (
                format!("{tenant}: you are invited to Mailvane"),
                vec![
                    format!("{inviter} invites you to watch the mail servers of {tenant}, as {role}."),
                    "The link works once and for seven days.".to_owned(),
                ],
                "Accept the invitation",
            ),
            Self::Reset { .. } => (
                "Choose a new Mailvane password".to_owned(),
                vec![
                    "Somebody, most likely you, asked for a new password for this address.".to_owned(),
                    "The link works once and for an hour. If it was not you, do nothing: your password stays."
                        .to_owned(),
                ],
                "Choose a new password",
            ),
            Self::PasswordChanged { .. } => (
                "Your Mailvane password was changed".to_owned(),
                vec![
                    "Your password was changed and all other sessions were ended.".to_owned(),
                    "If it was not you, choose a new one at once.".to_owned(),
                ],
                "Choose a new password",
            ),
            Self::SecondFactor { on, .. } => (
                format!("Your second factor was switched {}", if *on { "on" } else { "off" }),
                vec![format!(
                    "Signing in {} asks for a code of your authenticator. If it was not you, change your password.",
                    if *on { "now" } else { "no longer" }
                )],
                "See your account",
            ),
        }
    }
}

/// Text that cannot become markup.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_names_who_invites_where_to_and_as_what() {
        let letter = Letter::Invitation {
            tenant: "Kestrel Mail",
            inviter: "owner@kestrel.example",
            role: Role::Viewer,
            link: "https://mailvane.test/invitation?token=x",
        };
        let words = letter.words();
        for part in ["owner@kestrel.example", "Kestrel Mail", "viewer", "invitation?token=x"] {
            assert!(words.text.contains(part) && words.html.contains(part), "{part} in {words:?}");
        }
    }

    #[test]
    fn a_tenant_called_like_a_script_stays_text() {
        let letter = Letter::SignUp { tenant: "<script>alert(1)</script>\"'", link: "https://x/" };
        let words = letter.words();
        assert!(!words.html.contains("<script>"), "{}", words.html);
        assert!(words.html.contains("&lt;script&gt;"));
    }
}
