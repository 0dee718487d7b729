//! Starting, naming, watching and stopping tasks; the one driver of every loop.
//!
//! It never knows what a task does. Stopping has two steps: *soft* asks to take nothing new and finish, *hard* drops.

mod failpoint;

pub use failpoint::{arm, failpoint};

use std::{future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use tokio::{sync::Notify, task::JoinHandle, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::clock::{Dice, SharedClock, SharedDice, fraction};

/// The life of the process: what runs in it and whether it should end.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
}

/// How a stop went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// All tasks ended by themselves.
    Clean,
    /// This many tasks were dropped at the deadline.
    Forced {
        /// Tasks that still ran.
        left: usize,
    },
}

impl Lifecycle {
    /// A life that has just begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `task` under `name` until it ends or the hard stop drops it. A panic is logged and counted, and ends
    /// this task alone.
    #[expect(clippy::disallowed_methods, reason = "the one place that spawns: tracked and named")]
    pub fn spawn<F>(&self, name: &'static str, task: F) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hard = self.hard.clone();
        tokio::spawn(self.tasks.track_future(async move {
            let guarded = AssertUnwindSafe(task).catch_unwind();
            tokio::select! {
                biased;
                () = hard.cancelled() => tracing::warn!(task = name, "dropped at the hard stop"),
                outcome = guarded => if outcome.is_err() {
                    metrics::counter!("mailvane_task_panics_total", "task" => name).increment(1);
                    tracing::error!(task = name, "a task panicked and ended; please report this");
                },
            }
        }))
    }

    /// Cancelled once nothing new should be taken.
    pub fn soft(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Cancelled once all should be dropped.
    pub fn hard(&self) -> CancellationToken {
        self.hard.clone()
    }

    /// Whether a stop was asked for.
    pub fn is_stopping(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Asks every task to finish, waits at most `patience`, then drops what still runs.
    pub async fn stop(&self, patience: Duration) -> Stopped {
        self.soft.cancel();
        self.tasks.close();
        let stopped = match tokio::time::timeout(patience, self.tasks.wait()).await {
            Ok(()) => Stopped::Clean,
            Err(_) => Stopped::Forced { left: self.tasks.len() },
        };
        self.hard.cancel();
        stopped
    }
}

/// When a loop runs.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two ticks when nothing wakes it.
    pub every: Duration,
    /// Share of `every` by which a wait may be longer or shorter, 0 to 1, so that replicas do not march in step.
    pub jitter: f64,
    /// A tick that takes longer is dropped and counted as failed.
    pub tick_max: Duration,
}

/// What a tick found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Things done.
    pub done: u64,
    /// More waits than one tick may take: tick again at once.
    pub more: bool,
    /// How far behind the oldest thing was that waited.
    pub lag: Duration,
}

/// Why a tick failed; the next one tries again in any case.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LoopError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// A loop: each tick reads the truth, is idempotent and holds nothing that is not also in the database.
pub trait Loop: Send + Sync + 'static {
    /// Names the loop in logs and metrics.
    const NAME: &'static str;

    /// Does what is due.
    fn tick(&self, now: DateTime<Utc>) -> impl Future<Output = Result<Report, LoopError>> + Send;
}

