//! Structured logs and our own metrics. Neither ever carries an address of a person, a subject or a secret.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use thiserror::Error;
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Why logs or metrics cannot start.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("MAILVANE_LOG: {0}; write for example info, or info,mailvane_server=debug")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Somebody else collects already.
    #[error("metrics cannot be collected: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}

/// Starts both; what gives the figures in Prometheus' text form.
pub fn start(config: &Config) -> Result<PrometheusHandle, TelemetryError> {
    let filter = EnvFilter::try_new(&config.log)?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // An error means that a test set up its own before us.
    drop(match config.log_format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    });
    Ok(PrometheusBuilder::new().install_recorder()?)
}
