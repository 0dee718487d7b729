//! Our own private PostgreSQL when no `DATABASE_URL` is set: found, made, started, stopped.
