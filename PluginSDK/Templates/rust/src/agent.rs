//! What an agent written in safe Rust implements and sees. `boundary.rs` makes C tables of it; `library!` makes the file's
//! note and its one exported symbol.
#![allow(dead_code)]

#[macro_use]
mod boundary;

pub use boundary::{note, Constant, Tables, INTERFACES};

use crate::alphaloop::*;
use boundary::{pointers, rows, text};
use std::ffi::CStr;
use std::os::raw::c_char;
use std::slice;

/// A status that decides what the host does, with a text for people.
pub struct Failure {
    pub status: al_status,
    pub text: String,
}

impl Failure {
    pub fn configuration(text: String) -> Failure {
        Failure { status: AL_E_CONFIG, text }
    }
    pub fn data(text: &str) -> Failure {
        Failure { status: AL_E_DATA, text: text.to_string() }
    }
    fn state(text: &str) -> Failure {
        Failure { status: AL_E_STATE, text: text.to_string() }
    }
}

/// An agent. `Clone`, so that a state which does not restore leaves the instance as it was.
pub trait Agent: Clone + 'static {
    /// Most rows per instrument and evaluation; the descriptor says the same.
    const MAX_ROWS: u32 = 1;
    const STATE_VERSION: u32 = 1;
    /// Wrong parameters are `Failure::configuration`.
    fn new(parameters: &Parameters, host: Host) -> Result<Self, Failure>;
    /// Learns the universe, allocates what it needs, says what it wants to read.
    fn bind(&mut self, universe: &[Instrument]) -> Needs;
    /// Deterministic in the agent's state and the input; no allocation, no I/O, no clock.
    fn evaluate(&mut self, input: &Input, output: &mut Output);
    fn save(&self, to: &mut Writer);
    fn restore(&mut self, from: &mut Reader) -> Result<(), Failure>;
}

/// When an agent wants to be evaluated, and on how much history.
pub struct Needs {
    pub triggers: u32,
    pub lookback: u32,
    pub warm_up: u32,
    pub columns: u32,
}

/// What the host offers: time, seeded randomness, logs. Never a clock of one's own.
#[derive(Clone, Copy)]
pub struct Host(*const al_host_v1);

impl Host {
    /// The as-of time, ns UTC; virtual in a backtest.
    pub fn now(&self) -> i64 {
        unsafe { (*self.0).now.map_or(0, |f| f((*self.0).ctx)) }
    }
    /// 64 uniform bits of this instance's own stream, reproducible from the run's seed.
    pub fn random(&self, stream: u64) -> u64 {
        unsafe { (*self.0).random.map_or(0, |f| f((*self.0).ctx, stream)) }
    }
    /// `level`: `AL_LOG_*`.
    pub fn log(&self, level: i32, text: &str) {
        let message = al_str_v1 { ptr: text.as_ptr() as *const c_char, len: text.len() as u64 };
        unsafe {
            if let Some(f) = (*self.0).log {
                f((*self.0).ctx, level, message)
            }
        }
    }
}

/// The resolved parameters: the host checked them against the schema and applied the defaults.
pub struct Parameters<'a>(&'a [al_param_v1]);

impl<'a> Parameters<'a> {
    fn find(&self, name: &str, types: &[u32]) -> Result<&al_param_v1, Failure> {
        self.0
            .iter()
            .find(|p| text(&p.name) == name && types.contains(&p.r#type))
            .ok_or_else(|| Failure::configuration(format!("parameter '{}' is missing or of another type", name)))
    }
    pub fn integer(&self, name: &str) -> Result<i64, Failure> {
        Ok(self.find(name, &[AL_PARAM_INTEGER])?.integer)
    }
    pub fn number(&self, name: &str) -> Result<f64, Failure> {
        Ok(self.find(name, &[AL_PARAM_NUMBER, AL_PARAM_INTEGER])?.number)
    }
    pub fn flag(&self, name: &str) -> Result<bool, Failure> {
        Ok(self.find(name, &[AL_PARAM_BOOL])?.integer != 0)
    }
    pub fn text(&self, name: &str) -> Result<&str, Failure> {
        Ok(text(&self.find(name, &[AL_PARAM_TEXT])?.text))
    }
}

/// One instrument of the universe; money and quantities in 1e-8 units.
pub struct Instrument<'a>(&'a al_instrument_v1);

impl<'a> Instrument<'a> {
    pub fn symbol(&self) -> &str {
        text(&self.0.symbol)
    }
    pub fn sector(&self) -> &str {
        text(&self.0.sector)
    }
    pub fn raw(&self) -> &al_instrument_v1 {
        self.0
    }
}

/// The history of one instrument, at most the rows that were asked for, oldest first.
pub struct Window<'a> {
    raw: &'a al_window_v1,
    first: usize,
    count: usize,
}

