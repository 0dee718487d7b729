//! Environment and file to typed settings; every fault is reported at once.
