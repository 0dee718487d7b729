//! The table of the state machine, row by row, and what must hold whatever comes in.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

const PATIENT: Patience = Patience {
    hold: Duration::from_mins(5),
    clear_hold: Duration::from_mins(10),
    keep_firing: Duration::ZERO,
    greater_is_worse: true,
};
const EAGER: Patience = Patience { hold: Duration::ZERO, clear_hold: Duration::ZERO, ..PATIENT };

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

fn alert(state: State) -> Alert {
    Alert { state, generation: 7, value: Some(1_200.0), peak: Some(1_500.0), ..Alert::new(at(0)) }
}

fn sampled(state: State, verdict: Verdict, patience: Patience) -> (State, Timer, Option<News>) {
    let step = step(&alert(state), Input::Sample(verdict, Severity::Warning, at(60)), patience);
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
        let step = step(
            &alert(state),
            Input::Sample(Verdict::Unknown, Severity::Warning, at(60)),
            PATIENT,
        );
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
    let begun = step(
        &Alert::new(at(0)),
        Input::Sample(Verdict::Breach(60.0), Severity::Warning, at(10)),
        PATIENT,
    );
    let worse = step(
        &begun.alert,
        Input::Sample(Verdict::Breach(90.0), Severity::Warning, at(20)),
        PATIENT,
    );
    let better = step(
        &worse.alert,
        Input::Sample(Verdict::Breach(70.0), Severity::Warning, at(30)),
        PATIENT,
    );
    assert_eq!(better.alert.since, at(10));
    assert_eq!((better.alert.value, better.alert.peak), (Some(70.0), Some(90.0)));
}

fn opened_and_over(alert: &Alert, second: i64) -> (Alert, Alert) {
    let bad = Input::Sample(Verdict::Breach(60.0), Severity::Warning, at(second));
    let opened = step(alert, bad, EAGER).alert;
    let good = Input::Sample(Verdict::Clear(1.0), Severity::Warning, at(second + 30));
    (opened, step(&opened, good, EAGER).alert)
}

#[test]
fn what_opens_five_times_in_an_hour_flaps_and_stays_open_until_it_was_quiet_for_half_an_hour() {
    let mut alert = Alert::new(at(0));
    for round in 0..4 {
        let (opened, over) = opened_and_over(&alert, 60 * round);
        assert!(!opened.flapping);
        assert_eq!(over.state, State::Ok);
        alert = over;
    }
    let (opened, quiet) = opened_and_over(&alert, 300);
    assert!(opened.flapping);
    assert_eq!(quiet.state, State::Recovering);
    let again =
        step(&quiet, Input::Sample(Verdict::Breach(70.0), Severity::Warning, at(400)), EAGER);
    assert_eq!((again.alert.state, again.news), (State::Firing, None));
    let good = Input::Sample(Verdict::Clear(1.0), Severity::Warning, at(430));
    let quiet = step(&again.alert, good, EAGER);
    assert_eq!(quiet.timer, Timer::Arm(FLAP_QUIET));
    let released =
        step(&quiet.alert, Input::Timer { generation: quiet.alert.generation, fresh: true }, EAGER);
    assert_eq!(released.news, Some(News::Resolved));
    assert!(!opened_and_over(&released.alert, 500).0.flapping);
}

#[test]
fn the_same_openings_over_a_day_are_not_flapping() {
    let mut alert = Alert::new(at(0));
    for round in 0..10 {
        let (opened, over) = opened_and_over(&alert, 3_600 * round);
        assert!(!opened.flapping);
        alert = over;
    }
}

#[test]
fn a_queue_that_grows_past_its_band_is_news_once_and_stays_as_bad_as_it_was() {
    let sample = |alert: &Alert, value, severity, second| {
        step(alert, Input::Sample(Verdict::Breach(value), severity, at(second)), EAGER)
    };
    let opened = sample(&Alert::new(at(0)), 1_200.0, Severity::Warning, 10);
    let worse = sample(&opened.alert, 5_100.0, Severity::Critical, 20);
    assert_eq!(worse.news, Some(News::Worse));
    let better = sample(&worse.alert, 4_900.0, Severity::Warning, 30);
    assert_eq!((better.news, better.alert.severity), (None, Some(Severity::Critical)));
    assert_eq!(sample(&better.alert, 5_200.0, Severity::Critical, 40).news, None);
}

#[test]
fn an_incident_lasts_as_long_as_it_must_at_least() {
    let lasting = Patience { keep_firing: Duration::from_mins(5), ..EAGER };
    let bad = Input::Sample(Verdict::Breach(60.0), Severity::Warning, at(0));
    let opened = step(&Alert::new(at(0)), bad, lasting).alert;
    let good = |second| Input::Sample(Verdict::Clear(1.0), Severity::Warning, at(second));
    assert_eq!(step(&opened, good(60), lasting).timer, Timer::Arm(Duration::from_mins(4)));
    assert_eq!(step(&opened, good(300), lasting).news, Some(News::Resolved));
}

#[test]
fn a_figure_that_stays_away_means_what_the_rule_says() {
    let missing = |state, means| {
        let step = step(&alert(state), Input::Missing(means), PATIENT);
        (step.alert.state, step.news)
    };
    let bad = MissingMeans::Bad(Severity::Error, at(90));
    assert_eq!(missing(State::Firing, MissingMeans::Good), (State::Ok, Some(News::Closed)));
    assert_eq!(missing(State::Ok, MissingMeans::Good), (State::Ok, None));
    assert_eq!(missing(State::Ok, bad), (State::Firing, Some(News::Opened)));
    assert_eq!(missing(State::Firing, bad), (State::Firing, None));
}

fn any_input() -> impl Strategy<Value = (u8, f64, bool)> {
    (0_u8..7, 0.0..2_000.0_f64, any::<bool>())
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
                0 => Input::Sample(Verdict::Breach(value), Severity::Warning, at(second)),
                1 => Input::Sample(Verdict::Clear(value), Severity::Warning, at(second)),
                2 => Input::Sample(Verdict::Band(value), Severity::Warning, at(second)),
                3 => Input::Timer { generation: alert.generation, fresh },
                4 => Input::Withdrawn,
                5 => Input::Missing(MissingMeans::Good),
                _ => Input::Missing(MissingMeans::Bad(Severity::Critical, at(second))),
            };
            let next = step(&alert, input, patience);
            match next.news {
                Some(News::Opened) => { prop_assert!(!open); open = true; }
                Some(News::Resolved | News::Closed) => { prop_assert!(open); open = false; }
                Some(News::Worse) => prop_assert!(open),
                None => {}
            }
            prop_assert_eq!(open, next.alert.state.is_open());
            prop_assert!(next.alert.generation >= alert.generation);
            prop_assert_eq!(next.alert.generation > alert.generation, next.alert.state != alert.state);
            alert = next.alert;
        }
    }
}
