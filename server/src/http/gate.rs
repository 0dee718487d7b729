//! The two decisions that every request passes: is the role enough, and whose door is opened.
//!
//! A value, so that a test can put a broken gate in and show that the walker over all routes finds it.

use crate::domain::{
    ids::TenantId,
    member::Role,
    rights::{Right, Scope, token_may},
};

/// Decides.
pub trait Gate: Send + Sync {
    /// Whether `role` may do what `needed` may do, in the operation `operation` (`GET /api/v1/hosts`).
    fn admits(&self, operation: &str, role: Role, needed: Role) -> bool;

    /// Whether a token of these scopes has the right that the operation needs.
    fn lets_token(&self, operation: &str, scopes: &[Scope], needed: Right) -> bool {
        let _ = operation;
        token_may(scopes, needed)
    }

    /// Whose door a request of `tenant` opens.
    fn door(&self, operation: &str, tenant: TenantId) -> TenantId;

    /// Whether the proof that our own page sent a change must be there.
    fn wants_proof(&self, operation: &str) -> bool;
}

/// The rules as they are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Strict;

impl Gate for Strict {
    fn admits(&self, _: &str, role: Role, needed: Role) -> bool {
        role.covers(needed)
    }

    fn door(&self, _: &str, tenant: TenantId) -> TenantId {
        tenant
    }

    fn wants_proof(&self, _: &str) -> bool {
        true
    }
}
