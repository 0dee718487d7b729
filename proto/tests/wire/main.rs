//! The wire contract only grows: what was published keeps its number and type, and what is newer is read past.

#[cfg(test)]
mod newer;
#[cfg(test)]
mod published;
