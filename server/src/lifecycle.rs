//! Starting, naming, watching and stopping tasks; the one driver of every loop.
