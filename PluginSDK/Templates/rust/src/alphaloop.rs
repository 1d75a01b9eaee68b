//! The C headers of the Alpha Loop plugin ABI, as far as agents see them, field by field and constant by constant.
//! The rules (units, ownership, threads) stand in the headers' comments. `agent.rs` is the safe half.
#![allow(non_camel_case_types, dead_code)]

use std::os::raw::{c_char, c_void};

pub type al_status = i32;

// abi.h

pub const AL_ABI_MAJOR: u32 = 1;
pub const AL_ABI_MINOR: u32 = 0;
pub const AL_SDK_VERSION: u32 = 100;
pub const AL_UNIT: i64 = 100000000;
pub const AL_OK: al_status = 0;
pub const AL_AGAIN: al_status = 1;
pub const AL_DONE: al_status = 2;
pub const AL_E_UNSUPPORTED: al_status = -1;
pub const AL_E_ARGUMENT: al_status = -2;
pub const AL_E_CONFIG: al_status = -3;
pub const AL_E_STATE: al_status = -4;
pub const AL_E_CAPACITY: al_status = -5;
pub const AL_E_IO: al_status = -6;
pub const AL_E_AUTH: al_status = -7;
pub const AL_E_REJECTED: al_status = -8;
pub const AL_E_TIMEOUT: al_status = -9;
pub const AL_E_DATA: al_status = -10;
pub const AL_E_CANCELLED: al_status = -11;
pub const AL_E_INTERNAL: al_status = -99;
pub const AL_NONE: u32 = 0xffffffff;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_str_v1 {
    pub ptr: *const c_char,
    pub len: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_error_v1 {
    pub size: u32,
    pub code: al_status,
    pub buf: *mut c_char,
    pub cap: u32,
    pub len: u32,
    pub retry_after_ns: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_sink_v1 {
    pub size: u32,
    pub reserved: u32,
    pub ctx: *mut c_void,
    pub write: Option<unsafe extern "C" fn(ctx: *mut c_void, bytes: *const c_void, n: u64) -> al_status>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_source_v1 {
    pub size: u32,
    pub reserved: u32,
    pub ctx: *mut c_void,
    pub read: Option<unsafe extern "C" fn(ctx: *mut c_void, bytes: *mut c_void, cap: u64) -> i64>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_progress_v1 {
    pub size: u32,
    pub reserved: u32,
    pub ctx: *mut c_void,
    pub report: Option<unsafe extern "C" fn(ctx: *mut c_void, done: u64, total: u64, label: al_str_v1)>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_order_id_v1 {
    pub session: u64,
    pub sequence: u64,
}

// host.h

pub const AL_MODE_BACKTEST: u32 = 1;
pub const AL_MODE_SIMULATION: u32 = 2;
pub const AL_MODE_PAPER: u32 = 3;
pub const AL_MODE_LIVE: u32 = 4;
pub const AL_MODE_VALIDATE: u32 = 5;
pub const AL_LOG_DEBUG: i32 = 0;
pub const AL_LOG_INFO: i32 = 1;
pub const AL_LOG_WARNING: i32 = 2;
pub const AL_LOG_ERROR: i32 = 3;
pub const AL_METRIC_COUNTER: i32 = 1;
pub const AL_METRIC_GAUGE: i32 = 2;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_host_v1 {
    pub size: u32,
    pub abi_major: u32,
    pub abi_minor: u32,
    pub mode: u32,
    pub ctx: *mut c_void,
    pub now: Option<unsafe extern "C" fn(ctx: *mut c_void) -> i64>,
    pub random: Option<unsafe extern "C" fn(ctx: *mut c_void, stream: u64) -> u64>,
    pub log: Option<unsafe extern "C" fn(ctx: *mut c_void, level: i32, message: al_str_v1)>,
    pub metric: Option<unsafe extern "C" fn(ctx: *mut c_void, name: al_str_v1, kind: i32) -> i32>,
    pub metric_set: Option<unsafe extern "C" fn(ctx: *mut c_void, handle: i32, value: f64)>,
    pub secret: Option<unsafe extern "C" fn(
            ctx: *mut c_void,
            name: al_str_v1,
            buf: *mut c_char,
            cap: u64,
            len: *mut u64,
        ) -> al_status>,
    pub timer: Option<unsafe extern "C" fn(ctx: *mut c_void, at_ns: i64, token: u64) -> al_status>,
    pub stopping: Option<unsafe extern "C" fn(ctx: *mut c_void) -> i32>,
    pub get_interface: Option<unsafe extern "C" fn(ctx: *mut c_void, id: *const c_char) -> *const c_void>,
}

// plugin.h

pub const AL_NOTE_MAGIC: u32 = 0x31414c41;
pub const AL_KIND_AGENT: u32 = 1;
pub const AL_KIND_DATA_SOURCE: u32 = 2;
pub const AL_KIND_BROKER: u32 = 4;
pub const AL_KIND_STORE: u32 = 8;
pub const AL_KIND_POLICY: u32 = 16;
pub const AL_KIND_LEARNER: u32 = 32;
pub const AL_KIND_JOB: u32 = 64;
pub const AL_KIND_SERVICE: u32 = 128;
pub const AL_FLAG_DETERMINISTIC: u64 = 1;
pub const AL_FLAG_NETWORK: u64 = 2;
pub const AL_FLAG_THREADS: u64 = 4;
pub const AL_FLAG_OWN_PROCESS: u64 = 8;
pub const AL_TIER_NONE: u32 = 0;
pub const AL_TIER_EXECUTIVE: u32 = 1;
pub const AL_TIER_SENIOR: u32 = 2;
pub const AL_TIER_JUNIOR: u32 = 3;
pub const AL_IN_BARS: u64 = 1;
pub const AL_IN_QUOTES: u64 = 2;
pub const AL_IN_TRADES: u64 = 4;
pub const AL_IN_FUNDAMENTALS: u64 = 8;
pub const AL_IN_MACRO: u64 = 16;
pub const AL_IN_OPTIONS: u64 = 32;
pub const AL_IN_NEWS: u64 = 64;
pub const AL_IN_EVENTS: u64 = 128;
pub const AL_IN_PORTFOLIO: u64 = 256;
pub const AL_IN_ORDERS: u64 = 512;
pub const AL_IN_VIEWS: u64 = 1024;
pub const AL_OUT_VIEW: u64 = 1 << 1;
pub const AL_OUT_WEIGHT: u64 = 1 << 2;
pub const AL_OUT_QUANTITY: u64 = 1 << 3;
pub const AL_OUT_MULTIPLIER: u64 = 1 << 4;
pub const AL_OUT_VETO: u64 = 1 << 5;
pub const AL_OUT_ORDER: u64 = 1 << 6;
pub const AL_OUT_ESTIMATE: u64 = 1 << 7;
pub const AL_OUT_AGENT_WEIGHT: u64 = 1 << 9;
pub const AL_OUT_HALT: u64 = 1 << 10;
pub const AL_PARAM_BOOL: u32 = 1;
pub const AL_PARAM_INTEGER: u32 = 2;
pub const AL_PARAM_NUMBER: u32 = 3;
pub const AL_PARAM_TEXT: u32 = 4;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_note_v1 {
    pub size: u32,
    pub magic: u32,
    pub abi_major: u32,
    pub abi_minor: u32,
    pub sdk_version: u32,
    pub reserved: u32,
    pub toolchain: [c_char; 40],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_descriptor_v1 {
    pub size: u32,
    pub kinds: u32,
    pub flags: u64,
    pub inputs: u64,
    pub outputs: u64,
    pub id: *const c_char,
    pub name: *const c_char,
    pub vendor: *const c_char,
    pub version: *const c_char,
    pub license: *const c_char,
    pub summary: *const c_char,
    pub family: *const c_char,
    pub parameters: *const c_char,
    pub interfaces: *const *const c_char,
    pub reasons: *const *const c_char,
    pub estimates: *const *const c_char,
    pub tier: u32,
    pub warm_up: u32,
    pub max_rows: u32,
    pub state_version: u32,
    pub min_state_version: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_param_v1 {
    pub name: al_str_v1,
    pub r#type: u32,
    pub reserved: u32,
    pub integer: i64,
    pub number: f64,
    pub text: al_str_v1,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_create_v1 {
    pub size: u32,
    pub n_parameters: u32,
    pub id: al_str_v1,
    pub instance: al_str_v1,
    pub parameters_json: al_str_v1,
    pub parameters: *const al_param_v1,
    pub inputs: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_instance_v1 {
    pub size: u32,
    pub reserved: u32,
    pub ctx: *mut c_void,
    pub get_interface: Option<unsafe extern "C" fn(ctx: *mut c_void, id: *const c_char) -> *const c_void>,
    pub start: Option<unsafe extern "C" fn(ctx: *mut c_void, err: *mut al_error_v1) -> al_status>,
    pub stop: Option<unsafe extern "C" fn(ctx: *mut c_void, err: *mut al_error_v1) -> al_status>,
    pub destroy: Option<unsafe extern "C" fn(ctx: *mut c_void)>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_entry_v1 {
    pub size: u32,
    pub abi_major: u32,
    pub abi_minor: u32,
    pub min_host_minor: u32,
    pub n_descriptors: u32,
    pub reserved: u32,
    pub descriptors: *const *const al_descriptor_v1,
    pub create: Option<unsafe extern "C" fn(
            host: *const al_host_v1,
            args: *const al_create_v1,
            out: *mut al_instance_v1,
            err: *mut al_error_v1,
        ) -> al_status>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_state_v1 {
    pub size: u32,
    pub reserved: u32,
    pub save: Option<unsafe extern "C" fn(
            ctx: *mut c_void,
            to: *const al_sink_v1,
            err: *mut al_error_v1,
        ) -> al_status>,
    pub restore: Option<unsafe extern "C" fn(
            ctx: *mut c_void,
            version: u32,
            from: *const al_source_v1,
            err: *mut al_error_v1,
        ) -> al_status>,
}

// market.h

pub const AL_ASSET_EQUITY: u32 = 1;
pub const AL_ASSET_ETF: u32 = 2;
pub const AL_ASSET_INDEX: u32 = 3;
pub const AL_ASSET_FX: u32 = 4;
pub const AL_ASSET_CRYPTO: u32 = 5;
pub const AL_ASSET_FUTURE: u32 = 6;
pub const AL_ASSET_OPTION: u32 = 7;
pub const AL_RIGHT_CALL: u32 = 1;
pub const AL_RIGHT_PUT: u32 = 2;
pub const AL_INSTRUMENT_TRADABLE: u32 = 1;
pub const AL_INSTRUMENT_SHORTABLE: u32 = 2;
pub const AL_COLUMN_OPEN: u32 = 1;
pub const AL_COLUMN_HIGH: u32 = 2;
pub const AL_COLUMN_LOW: u32 = 4;
pub const AL_COLUMN_CLOSE: u32 = 8;
pub const AL_COLUMN_VOLUME: u32 = 16;
pub const AL_EVENT_EARNINGS: u32 = 1;
pub const AL_EVENT_DIVIDEND: u32 = 2;
pub const AL_EVENT_SPLIT: u32 = 3;
pub const AL_EVENT_FILING: u32 = 4;
pub const AL_EVENT_INSIDER_TRADE: u32 = 5;
pub const AL_EVENT_RENAME: u32 = 6;
pub const AL_EVENT_DELISTING: u32 = 7;
pub const AL_EVENT_TRADING_HALT: u32 = 8;
pub const AL_EVENT_TRADING_RESUME: u32 = 9;
pub const AL_EVENT_OTHER: u32 = 100;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_instrument_v1 {
    pub size: u32,
    pub index: u32,
    pub uid: u64,
    pub asset: u32,
    pub flags: u32,
    pub tick: i64,
    pub lot: i64,
    pub multiplier: i64,
    pub strike: i64,
    pub expiry_ns: i64,
    pub right: u32,
    pub underlying: u32,
    pub symbol: al_str_v1,
    pub currency: al_str_v1,
    pub venue: al_str_v1,
    pub calendar: al_str_v1,
    pub sector: al_str_v1,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_window_v1 {
    pub ts: *const i64,
    pub open: *const f64,
    pub high: *const f64,
    pub low: *const f64,
    pub close: *const f64,
    pub volume: *const f64,
    pub first: u32,
    pub count: u32,
    pub columns: u32,
    pub total: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_bars_v1 {
    pub size: u32,
    pub columns: u32,
    pub n: u64,
    pub ts: *const i64,
    pub instrument: *const u32,
    pub open: *const i64,
    pub high: *const i64,
    pub low: *const i64,
    pub close: *const i64,
    pub volume: *const i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_quote_v1 {
    pub ts: i64,
    pub bid: f64,
    pub ask: f64,
    pub bid_size: f64,
    pub ask_size: f64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_trade_v1 {
    pub ts: i64,
    pub instrument: u32,
    pub flags: u32,
    pub price: f64,
    pub size: f64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_fact_v1 {
    pub instrument: u32,
    pub field: u32,
    pub period_ns: i64,
    pub known_ns: i64,
    pub value: f64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_facts_v1 {
    pub size: u32,
    pub n_names: u32,
    pub n_rows: u64,
    pub names: *const al_str_v1,
    pub rows: *const al_fact_v1,
    pub offsets: *const u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_option_v1 {
    pub underlying: u32,
    pub right: u32,
    pub ts: i64,
    pub expiry_ns: i64,
    pub strike: f64,
    pub bid: f64,
    pub ask: f64,
    pub last: f64,
    pub implied_volatility: f64,
    pub open_interest: f64,
    pub volume: f64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_news_v1 {
    pub instrument: u32,
    pub flags: u32,
    pub published_ns: i64,
    pub known_ns: i64,
    pub sentiment: f64,
    pub id: al_str_v1,
    pub source: al_str_v1,
    pub headline: al_str_v1,
    pub body: al_str_v1,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_event_v1 {
    pub instrument: u32,
    pub kind: u32,
    pub event_ns: i64,
    pub known_ns: i64,
    pub value: f64,
    pub value2: f64,
    pub subject: al_str_v1,
    pub text: al_str_v1,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_session_v1 {
    pub size: u32,
    pub early_close: u32,
    pub date_ns: i64,
    pub open_ns: i64,
    pub close_ns: i64,
    pub previous_date_ns: i64,
    pub next_date_ns: i64,
}

// order.h

pub const AL_ORDER_MARKET: u8 = 0;
pub const AL_ORDER_LIMIT: u8 = 1;
pub const AL_ORDER_STOP: u8 = 2;
pub const AL_ORDER_STOP_LIMIT: u8 = 3;
pub const AL_ORDER_TRAILING_STOP: u8 = 4;
pub const AL_ORDER_MARKET_ON_OPEN: u8 = 5;
pub const AL_ORDER_LIMIT_ON_OPEN: u8 = 6;
pub const AL_ORDER_MARKET_ON_CLOSE: u8 = 7;
pub const AL_ORDER_LIMIT_ON_CLOSE: u8 = 8;
pub const AL_TIF_DAY: u8 = 0;
pub const AL_TIF_GTC: u8 = 1;
pub const AL_TIF_IOC: u8 = 2;
pub const AL_TIF_FOK: u8 = 3;
pub const AL_TIF_GTD: u8 = 4;
pub const AL_STATE_INTENDED: u8 = 0;
pub const AL_STATE_SUBMITTED: u8 = 1;
pub const AL_STATE_ACCEPTED: u8 = 2;
pub const AL_STATE_PARTIALLY_FILLED: u8 = 3;
pub const AL_STATE_FILLED: u8 = 4;
pub const AL_STATE_CANCEL_PENDING: u8 = 5;
pub const AL_STATE_REPLACE_PENDING: u8 = 6;
pub const AL_STATE_CANCELLED: u8 = 7;
pub const AL_STATE_REJECTED: u8 = 8;
pub const AL_STATE_EXPIRED: u8 = 9;
pub const AL_STATE_DENIED: u8 = 10;
pub const AL_STATE_UNKNOWN: u8 = 11;
pub const AL_ORDER_REDUCE_ONLY: u16 = 1;
pub const AL_ORDER_OUTSIDE_HOURS: u16 = 2;
pub const AL_HALT_ARMED: u32 = 0;
pub const AL_HALT_PAUSED: u32 = 1;
pub const AL_HALT_HALTED: u32 = 2;
pub const AL_HALT_FLATTENING: u32 = 3;
pub const AL_HALT_FLAT: u32 = 4;
pub const AL_DENY_HALTED: u16 = 1;
pub const AL_DENY_POSITION_SIZE: u16 = 2;
pub const AL_DENY_POSITION_COUNT: u16 = 3;
pub const AL_DENY_GROSS: u16 = 4;
pub const AL_DENY_NET: u16 = 5;
pub const AL_DENY_SECTOR: u16 = 6;
pub const AL_DENY_PRICE_COLLAR: u16 = 7;
pub const AL_DENY_STALE_QUOTE: u16 = 8;
pub const AL_DENY_DUPLICATE: u16 = 9;
pub const AL_DENY_ORDER_RATE: u16 = 10;
pub const AL_DENY_MESSAGE_RATE: u16 = 11;
pub const AL_DENY_BUYING_POWER: u16 = 12;
pub const AL_DENY_RESTRICTED: u16 = 13;
pub const AL_DENY_LOCATE: u16 = 14;
pub const AL_DENY_UNKNOWN_WORKING: u16 = 15;
pub const AL_DENY_NOT_TRADABLE: u16 = 16;
pub const AL_DENY_INVALID: u16 = 17;
pub const AL_DENY_ORDER_SIZE: u16 = 18;
pub const AL_DENY_VETO: u16 = 19;
pub const AL_DENY_NO_PRICE: u16 = 20;
pub const AL_DENY_DISCONNECTED: u16 = 21;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_position_v1 {
    pub instrument: u32,
    pub flags: u32,
    pub quantity: i64,
    pub committed: i64,
    pub average_cost: i64,
    pub last: i64,
    pub realised: i64,
    pub unrealised: i64,
    pub fees: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_portfolio_v1 {
    pub size: u32,
    pub n_positions: u32,
    pub positions: *const *const al_position_v1,
    pub equity: i64,
    pub cash: i64,
    pub peak_equity: i64,
    pub day_start_equity: i64,
    pub initial_cash: i64,
    pub gross: i64,
    pub net: i64,
    pub n_open: u32,
    pub halt: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_order_update_v1 {
    pub id: al_order_id_v1,
    pub ts: i64,
    pub instrument: u32,
    pub state: u8,
    pub r#type: u8,
    pub reason: u16,
    pub quantity: i64,
    pub filled: i64,
    pub last_quantity: i64,
    pub last_price: i64,
    pub label: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_work_v1 {
    pub parent: u64,
    pub instrument: u32,
    pub flags: u32,
    pub total: i64,
    pub remaining: i64,
    pub working: i64,
    pub start_ns: i64,
    pub end_ns: i64,
    pub limit_price: i64,
}

// agent.h

pub const AL_CAUSE_BAR: u32 = 1;
pub const AL_CAUSE_PANEL: u32 = 2;
pub const AL_CAUSE_QUOTE: u32 = 4;
pub const AL_CAUSE_TRADE: u32 = 8;
pub const AL_CAUSE_FACT: u32 = 16;
pub const AL_CAUSE_ORDER: u32 = 32;
pub const AL_CAUSE_TIMER: u32 = 64;
pub const AL_CAUSE_WORK: u32 = 128;
pub const AL_REASON_NONE: u32 = 0;
pub const AL_REASON_WARM_UP: u32 = 1;
pub const AL_REASON_MISSING_CAPABILITY: u32 = 2;
pub const AL_REASON_STALE: u32 = 3;
pub const AL_REASON_INVALID_DATA: u32 = 4;
pub const AL_REASON_ZERO_VOLUME: u32 = 5;
pub const AL_REASON_NO_SIGNAL: u32 = 6;
pub const AL_REASON_DEGENERATE: u32 = 7;
pub const AL_REASON_NOT_APPLICABLE: u32 = 8;
pub const AL_REASON_CUSTOM: u32 = 1000;
pub const AL_ROW_VIEW: u16 = 1;
pub const AL_ROW_WEIGHT: u16 = 2;
pub const AL_ROW_QUANTITY: u16 = 3;
pub const AL_ROW_MULTIPLIER: u16 = 4;
pub const AL_ROW_VETO: u16 = 5;
pub const AL_ROW_ORDER: u16 = 6;
pub const AL_ROW_ESTIMATE: u16 = 7;
pub const AL_ROW_ABSTAIN: u16 = 8;
pub const AL_ROW_AGENT_WEIGHT: u16 = 9;
pub const AL_ROW_HALT: u16 = 10;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_needs_v1 {
    pub size: u32,
    pub triggers: u32,
    pub lookback: u32,
    pub warm_up: u32,
    pub columns: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_universe_v1 {
    pub size: u32,
    pub n: u32,
    pub instruments: *const *const al_instrument_v1,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_row_v1 {
    pub kind: u16,
    pub order_type: u8,
    pub time_in_force: u8,
    pub instrument: u32,
    pub reason: u32,
    pub label: u32,
    pub value: f64,
    pub confidence: f64,
    pub time_ns: i64,
    pub quantity: i64,
    pub limit_price: i64,
    pub stop_price: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_output_v1 {
    pub size: u32,
    pub cap: u32,
    pub len: u32,
    pub needed: u32,
    pub rows: *mut al_row_v1,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_agent_record_v1 {
    pub instance: al_str_v1,
    pub id: al_str_v1,
    pub tier: u32,
    pub wins: u32,
    pub losses: u32,
    pub reserved: u32,
    pub weight: f64,
    pub sum_win: f64,
    pub sum_loss: f64,
    pub last_return: f64,
    pub realised: i64,
    pub unrealised: i64,
    pub fees: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_view_v1 {
    pub agent: u32,
    pub reserved: u32,
    pub row: al_row_v1,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_views_v1 {
    pub size: u32,
    pub n_agents: u32,
    pub n_rows: u64,
    pub records: *const al_agent_record_v1,
    pub rows: *const al_view_v1,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_input_v1 {
    pub size: u32,
    pub cause: u32,
    pub as_of_ns: i64,
    pub sequence: u64,
    pub timer: u64,
    pub n_instruments: u32,
    pub n_trades: u32,
    pub n_options: u32,
    pub n_news: u32,
    pub n_events: u32,
    pub n_order_updates: u32,
    pub n_work: u32,
    pub reserved: u32,
    pub windows: *const *const al_window_v1,
    pub quotes: *const *const al_quote_v1,
    pub trades: *const al_trade_v1,
    pub fundamentals: *const al_facts_v1,
    pub r#macro: *const al_facts_v1,
    pub options: *const al_option_v1,
    pub news: *const al_news_v1,
    pub events: *const al_event_v1,
    pub portfolio: *const al_portfolio_v1,
    pub order_updates: *const al_order_update_v1,
    pub work: *const al_work_v1,
    pub views: *const al_views_v1,
    pub session: *const al_session_v1,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct al_agent_v1 {
    pub size: u32,
    pub reserved: u32,
    pub bind: Option<unsafe extern "C" fn(
            ctx: *mut c_void,
            universe: *const al_universe_v1,
            needs: *mut al_needs_v1,
            err: *mut al_error_v1,
        ) -> al_status>,
    pub evaluate: Option<unsafe extern "C" fn(
            ctx: *mut c_void,
            input: *const al_input_v1,
            output: *mut al_output_v1,
        ) -> al_status>,
}

