//! `published.txt` lists every message, field, enum value and method; none may change or go.

use std::{collections::HashSet, fmt::Write as _, fs, path::Path};

use prost::Message as _;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorSet};

#[test]
fn nothing_published_has_changed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/published.txt");
    let published = fs::read_to_string(&path).unwrap_or_default();
    let now = contract();
    let kept: HashSet<&str> = now.lines().collect();
    let broken: Vec<_> = published.lines().filter(|row| !kept.contains(row)).collect();
    assert!(broken.is_empty(), "agents in the field rely on this: {broken:#?}");
    if option_env!("UPDATE_GENERATED").is_some() {
        fs::write(&path, &now).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        published.lines().count(),
        now.lines().count(),
        "UPDATE_GENERATED=1 cargo test -p mailvane-proto publishes what is new"
    );
}

fn contract() -> String {
    let set = FileDescriptorSet::decode(mailvane_proto::DESCRIPTOR_SET).unwrap();
    let mut out = String::new();
    for file in &set.file {
        for service in &file.service {
            for method in &service.method {
                let (service, name) = (service.name(), method.name());
                let (takes, gives) = (method.input_type(), method.output_type());
                writeln!(out, "method {service}/{name} {takes} {gives}").unwrap();
            }
        }
        for message in &file.message_type {
            describe(&mut out, "", message);
        }
        for values in &file.enum_type {
            describe_values(&mut out, "", values);
        }
    }
    out
}

fn describe(out: &mut String, inside: &str, message: &DescriptorProto) {
    let name = format!("{inside}{}", message.name());
    for field in &message.field {
        let (number, kind, label) = (field.number(), field.r#type(), field.label());
        let kind = kind.as_str_name();
        let label = label.as_str_name();
        let row =
            format!("field {name} {number} {} {kind} {label} {}", field.name(), field.type_name());
        writeln!(out, "{}", row.trim_end()).unwrap();
    }
    for values in &message.enum_type {
        describe_values(out, &format!("{name}."), values);
    }
    for nested in &message.nested_type {
        describe(out, &format!("{name}."), nested);
    }
}

fn describe_values(out: &mut String, inside: &str, values: &EnumDescriptorProto) {
    for value in &values.value {
        writeln!(out, "value {inside}{} {} {}", values.name(), value.number(), value.name())
            .unwrap();
    }
}
