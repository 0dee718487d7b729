//! What time it is: the system's, or a test's.
