//! The laboratory: a private Postfix, sources and sinks of mail, fakes, fleets, faults, benchmarks. Never ships.