impl<'a> Window<'a> {
    fn new(raw: &'a al_window_v1, lookback: u32) -> Window<'a> {
        let count = raw.count.min(lookback) as usize;
        Window { raw, first: raw.first as usize + raw.count as usize - count, count }
    }
    pub fn len(&self) -> usize {
        self.count
    }
    /// ns UTC, the moment each bar was known.
    pub fn times(&self) -> &'a [i64] {
        rows(self.raw.ts, self.first, self.count)
    }
    fn column(&self, base: *const f64) -> Option<&'a [f64]> {
        (!base.is_null()).then(|| rows(base, self.first, self.count))
    }
    /// None where the series has no such column (close-only data).
    pub fn open(&self) -> Option<&'a [f64]> {
        self.column(self.raw.open)
    }
    pub fn high(&self) -> Option<&'a [f64]> {
        self.column(self.raw.high)
    }
    pub fn low(&self) -> Option<&'a [f64]> {
        self.column(self.raw.low)
    }
    pub fn close(&self) -> Option<&'a [f64]> {
        self.column(self.raw.close)
    }
    pub fn volume(&self) -> Option<&'a [f64]> {
        self.column(self.raw.volume)
    }
}

/// What an evaluation sees. Nothing of it may be kept.
pub struct Input<'a> {
    raw: &'a al_input_v1,
    lookback: u32,
}

impl<'a> Input<'a> {
    /// Instruments of the universe.
    pub fn len(&self) -> usize {
        self.raw.n_instruments as usize
    }
    /// As-of time, ns UTC.
    pub fn as_of(&self) -> i64 {
        self.raw.as_of_ns
    }
    pub fn cause(&self) -> u32 {
        self.raw.cause
    }
    /// None where bars were not granted.
    pub fn window(&self, i: usize) -> Option<Window<'a>> {
        let list = pointers(self.raw.windows, self.len());
        list.get(i).and_then(|p| unsafe { p.as_ref() }).map(|raw| Window::new(raw, self.lookback))
    }
    /// None before the first quote.
    pub fn quote(&self, i: usize) -> Option<&'a al_quote_v1> {
        let list = pointers(self.raw.quotes, self.len());
        list.get(i).and_then(|p| unsafe { p.as_ref() }).filter(|q| q.ts != 0)
    }
    pub fn trades(&self) -> &'a [al_trade_v1] {
        rows(self.raw.trades, 0, self.raw.n_trades as usize)
    }
    pub fn options(&self) -> &'a [al_option_v1] {
        rows(self.raw.options, 0, self.raw.n_options as usize)
    }
    pub fn news(&self) -> &'a [al_news_v1] {
        rows(self.raw.news, 0, self.raw.n_news as usize)
    }
    pub fn events(&self) -> &'a [al_event_v1] {
        rows(self.raw.events, 0, self.raw.n_events as usize)
    }
    pub fn order_updates(&self) -> &'a [al_order_update_v1] {
        rows(self.raw.order_updates, 0, self.raw.n_order_updates as usize)
    }
    pub fn work(&self) -> &'a [al_work_v1] {
        rows(self.raw.work, 0, self.raw.n_work as usize)
    }
    pub fn fundamentals(&self) -> Option<Facts<'a>> {
        unsafe { self.raw.fundamentals.as_ref() }.map(|raw| Facts { raw, groups: self.len() })
    }
    pub fn macros(&self) -> Option<Facts<'a>> {
        unsafe { self.raw.r#macro.as_ref() }.map(|raw| Facts { raw, groups: 1 })
    }
    pub fn portfolio(&self) -> Option<&'a al_portfolio_v1> {
        unsafe { self.raw.portfolio.as_ref() }
    }
    /// One instrument's position.
    pub fn position(&self, i: usize) -> Option<&'a al_position_v1> {
        let portfolio = self.portfolio()?;
        let list = pointers(portfolio.positions, portfolio.n_positions as usize);
        list.get(i).and_then(|p| unsafe { p.as_ref() })
    }
    /// Other agents: their records, and their rows of the earlier stages.
    pub fn views(&self) -> Option<(&'a [al_agent_record_v1], &'a [al_view_v1])> {
        let views = unsafe { self.raw.views.as_ref() }?;
        Some((rows(views.records, 0, views.n_agents as usize), rows(views.rows, 0, views.n_rows as usize)))
    }
    pub fn session(&self) -> Option<&'a al_session_v1> {
        unsafe { self.raw.session.as_ref() }
    }
}

