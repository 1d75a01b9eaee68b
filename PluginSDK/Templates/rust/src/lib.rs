//! __NAME__: long while a fast average of the closes is above a slow one, short while it is below (Appel, "Technical
//! Analysis", 2005, uses the same two exponential averages). The score is the gap as a share of the slow average.

#[macro_use]
mod agent;
mod alphaloop;

use agent::{Agent, Constant, Failure, Host, Input, Instrument, Needs, Output, Parameters, Reader, Writer};
use alphaloop::*;

const DAY_NS: i64 = 86_400_000_000_000;
/// A name whose newest bar is older than half a day missed today's.
const MAXIMUM_AGE: i64 = DAY_NS / 2;

/// Both averages of one instrument.
#[derive(Clone, Copy, Default)]
struct Average {
    fast: f64,
    slow: f64,
    /// Usable bars so far.
    bars: i64,
    /// Time of the newest bar seen, usable or not.
    last: i64,
}

fn is_price(value: f64) -> bool {
    value.is_finite() && value > 0.0
}

impl Average {
    fn is_sound(&self) -> bool {
        self.bars == 0 || (self.bars > 0 && is_price(self.fast) && is_price(self.slow))
    }

    /// Takes the rows that are newer than the last one seen. A close that is no price is left out of the averages.
    fn take(&mut self, times: &[i64], close: &[f64], fast_share: f64, slow_share: f64) {
        let from = times.iter().rposition(|&ts| ts <= self.last).map_or(0, |i| i + 1);
        for (&ts, &price) in times.iter().zip(close).skip(from) {
            self.last = ts;
            if is_price(price) {
                let is_first = self.bars == 0;
                self.fast = if is_first { price } else { self.fast + fast_share * (price - self.fast) };
                self.slow = if is_first { price } else { self.slow + slow_share * (price - self.slow) };
                self.bars += 1;
            }
        }
    }
}

#[derive(Clone)]
struct Cross {
    slow_bars: i64,
    fast_share: f64,
    slow_share: f64,
    full: f64,
    horizon: i64,
    averages: Vec<Average>,
}

impl Cross {
    /// Why an instrument cannot be answered now, AL_REASON_NONE where it can.
    fn fault(&self, average: &Average, times: &[i64], close: &[f64], as_of: i64) -> u32 {
        match times.last() {
            None => AL_REASON_WARM_UP,
            Some(newest) if as_of - newest > MAXIMUM_AGE => AL_REASON_STALE,
            _ if !close.iter().all(|&value| is_price(value)) => AL_REASON_INVALID_DATA,
            _ if average.bars < self.slow_bars => AL_REASON_WARM_UP,
            _ => AL_REASON_NONE,
        }
    }
}

impl Agent for Cross {
    fn new(parameters: &Parameters, _host: Host) -> Result<Self, Failure> {
        let fast = parameters.integer("fast")?;
        let slow = parameters.integer("slow")?;
        if fast >= slow {
            let text = format!("parameter 'fast' is {} and 'slow' is {}; fast has to be the smaller one", fast, slow);
            return Err(Failure::configuration(text));
        }
        Ok(Cross {
            slow_bars: slow,
            // The usual weight of an average over n bars: 2 / (n + 1).
            fast_share: 2.0 / (fast + 1) as f64,
            slow_share: 2.0 / (slow + 1) as f64,
            full: parameters.number("full")?,
            horizon: parameters.integer("horizon")? * DAY_NS,
            averages: Vec::new(),
        })
    }

    fn bind(&mut self, universe: &[Instrument]) -> Needs {
        self.averages = vec![Average::default(); universe.len()];
        let slow = self.slow_bars as u32;
        Needs { triggers: AL_CAUSE_PANEL, lookback: slow, warm_up: slow, columns: AL_COLUMN_CLOSE }
    }

    fn evaluate(&mut self, input: &Input, output: &mut Output) {
        for i in 0..input.len() {
            let (window, close) = match input.window(i).and_then(|w| w.close().map(|c| (w, c))) {
                Some(both) => both,
                None => {
                    output.abstain(i, AL_REASON_MISSING_CAPABILITY);
                    continue;
                }
            };
            self.averages[i].take(window.times(), close, self.fast_share, self.slow_share);
            let average = self.averages[i];
            let reason = self.fault(&average, window.times(), close, input.as_of());
            if reason != AL_REASON_NONE {
                output.abstain(i, reason);
                continue;
            }
            let gap = (average.fast - average.slow) / average.slow;
            let score = (gap / self.full).min(1.0).max(-1.0);
            if score == 0.0 {
                output.abstain(i, AL_REASON_NO_SIGNAL);
            } else {
                // A cross knows nothing of its own certainty; the gap is in the score already.
                output.view(i, score, 0.5, self.horizon);
            }
        }
    }

    fn save(&self, to: &mut Writer) {
        to.integer(self.averages.len() as i64);
        for average in &self.averages {
            to.number(average.fast);
            to.number(average.slow);
            to.integer(average.bars);
            to.integer(average.last);
        }
    }

    fn restore(&mut self, from: &mut Reader) -> Result<(), Failure> {
        if from.integer()? != self.averages.len() as i64 {
            return Err(Failure::data("the state is of another universe"));
        }
        for average in &mut self.averages {
            let (fast, slow) = (from.number()?, from.number()?);
            *average = Average { fast, slow, bars: from.integer()?, last: from.integer()? };
            if !average.is_sound() {
                return Err(Failure::data("the saved state holds no averages of prices"));
            }
        }
        Ok(())
    }
}

static DESCRIPTOR: Constant<al_descriptor_v1> = Constant(al_descriptor_v1 {
    size: std::mem::size_of::<al_descriptor_v1>() as u32,
    kinds: AL_KIND_AGENT,
    flags: AL_FLAG_DETERMINISTIC,
    inputs: AL_IN_BARS,
    outputs: AL_OUT_VIEW,
    id: c!("__ID__"),
    name: c!("__NAME__"),
    vendor: c!("you"),
    version: c!("1.0.0"),
    license: c!("Apache-2.0"),
    summary: c!("Exponential moving average cross: the sign and size of the gap"),
    family: c!(""),
    parameters: c!(concat!(
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","#,
        r#""additionalProperties":false,"properties":{"#,
        r#""fast":{"type":"integer","default":10,"minimum":1,"maximum":500,"#,
        r#""description":"bars of the fast average"},"#,
        r#""slow":{"type":"integer","default":30,"minimum":2,"maximum":1000,"#,
        r#""description":"bars of the slow average; above fast"},"#,
        r#""full":{"type":"number","default":0.05,"minimum":0.0001,"maximum":10,"#,
        r#""description":"gap, as a share of the slow average, that scores 1 or -1"},"#,
        r#""horizon":{"type":"integer","default":5,"minimum":1,"maximum":250,"#,
        r#""description":"days that a view is meant for"}}}"#
    )),
    interfaces: &agent::INTERFACES.0 as *const _,
    reasons: std::ptr::null(),
    estimates: std::ptr::null(),
    tier: AL_TIER_SENIOR,
    warm_up: 30,
    max_rows: Cross::MAX_ROWS,
    state_version: Cross::STATE_VERSION,
    min_state_version: Cross::STATE_VERSION,
    reserved: 0,
});

library!(Cross, DESCRIPTOR);
