//! What stands between an agent written in safe Rust and the C tables. An agent implements `Agent`; `library!` makes the
//! file's note and its one exported symbol.
#![allow(dead_code)]

use crate::alphaloop::*;
use std::ffi::CStr;
use std::marker::PhantomData;
use std::os::raw::{c_char, c_void};
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

// The C tables.

fn rows<'a, T>(base: *const T, first: usize, count: usize) -> &'a [T] {
    if base.is_null() || count == 0 {
        return &[];
    }
    unsafe { slice::from_raw_parts(base.add(first), count) }
}

fn pointers<'a, T>(base: *const *const T, count: usize) -> &'a [*const T] {
    rows(base, 0, count)
}

fn text<'a>(c: &'a al_str_v1) -> &'a str {
    std::str::from_utf8(rows(c.ptr as *const u8, 0, c.len as usize)).unwrap_or("")
}

struct Instance<A> {
    agent: A,
    count: u32,
    lookback: u32,
    is_bound: bool,
    is_started: bool,
}

unsafe fn fail(err: *mut al_error_v1, failure: Failure) -> al_status {
    if let Some(err) = err.as_mut() {
        err.code = failure.status;
        err.len = 0;
        if !err.buf.is_null() {
            let mut n = failure.text.len().min(err.cap as usize);
            while !failure.text.is_char_boundary(n) {
                n -= 1;
            }
            std::ptr::copy_nonoverlapping(failure.text.as_ptr(), err.buf as *mut u8, n);
            err.len = n as u32;
        }
    }
    failure.status
}

unsafe fn answer(err: *mut al_error_v1, result: Result<(), Failure>) -> al_status {
    match result {
        Ok(()) => AL_OK,
        Err(failure) => fail(err, failure),
    }
}

pub struct Tables<A>(PhantomData<A>);

