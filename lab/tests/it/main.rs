//! The whole chain with the real programs and a real Postfix. Needs root; builds of server and agent beside it.

#[cfg(test)]
mod bad;
#[cfg(test)]
mod causes;
#[cfg(test)]
mod chain;
#[cfg(test)]
mod exact;
#[cfg(test)]
mod install;
#[cfg(test)]
mod postfix;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod up;
