//! Seals what must not be read at rest, and makes and checks keys.