impl<A: Agent> Tables<A> {
    const AGENT: &'static al_agent_v1 = &al_agent_v1 {
        size: std::mem::size_of::<al_agent_v1>() as u32,
        reserved: 0,
        bind: Some(Self::bind),
        evaluate: Some(Self::evaluate),
    };
    const STATE: &'static al_state_v1 = &al_state_v1 {
        size: std::mem::size_of::<al_state_v1>() as u32,
        reserved: 0,
        save: Some(Self::save),
        restore: Some(Self::restore),
    };

    unsafe extern "C" fn bind(
        ctx: *mut c_void,
        universe: *const al_universe_v1,
        needs: *mut al_needs_v1,
        err: *mut al_error_v1,
    ) -> al_status {
        let me = &mut *(ctx as *mut Instance<A>);
        if me.is_bound {
            return fail(err, Failure::state("bind is called once per instance"));
        }
        let list = pointers((*universe).instruments, (*universe).n as usize);
        let instruments: Vec<Instrument> = list.iter().map(|p| Instrument(&**p)).collect();
        let wanted = me.agent.bind(&instruments);
        (*needs).triggers = wanted.triggers;
        (*needs).lookback = wanted.lookback;
        (*needs).warm_up = wanted.warm_up;
        (*needs).columns = wanted.columns;
        me.lookback = wanted.lookback;
        me.count = (*universe).n;
        me.is_bound = true;
        AL_OK
    }

    unsafe extern "C" fn evaluate(
        ctx: *mut c_void,
        input: *const al_input_v1,
        output: *mut al_output_v1,
    ) -> al_status {
        let me = &mut *(ctx as *mut Instance<A>);
        if !me.is_bound || !me.is_started {
            return AL_E_STATE;
        }
        if (*input).n_instruments != me.count {
            return AL_E_ARGUMENT;
        }
        (*output).len = 0;
        (*output).needed = 0;
        // Before anything changes: without room for every row the call is answered, and repeated by the host.
        let room = A::MAX_ROWS * me.count + 1;
        if (*output).cap < room {
            (*output).needed = room;
            return AL_E_CAPACITY;
        }
        let mut out = Output { raw: &mut *output, overflow: false };
        me.agent.evaluate(&Input { raw: &*input, lookback: me.lookback }, &mut out);
        if out.overflow {
            AL_E_INTERNAL
        } else {
            AL_OK
        }
    }

    unsafe extern "C" fn save(ctx: *mut c_void, to: *const al_sink_v1, err: *mut al_error_v1) -> al_status {
        let me = &*(ctx as *const Instance<A>);
        if !me.is_bound {
            return fail(err, Failure::state("save needs a bound instance"));
        }
        let mut writer = Writer::default();
        me.agent.save(&mut writer);
        let status = match (*to).write {
            Some(write) => write((*to).ctx, writer.bytes.as_ptr() as *const c_void, writer.bytes.len() as u64),
            None => AL_E_ARGUMENT,
        };
        if status == AL_OK {
            return AL_OK;
        }
        fail(err, Failure { status, text: "the host did not take the state".to_string() })
    }

    unsafe extern "C" fn restore(
        ctx: *mut c_void,
        version: u32,
        from: *const al_source_v1,
        err: *mut al_error_v1,
    ) -> al_status {
        let me = &mut *(ctx as *mut Instance<A>);
        answer(err, me.restore(version, &*from))
    }

    pub unsafe extern "C" fn get_interface(_ctx: *mut c_void, id: *const c_char) -> *const c_void {
        match CStr::from_ptr(id).to_bytes() {
            b"alphaloop.agent/1" => Self::AGENT as *const al_agent_v1 as *const c_void,
            b"alphaloop.state/1" => Self::STATE as *const al_state_v1 as *const c_void,
            _ => std::ptr::null(),
        }
    }

    unsafe extern "C" fn start(ctx: *mut c_void, err: *mut al_error_v1) -> al_status {
        let me = &mut *(ctx as *mut Instance<A>);
        if me.is_started {
            return fail(err, Failure::state("it is started already"));
        }
        me.is_started = true;
        AL_OK
    }

    unsafe extern "C" fn stop(ctx: *mut c_void, err: *mut al_error_v1) -> al_status {
        let me = &mut *(ctx as *mut Instance<A>);
        if !me.is_started {
            return fail(err, Failure::state("it is not started"));
        }
        me.is_started = false;
        AL_OK
    }

    unsafe extern "C" fn destroy(ctx: *mut c_void) {
        drop(Box::from_raw(ctx as *mut Instance<A>));
    }

    /// Makes an instance of the descriptor's id.
    ///
    /// # Safety
    /// Pointers as the ABI gives them.
    pub unsafe fn create(
        descriptor: &al_descriptor_v1,
        host: *const al_host_v1,
        args: *const al_create_v1,
        out: *mut al_instance_v1,
        err: *mut al_error_v1,
    ) -> al_status {
        let id = CStr::from_ptr(descriptor.id).to_str().unwrap_or("");
        if text(&(*args).id) != id {
            let text = format!("this library has {} only", id);
            return fail(err, Failure { status: AL_E_ARGUMENT, text });
        }
        let parameters = Parameters(rows((*args).parameters, 0, (*args).n_parameters as usize));
        let agent = match A::new(&parameters, Host(host)) {
            Ok(agent) => agent,
            Err(failure) => return fail(err, failure),
        };
        let instance = Box::new(Instance { agent, count: 0, lookback: 0, is_bound: false, is_started: false });
        *out = al_instance_v1 {
            size: std::mem::size_of::<al_instance_v1>() as u32,
            reserved: 0,
            ctx: Box::into_raw(instance) as *mut c_void,
            get_interface: Some(Self::get_interface),
            start: Some(Self::start),
            stop: Some(Self::stop),
            destroy: Some(Self::destroy),
        };
        AL_OK
    }
}

impl<A: Agent> Instance<A> {
    fn restore(&mut self, version: u32, from: &al_source_v1) -> Result<(), Failure> {
        if !self.is_bound || self.is_started {
            return Err(Failure::state("restore needs a bound instance that is not started"));
        }
        if version != A::STATE_VERSION {
            return Err(Failure::data("this library reads another state version"));
        }
        let mut reader = Reader { bytes: read_all(from)?, position: 0 };
        let mut fresh = self.agent.clone();
        fresh.restore(&mut reader)?;
        reader.finish()?;
        self.agent = fresh;
        Ok(())
    }
}

fn read_all(from: &al_source_v1) -> Result<Vec<u8>, Failure> {
    const LIMIT: usize = 64 << 20;
    let read = from.read.ok_or_else(|| Failure::data("the state stream has no read function"))?;
    let mut all = Vec::new();
    let mut chunk = [0u8; 4096];
    loop {
        let n = unsafe { read(from.ctx, chunk.as_mut_ptr() as *mut c_void, chunk.len() as u64) };
        match n {
            0 => return Ok(all),
            1..=4096 if all.len() + n as usize <= LIMIT => all.extend_from_slice(&chunk[..n as usize]),
            _ => return Err(Failure::data("the state stream failed or never ends")),
        }
    }
}

