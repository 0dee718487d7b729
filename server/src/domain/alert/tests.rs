//! The table of the state machine, row by row, and what must hold whatever comes in.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

const PATIENT: Patience = Patience {
    hold: Duration::from_mins(5),
    clear_hold: Duration::from_mins(10),
    greater_is_worse: true,
};
const EAGER: Patience =
    Patience { hold: Duration::ZERO, clear_hold: Duration::ZERO, greater_is_worse: true };

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

fn alert(state: State) -> Alert {
    Alert { state, generation: 7, value: Some(1_200.0), peak: Some(1_500.0), ..Alert::new(at(0)) }
}

fn sampled(state: State, verdict: Verdict, patience: Patience) -> (State, Timer, Option<News>) {
    let step = step(&alert(state), Input::Sample(verdict, at(60)), patience);
    (step.alert.state, step.timer, step.news)
}

fn timed(state: State, fresh: bool) -> (State, Timer, Option<News>) {
    let step = step(&alert(state), Input::Timer { generation: 7, fresh }, PATIENT);
    (step.alert.state, step.timer, step.news)
}

const BREACH: Verdict = Verdict::Breach(1_300.0);
const BAND: Verdict = Verdict::Band(900.0);
const CLEAR: Verdict = Verdict::Clear(100.0);

#[test]
fn a_full_queue_waits_out_its_hold_and_then_fires() {
    assert_eq!(
        sampled(State::Ok, BREACH, PATIENT),
        (State::Pending, Timer::Arm(PATIENT.hold), None)
    );
    assert_eq!(sampled(State::Pending, BREACH, PATIENT), (State::Pending, Timer::Keep, None));
    assert_eq!(timed(State::Pending, true), (State::Firing, Timer::Drop, Some(News::Opened)));
}

#[test]
fn without_hold_the_first_bad_sample_fires() {
    assert_eq!(sampled(State::Ok, BREACH, EAGER), (State::Firing, Timer::Drop, Some(News::Opened)));
}

#[test]
fn a_queue_that_drains_in_time_is_nobodys_business() {
    assert_eq!(sampled(State::Pending, CLEAR, PATIENT), (State::Ok, Timer::Drop, None));
}

#[test]
fn a_hold_that_ends_while_the_host_is_silent_waits_for_the_silence_to_be_told() {
    assert_eq!(timed(State::Pending, false), (State::Pending, Timer::Arm(LOOK_AGAIN), None));
    assert_eq!(timed(State::Recovering, false), (State::Recovering, Timer::Arm(LOOK_AGAIN), None));
}

#[test]
fn between_the_levels_a_firing_alert_keeps_firing() {
    assert_eq!(sampled(State::Firing, BAND, PATIENT), (State::Firing, Timer::Keep, None));
    assert_eq!(sampled(State::Recovering, BAND, PATIENT), (State::Recovering, Timer::Keep, None));
    assert_eq!(sampled(State::Ok, BAND, PATIENT), (State::Ok, Timer::Keep, None));
}

#[test]
fn a_drained_queue_is_over_after_its_clear_hold_or_at_once() {
    assert_eq!(
        sampled(State::Firing, CLEAR, PATIENT),
        (State::Recovering, Timer::Arm(PATIENT.clear_hold), None)
    );
    assert_eq!(timed(State::Recovering, true), (State::Ok, Timer::Drop, Some(News::Resolved)));
    assert_eq!(
        sampled(State::Firing, CLEAR, EAGER),
        (State::Ok, Timer::Drop, Some(News::Resolved))
    );
}

#[test]
fn a_relapse_while_recovering_is_not_news() {
    assert_eq!(sampled(State::Recovering, BREACH, PATIENT), (State::Firing, Timer::Drop, None));
}

#[test]
fn what_cannot_be_seen_changes_nothing() {
    for state in State::ALL {
        let step = step(&alert(state), Input::Sample(Verdict::Unknown, at(60)), PATIENT);
        assert_eq!((step.alert.state, step.timer, step.news), (state, Timer::Keep, None));
        assert!(step.alert.missing);
    }
}

#[test]
fn a_timer_of_another_generation_is_stale() {
    for state in State::ALL {
        let step = step(&alert(state), Input::Timer { generation: 6, fresh: true }, PATIENT);
        assert_eq!(step, stay(alert(state)));
    }
}

#[test]
fn a_trigger_that_is_switched_off_closes_what_is_open_and_says_so() {
    let withdrawn = |state| {
        let step = step(&alert(state), Input::Withdrawn, PATIENT);
        (step.alert.state, step.news)
    };
    assert_eq!(withdrawn(State::Ok), (State::Ok, None));
    assert_eq!(withdrawn(State::Pending), (State::Ok, None));
    assert_eq!(withdrawn(State::Firing), (State::Ok, Some(News::Closed)));
    assert_eq!(withdrawn(State::Recovering), (State::Ok, Some(News::Closed)));
}

#[test]
fn since_is_the_first_bad_sample_and_the_peak_is_the_worst() {
    let begun = step(&Alert::new(at(0)), Input::Sample(Verdict::Breach(60.0), at(10)), PATIENT);
    let worse = step(&begun.alert, Input::Sample(Verdict::Breach(90.0), at(20)), PATIENT);
    let better = step(&worse.alert, Input::Sample(Verdict::Breach(70.0), at(30)), PATIENT);
    assert_eq!(better.alert.since, at(10));
    assert_eq!((better.alert.value, better.alert.peak), (Some(70.0), Some(90.0)));
}

fn any_input() -> impl Strategy<Value = (u8, f64, bool)> {
    (0_u8..6, 0.0..2_000.0_f64, any::<bool>())
}

proptest! {
    /// Opened and resolved or closed alternate, whatever comes in; the generation never falls.
    #[test]
    fn news_alternate(inputs in prop::collection::vec(any_input(), 0..200), eager in any::<bool>()) {
        let patience = if eager { EAGER } else { PATIENT };
        let mut alert = Alert::new(at(0));
        let mut open = false;
        for (second, (kind, value, fresh)) in (1..).zip(inputs) {
            let input = match kind {
                0 => Input::Sample(Verdict::Breach(value), at(second)),
                1 => Input::Sample(Verdict::Clear(value), at(second)),
                2 => Input::Sample(Verdict::Band(value), at(second)),
                3 => Input::Timer { generation: alert.generation, fresh },
                4 => Input::Withdrawn,
                _ => Input::Missing,
            };
            let next = step(&alert, input, patience);
            match next.news {
                Some(News::Opened) => { prop_assert!(!open); open = true; }
                Some(News::Resolved | News::Closed) => { prop_assert!(open); open = false; }
                None => {}
            }
            prop_assert_eq!(open, next.alert.state.is_open());
            prop_assert!(next.alert.generation >= alert.generation);
            prop_assert_eq!(next.alert.generation > alert.generation, next.alert.state != alert.state);
            alert = next.alert;
        }
    }
}
