//! One TLS port for page, REST and gRPC, with deadlines of our own; the plain loopback page beside it.