// The standard library's panic printer asks for an environment variable and the thread's number, and its locks can wait by
// the clock. A deterministic plugin must not even import those, so the names end here: no variable is set, every thread is
// number 0, and a clock ends the process.
#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    ".hidden getenv",
    ".globl getenv",
    "getenv:",
    ".hidden gettid",
    ".globl gettid",
    "gettid:",
    "xor eax, eax",
    "ret",
    ".hidden clock_gettime",
    ".globl clock_gettime",
    "clock_gettime:",
    "ud2",
);
#[cfg(target_arch = "aarch64")]
std::arch::global_asm!(
    ".hidden getenv",
    ".globl getenv",
    "getenv:",
    ".hidden gettid",
    ".globl gettid",
    "gettid:",
    "mov x0, xzr",
    "ret",
    ".hidden clock_gettime",
    ".globl clock_gettime",
    "clock_gettime:",
    "brk #1",
);

/// Lets a static hold the pointers of the C tables; they point to constants only.
#[repr(transparent)]
pub struct Constant<T>(pub T);
unsafe impl<T> Sync for Constant<T> {}

pub const fn note(toolchain: &str) -> al_note_v1 {
    let bytes = toolchain.as_bytes();
    let mut text = [0 as c_char; 40];
    let mut i = 0;
    while i < bytes.len() && i < 39 {
        text[i] = bytes[i] as c_char;
        i += 1;
    }
    al_note_v1 {
        size: 64,
        magic: AL_NOTE_MAGIC,
        abi_major: AL_ABI_MAJOR,
        abi_minor: AL_ABI_MINOR,
        sdk_version: AL_SDK_VERSION,
        reserved: 0,
        toolchain: text,
    }
}

/// A C text of a literal.
#[macro_export]
macro_rules! c {
    ($text:expr) => {
        concat!($text, "\0").as_ptr() as *const std::os::raw::c_char
    };
}

/// The interfaces of an agent, for its descriptor.
pub static INTERFACES: Constant<[*const c_char; 3]> =
    Constant([c!("alphaloop.agent/1"), c!("alphaloop.state/1"), std::ptr::null()]);

/// The file's note, its entry table and its one exported symbol. `$descriptor`: a `Constant<al_descriptor_v1>`.
#[macro_export]
macro_rules! library {
    ($agent:ty, $descriptor:ident) => {
        #[used]
        #[link_section = ".alphaloop.abi"]
        static NOTE: $crate::alphaloop::al_note_v1 = $crate::agent::note(match option_env!("RUSTC_TOOLCHAIN") {
            Some(name) => name,
            None => "rustc",
        });

        unsafe extern "C" fn create(
            host: *const $crate::alphaloop::al_host_v1,
            args: *const $crate::alphaloop::al_create_v1,
            out: *mut $crate::alphaloop::al_instance_v1,
            err: *mut $crate::alphaloop::al_error_v1,
        ) -> $crate::alphaloop::al_status {
            $crate::agent::Tables::<$agent>::create(&$descriptor.0, host, args, out, err)
        }

        static DESCRIPTORS: $crate::agent::Constant<[*const $crate::alphaloop::al_descriptor_v1; 1]> =
            $crate::agent::Constant([&$descriptor.0]);

        static ENTRY: $crate::agent::Constant<$crate::alphaloop::al_entry_v1> =
            $crate::agent::Constant($crate::alphaloop::al_entry_v1 {
                size: std::mem::size_of::<$crate::alphaloop::al_entry_v1>() as u32,
                abi_major: $crate::alphaloop::AL_ABI_MAJOR,
                abi_minor: $crate::alphaloop::AL_ABI_MINOR,
                min_host_minor: 0,
                n_descriptors: 1,
                reserved: 0,
                descriptors: &DESCRIPTORS.0 as *const _,
                create: Some(create),
            });

        #[no_mangle]
        pub extern "C" fn alphaloop_plugin_v1(
            host_major: u32,
            _host_minor: u32,
        ) -> *const $crate::alphaloop::al_entry_v1 {
            // The read keeps the note in the file: nothing else in the code refers to it.
            let note_major = unsafe { std::ptr::read_volatile(&NOTE.abi_major) };
            if host_major == note_major {
                &ENTRY.0
            } else {
                std::ptr::null()
            }
        }
    };
}