/// Point-in-time facts, sorted by (instrument, field, period, known).
pub struct Facts<'a> {
    raw: &'a al_facts_v1,
    groups: usize,
}

impl<'a> Facts<'a> {
    /// Index of a field or series; None when the source has never had it.
    pub fn field(&self, name: &str) -> Option<u32> {
        let names = rows(self.raw.names, 0, self.raw.n_names as usize);
        names.iter().position(|n| text(n) == name).map(|i| i as u32)
    }
    /// Rows of one instrument (0 for macro).
    pub fn rows(&self, instrument: usize) -> &'a [al_fact_v1] {
        let offsets = rows(self.raw.offsets, 0, self.groups + 1);
        match (offsets.get(instrument), offsets.get(instrument + 1)) {
            (Some(&from), Some(&to)) => rows(self.raw.rows, from as usize, (to - from) as usize),
            _ => &[],
        }
    }
}

/// Writes rows into the host's buffer, which has room for every row that the descriptor promises.
pub struct Output<'a> {
    raw: &'a mut al_output_v1,
    overflow: bool,
}

impl<'a> Output<'a> {
    /// A row of any kind; fields that the kind does not name are 0.
    pub fn append(&mut self, row: al_row_v1) {
        if self.raw.len < self.raw.cap {
            unsafe { *self.raw.rows.add(self.raw.len as usize) = row };
            self.raw.len += 1;
        } else {
            self.overflow = true;
        }
    }
    pub fn row(kind: u16, instrument: u32) -> al_row_v1 {
        al_row_v1 {
            kind,
            order_type: 0,
            time_in_force: 0,
            instrument,
            reason: 0,
            label: 0,
            value: 0.0,
            confidence: 0.0,
            time_ns: 0,
            quantity: 0,
            limit_price: 0,
            stop_price: 0,
        }
    }
    /// Score in [-1, 1], confidence in [0, 1], horizon in ns.
    pub fn view(&mut self, i: usize, score: f64, confidence: f64, horizon: i64) {
        let mut row = Self::row(AL_ROW_VIEW, i as u32);
        row.value = score;
        row.confidence = confidence;
        row.time_ns = horizon;
        self.append(row);
    }
    /// Target weight of equity, signed.
    pub fn weight(&mut self, i: usize, weight: f64) {
        let mut row = Self::row(AL_ROW_WEIGHT, i as u32);
        row.value = weight;
        row.confidence = 1.0;
        self.append(row);
    }
    /// Nothing to say, and why: `AL_REASON_*`. Not a score of 0.
    pub fn abstain(&mut self, i: usize, reason: u32) {
        let mut row = Self::row(AL_ROW_ABSTAIN, i as u32);
        row.reason = reason;
        self.append(row);
    }
}

/// State as little-endian fields of 8 bytes.
#[derive(Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub fn integer(&mut self, value: i64) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }
    pub fn number(&mut self, value: f64) {
        self.integer(value.to_bits() as i64);
    }
}

pub struct Reader {
    bytes: Vec<u8>,
    position: usize,
}

impl Reader {
    pub fn integer(&mut self) -> Result<i64, Failure> {
        let end = self.position + 8;
        let field = self.bytes.get(self.position..end).ok_or_else(|| Failure::data("the saved state is cut short"))?;
        let mut bytes = [0; 8];
        bytes.copy_from_slice(field);
        self.position = end;
        Ok(i64::from_le_bytes(bytes))
    }
    pub fn number(&mut self) -> Result<f64, Failure> {
        Ok(f64::from_bits(self.integer()? as u64))
    }
    fn finish(&self) -> Result<(), Failure> {
        if self.position == self.bytes.len() {
            Ok(())
        } else {
            Err(Failure::data("the saved state has bytes too many"))
        }
    }
}
