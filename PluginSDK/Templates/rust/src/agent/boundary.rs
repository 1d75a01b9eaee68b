//! The other half: an agent as C tables, the file's note and its one exported symbol. Nothing here is about trading, and
//! an author has no need to change it.

use super::*;
use std::marker::PhantomData;
use std::os::raw::c_void;

pub(super) fn rows<'a, T>(base: *const T, first: usize, count: usize) -> &'a [T] {
    if base.is_null() || count == 0 {
        return &[];
    }
    unsafe { slice::from_raw_parts(base.add(first), count) }
}

pub(super) fn pointers<'a, T>(base: *const *const T, count: usize) -> &'a [*const T] {
    rows(base, 0, count)
}

pub(super) fn text<'a>(c: &'a al_str_v1) -> &'a str {
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
