//! Whether time tells what the answer does not: a statistical run over thousands of calls, for `cargo xtask test --long`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use environment::Pace;
use issuer::records::PassportStanding;
use web::pace::{TICK, TickingPace};

use super::stage::{Stage, about, office, send, unknown};
use super::{Said, told};

/// Calls of each kind.
const CALLS: usize = 1_500;
/// Calls under way at once, well within the budget of a space.
const AT_ONCE: usize = 6;
/// Beyond this |t| two distributions are told apart (the usual bound of leakage tests, ISO/IEC 17825).
const TOLD_APART: f64 = 4.5;

/// Mean and variance of a kind of call, in milliseconds.
#[derive(Default)]
struct Times(Vec<f64>);

impl Times {
    fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.count()
    }

    fn variance(&self) -> f64 {
        let mean = self.mean();
        self.0.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (self.count() - 1.0)
    }

    fn count(&self) -> f64 {
        f64::from(u32::try_from(self.0.len()).unwrap())
    }

    /// Welch's t.
    fn t(&self, other: &Self) -> f64 {
        let spread = self.variance() / self.count() + other.variance() / other.count();
        (self.mean() - other.mean()) / spread.sqrt()
    }
}

/// Each kind asked in turn, so that whatever slows the machine slows all alike.
async fn measure(
    stage: &Stage,
    router: &axum::Router,
    numbers: &[(&str, String)],
    calls: usize,
) -> Vec<Times> {
    let mut times: Vec<Times> = numbers.iter().map(|_| Times::default()).collect();
    let mut seconds = 0_i64;
    for batch in 0..calls.div_ceil(AT_ONCE) {
        // After an answer the next tick is far: batches begin at every distance from one.
        tokio::time::sleep(Duration::from_millis(u64::try_from(batch * 37 % 250).unwrap())).await;
        // Beyond the budget of the space: the clock goes on, the pace is real.
        let pause = i64::try_from(AT_ONCE * numbers.len()).unwrap() * 60;
        stage.world.scene.clock.advance(pause);
        seconds += pause;
        if seconds > 40_000 {
            stage.list(trust::Standing::Admitted);
            seconds = 0;
        }
        let mut asked = Vec::new();
        for turn in 0..AT_ONCE {
            // Each kind is as often the first: who arrives later waits less for the tick.
            for place in 0..numbers.len() {
                let kind = (turn + place) % numbers.len();
                let (_, number) = &numbers[kind];
                let question = stage.question_now(&stage.kiln, &about(number));
                let router = router.clone();
                asked.push(tokio::spawn(async move {
                    let began = Instant::now();
                    let said: Said = send(router, question).await;
                    (kind, began.elapsed(), said)
                }));
            }
            // Arrivals spread over the ticks.
            tokio::time::sleep(Duration::from_millis(7)).await;
        }
        for one in asked {
            let (kind, time, said) = one.await.unwrap();
            assert_eq!(said.status.as_u16(), 404);
            times[kind].0.push(time.as_secs_f64() * 1_000.0);
        }
    }
    times
}

#[tokio::test]
async fn the_time_of_an_answer_does_not_tell_an_unknown_number_from_one_that_is_kept_from_the_asker() {
    let is_long = std::env::var_os("PASSPORT_TEST_LONG").is_some();
    let calls = if is_long { CALLS } else { AT_ONCE * 2 };
    let stage = Stage::new().await;
    let known = told(&stage).await;
    super::set(&stage, &known, PassportStanding::Suspended).await;
    let numbers =
        [("unknown", unknown("HRB1", 1)), ("suspended", known), ("mistyped", "HRB1000000000".to_owned())];
    let tick = if is_long { TICK } else { Duration::from_millis(50) };
    let pace: Arc<dyn Pace> = Arc::new(TickingPace::new(tick));
    let times = measure(&stage, &office(&stage.world, &stage.directory, pace), &numbers, calls).await;
    for ((name, _), times) in numbers.iter().zip(&times) {
        let (mean, deviation) = (times.mean(), times.variance().sqrt());
        eprintln!("{name}: {} calls, mean {mean:.3} ms, deviation {deviation:.3} ms", times.count());
        let shortest = times.0.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(shortest >= tick.as_secs_f64() * 1_000.0, "{name}: an answer came after {shortest} ms");
    }
    for other in 1..numbers.len() {
        let t = times[0].t(&times[other]);
        eprintln!("unknown against {}: t = {t:.2} (told apart beyond {TOLD_APART})", numbers[other].0);
        assert!(!is_long || t.abs() < TOLD_APART, "time tells {} from unknown", numbers[other].0);
    }
}