/// Drives `work` at its pace until the soft stop. `wake` says "look now" and carries nothing; it may be lost.
pub fn drive<L: Loop>(
    life: &Lifecycle,
    (clock, dice): (SharedClock, SharedDice),
    wake: Arc<Notify>,
    pace: Pace,
    work: L,
) -> JoinHandle<()> {
    let soft = life.soft();
    life.spawn(L::NAME, async move {
        loop {
            let more = tick_once(&work, clock.now(), pace.tick_max).await;
            let wait = if more { Duration::ZERO } else { jittered(pace, &*dice) };
            tokio::select! {
                biased;
                () = soft.cancelled() => return,
                () = wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    })
}

async fn tick_once<L: Loop>(work: &L, now: DateTime<Utc>, tick_max: Duration) -> bool {
    let begun = Instant::now();
    let tick = AssertUnwindSafe(tokio::time::timeout(tick_max, work.tick(now))).catch_unwind();
    let (outcome, more) = match tick.await {
        Ok(Ok(Ok(report))) => {
            metrics::gauge!("mailvane_loop_lag_seconds", "loop" => L::NAME)
                .set(report.lag.as_secs_f64());
            metrics::counter!("mailvane_loop_done_total", "loop" => L::NAME).increment(report.done);
            ("done", report.more)
        }
        Ok(Ok(Err(error))) => {
            tracing::warn!(task = L::NAME, %error, "a tick failed; the next one tries again");
            ("failed", false)
        }
        Ok(Err(_)) => {
            tracing::warn!(task = L::NAME, ?tick_max, "a tick took too long and was dropped");
            ("late", false)
        }
        Err(_) => {
            tracing::error!(task = L::NAME, "a tick panicked; the next one tries again");
            ("panicked", false)
        }
    };
    metrics::counter!("mailvane_loop_ticks_total", "loop" => L::NAME, "outcome" => outcome)
        .increment(1);
    metrics::histogram!("mailvane_loop_tick_seconds", "loop" => L::NAME)
        .record(begun.elapsed().as_secs_f64());
    more
}

fn jittered(pace: Pace, dice: &dyn Dice) -> Duration {
    let jitter = pace.jitter.clamp(0.0, 1.0);
    pace.every.mul_f64(1.0 - jitter + 2.0 * jitter * fraction(dice))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::clock::{ManualClock, SeededDice};

    struct Moody {
        ticks: Arc<AtomicU64>,
    }

    impl Loop for Moody {
        const NAME: &'static str = "moody";

        async fn tick(&self, _: DateTime<Utc>) -> Result<Report, LoopError> {
            match self.ticks.fetch_add(1, Ordering::SeqCst) {
                0 => panic!("a bad day"),
                1 => Err(LoopError("no luck".into())),
                2 => std::future::pending().await,
                _ => Ok(Report::default()),
            }
        }
    }

    fn outside() -> (SharedClock, SharedDice) {
        (Arc::new(ManualClock::at(DateTime::UNIX_EPOCH)), Arc::new(SeededDice::new(3)))
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_survives_panic_error_and_a_tick_that_never_ends() {
        let (life, ticks) = (Lifecycle::new(), Arc::new(AtomicU64::new(0)));
        let pace =
            Pace { every: Duration::from_secs(10), jitter: 0.2, tick_max: Duration::from_secs(5) };
        let work = Moody { ticks: Arc::clone(&ticks) };
        drive(&life, outside(), Arc::new(Notify::new()), pace, work);
        tokio::time::sleep(Duration::from_mins(2)).await;
        assert!(ticks.load(Ordering::SeqCst) > 5);
        assert_eq!(life.stop(Duration::from_secs(1)).await, Stopped::Clean);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wake_makes_the_loop_look_at_once() {
        let (life, ticks) = (Lifecycle::new(), Arc::new(AtomicU64::new(3)));
        let wake = Arc::new(Notify::new());
        let pace =
            Pace { every: Duration::from_hours(1), jitter: 0.0, tick_max: Duration::from_secs(5) };
        drive(&life, outside(), Arc::clone(&wake), pace, Moody { ticks: Arc::clone(&ticks) });
        tokio::time::sleep(Duration::from_secs(1)).await;
        wake.notify_one();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(ticks.load(Ordering::SeqCst), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_finish_is_dropped_at_the_deadline() {
        let life = Lifecycle::new();
        let stuck = life.spawn("stuck", std::future::pending());
        assert_eq!(life.stop(Duration::from_secs(2)).await, Stopped::Forced { left: 1 });
        stuck.await.unwrap();
    }
}
