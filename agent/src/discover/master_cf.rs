//! The services of an instance as they stand in master.cf: names, programs, process limits, own settings.

/// One service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Service {
    /// `smtp`, `127.0.0.1:2526`, `cleanup`.
    pub name: String,
    /// `inet`, `unix`, `unix-dgram`, `fifo`, `pass`.
    pub kind: String,
    /// Processes that it may have; nothing for the default, 0 for no limit.
    pub limit: Option<u64>,
    /// The daemon.
    pub program: String,
    /// Settings of its own, by `-o`.
    pub options: Vec<(String, String)>,
}

impl Service {
    /// The last `-o` of this name.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Services in their order. What is not a service line is passed over.
pub(super) fn services(text: &str) -> Vec<Service> {
    let mut logical: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        match logical.last_mut() {
            // Lines that begin with a blank go on with the service above them.
            Some(last) if line.starts_with([' ', '\t']) => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => logical.push(line.trim().to_owned()),
        }
    }
    logical.iter().filter_map(|line| service(line)).collect()
}

fn service(line: &str) -> Option<Service> {
    let mut words = words(line).into_iter();
    let (name, kind) = (words.next()?, words.next()?);
    let limit = words.by_ref().nth(4)?.parse().ok();
    let program = words.next()?;
    let mut options = Vec::new();
    while let Some(word) = words.next() {
        let option = match word.strip_prefix("-o") {
            Some("") => words.next()?,
            Some(option) => option.to_owned(),
            None => continue,
        };
        let (name, value) = option.split_once('=').unwrap_or((&option, ""));
        options.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Some(Service { name, kind, limit, program, options })
}

/// Blanks part words, but not inside `{ }`, whose outermost pair is left out.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut depth) = (Vec::new(), String::new(), 0_u32);
    for c in line.chars() {
        match c {
            '{' if depth == 0 && word.is_empty() => depth = 1,
            '}' if depth == 1 => {
                depth = 0;
                words.push(std::mem::take(&mut word).trim().to_owned());
            }
            c if depth == 0 && c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => {
                if depth > 0 {
                    depth = depth + u32::from(c == '{') - u32::from(c == '}');
                }
                word.push(c);
            }
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_limits_programs_and_settings_of_their_own() {
        let text = "# comment\nsmtp inet n - y - - smtpd\n127.0.0.1:2526 inet n - n - 20 smtpd\n  -o syslog_name=postfix/back\n\n  # inside\n  -o { smtpd_client_restrictions = permit_mynetworks, reject }\n  -osmtpd_tls_security_level=none\nbroken line\n";
        let services = services(text);
        assert_eq!(services.len(), 2);
        assert_eq!((services[0].limit, services[0].program.as_str()), (None, "smtpd"));
        assert_eq!((services[1].limit, services[1].kind.as_str()), (Some(20), "inet"));
        assert_eq!(services[1].option("syslog_name"), Some("postfix/back"));
        assert_eq!(
            services[1].option("smtpd_client_restrictions"),
            Some("permit_mynetworks, reject")
        );
        assert_eq!(services[1].option("smtpd_tls_security_level"), Some("none"));
    }
}
