//! Settings of Postfix that keep something out of its log, or put it under another instance's name.

use mailvane_proto::catalogue::group;

use super::{Finding, blind, dim, set};
use crate::discover::Found;
use crate::discover::master_cf::Service;

/// Looks at the settings of one instance.
pub(super) fn examine(found: &Found, findings: &mut Vec<Finding>) {
    encryption(found, findings);
    sign_ins(found, findings);
    if found.is_set("soft_bounce") {
        findings.push(dim(
            found,
            group::DELIVERY,
            "soft_bounce is on: mail that would bounce is deferred",
            set(found, "soft_bounce=no"),
        ));
    }
    if !found.is_set("enable_long_queue_ids") {
        findings.push(dim(
            found,
            group::QUEUE_AGE,
            "short queue ids hold no arrival time and are used again within seconds",
            set(found, "enable_long_queue_ids=yes"),
        ));
    }
    foreign_names(found, findings);
}

fn encryption(found: &Found, findings: &mut Vec<Finding>) {
    let instance = found.instance();
    if !instance.tls_in {
        let cure = set(found, "smtpd_tls_loglevel=1");
        findings.push(blind(found, group::TLS_IN, "smtpd_tls_loglevel is 0", cure));
    }
    if !instance.tls_out {
        let setting = if found.version_is_at_least(&[3, 11]) {
            "smtp_log_tls_feature_status=yes"
        } else {
            "smtp_tls_loglevel=1"
        };
        let why = "smtp_tls_loglevel is 0, and no delivery line has tls=";
        findings.push(blind(found, group::TLS_OUT, why, set(found, setting)));
    } else if found.is_set("smtp_tls_connection_reuse") && !found.logs_tls("tlsproxy_tls_loglevel")
    {
        let why = "connections are reused by tlsproxy, and tlsproxy_tls_loglevel is 0";
        findings.push(dim(found, group::TLS_OUT, why, set(found, "tlsproxy_tls_loglevel=1")));
    }
}

/// The name behind a failed sign-in is logged since 3.9, and by the last releases of older lines.
fn sign_ins(found: &Found, findings: &mut Vec<Finding>) {
    const FIRST: [[u32; 3]; 5] = [[3, 9, 0], [3, 8, 3], [3, 7, 8], [3, 6, 12], [3, 5, 22]];
    let Some(version) = found.version_numbers() else { return };
    let same_line = |first: &&[u32; 3]| first.get(..2) == version.get(..2);
    let named = match FIRST.iter().find(same_line) {
        Some(first) => version.as_slice() >= first.as_slice(),
        None => version.as_slice() >= [3, 9].as_slice(),
    };
    if !named {
        findings.push(dim(
            found,
            group::SASL,
            format!("Postfix {} does not log whose sign-in failed", found.version()),
            "upgrade Postfix to 3.5.22, 3.6.12, 3.7.8, 3.8.3, 3.9 or newer",
        ));
    }
}

/// Services that log under a name which does not begin with their instance's.
fn foreign_names(found: &Found, findings: &mut Vec<Finding>) {
    let own = String::from_utf8_lossy(&found.instance().syslog_name).into_owned();
    for service in found.services() {
        let Some(name) = service.option("syslog_name") else { continue };
        let first = name.split('/').next().unwrap_or_default();
        if first.is_empty() || first.starts_with('$') || first == own {
            continue;
        }
        findings.push(dim(
            found,
            group::LOG,
            format!(
                "service {} logs as {name}, which is not under this instance's name {own}",
                service.name
            ),
            rename(found, &service, &own),
        ));
    }
}

fn rename(found: &Found, service: &Service, own: &str) -> String {
    let directory = found.config_directory.display();
    format!(
        "postconf -c {directory} -P '{}/{}/syslog_name={own}/$service_name' && postfix -c {directory} reload",
        service.name, service.kind
    )
}

/// Instances whose lines cannot be told apart.
pub(super) fn collisions(found: &[Found], findings: &mut Vec<Finding>) {
    for (index, one) in found.iter().enumerate() {
        let name = one.instance().syslog_name;
        let alike = |other: &&Found| {
            other.instance().syslog_name == name && other.container == one.container
        };
        if let Some(other) = found.iter().take(index).find(alike) {
            findings.push(dim(
                one,
                group::LOG,
                format!(
                    "logs under the same name as {}: their lines cannot be told apart",
                    other.config_directory.display()
                ),
                set(one, &format!("multi_instance_name=postfix-{index}")),
            ));
        }
    }
}
