//! The router: every route visible on one page.
