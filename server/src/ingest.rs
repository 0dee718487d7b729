//! Takes an agent's stream: proves who speaks, decodes, commits in groups, acknowledges.

mod decode;
pub mod limits;
