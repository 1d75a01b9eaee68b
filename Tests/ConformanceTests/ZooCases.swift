import AlphaLoopRuntime
import Testing

/// One misbehaving plugin: which check catches it, how the check ends, and a part of what it says.
struct ZooCase: Sendable, CustomTestStringConvertible {
  var plugin: String
  var check: String
  var status: CheckStatus
  var reason: String
  /// Further flags for the compiler.
  var flags: [String] = []
  var seconds = 30.0

  var testDescription: String { "\(plugin) is caught by \(check)" }

  private static func fails(_ plugin: String, _ check: String, _ reason: String, flags: [String] = []) -> ZooCase {
    ZooCase(plugin: plugin, check: check, status: .fail, reason: reason, flags: flags)
  }

  private static func crashes(_ plugin: String, _ check: String, _ reason: String) -> ZooCase {
    ZooCase(plugin: plugin, check: check, status: .crashed, reason: reason)
  }

  static let all: [ZooCase] = files + lives + rows + memory + honesty + states + kinds

  private static let files: [ZooCase] = [
    fails("good", "file.segments", "executable stack", flags: ["-Wl,-z,execstack"]),
    fails("wrong_major", "file.note", "ABI 2.0"),
    fails("no_note", "file.note", "no section .alphaloop.abi"),
    fails("extra_exports", "file.exports", "zoo_helper"),
    fails("clock", "file.imports", "clock_gettime"),
    fails("exits", "file.imports", "exit"),
    fails("load_thread", "load.quiet", "1 threads"),
    fails("any_major", "load.entry", "ABI major 2"),
    fails("wrong_entry_size", "load.tables", "size 48"),
    fails("wrong_descriptor_size", "descriptor.table", "says size 152"),
    fails("bad_id", "descriptor.table", "'Zoo'"),
    fails("bad_schema", "descriptor.schema", "not JSON"),
    fails("bad_keyword", "descriptor.schema", "whole"),
    fails("bad_default", "descriptor.schema", "default"),
    fails("no_default", "descriptor.schema", "'span' has no default"),
    fails("null_table", "descriptor.interfaces", "answers NULL"),
    fails("null_function", "descriptor.interfaces", "evaluate is NULL"),
    fails("answers_everything", "descriptor.interfaces", "unknown interface"),
  ]

  private static let lives: [ZooCase] = [
    crashes("crash_create", "descriptor.interfaces", "SIGABRT"),
    crashes("crash_create", "life.cycle", "SIGABRT"),
    fails("any_id", "create.unknown", "unknown id"),
    fails("silent_refusal", "create.unknown", "without a text"),
    crashes("trusts_json", "create.json", "SIGSEGV"),
    crashes("crash_at_bound", "create.bounds", "span = 50"),
    fails("leak_create", "create.repeat", "bytes behind"),
    fails("shared_global", "create.independent", "another instance beside it"),
    fails("fails_restart", "life.cycle", "was started before"),
    crashes("double_free", "life.cycle", "SIGABRT"),
    crashes("destroy_needs_start", "life.unstarted", "destroying what was only created"),
    fails("error_overflow", "life.errors", "past the end of a buffer of 1 bytes"),
    fails("thread_left", "life.threads", "left after stop"),
    fails("undeclared_thread", "life.threads", "does not declare AL_FLAG_THREADS"),
    fails("late_callback", "life.late", "first to now"),
  ]

  private static let rows: [ZooCase] = [
    crashes("crash_evaluate", "agent.rows", "SIGSEGV while evaluating"),
    ZooCase(plugin: "hang_evaluate", check: "agent.rows", status: .hung, reason: "while evaluating", seconds: 2),
    crashes("exits", "agent.rows", "ended the process with exit code 0"),
    crashes("throws", "agent.rows", "SIGABRT"),
    fails("status_error", "agent.rows", "status -99"),
    fails("forged_instrument", "agent.rows", "instrument 13 in a universe of 6"),
    fails("nan_score", "agent.rows", "no finite number"),
    fails("score_range", "agent.rows", "score 1.5 is outside"),
    fails("confidence_range", "agent.rows", "confidence -0.1"),
    fails("undeclared_kind", "agent.rows", "does not declare"),
    fails("unnamed_reason", "agent.rows", "reason 1003"),
    fails("too_many_rows", "agent.rows", "2 rows of instrument 0"),
    fails("length_lies", "agent.rows", "rows where 7 fit"),
    fails("talks_early", "agent.no-bars", "although no instrument has a bar"),
    fails("needs_two", "agent.single", "one instrument"),
    ZooCase(plugin: "index_order", check: "agent.order", status: .warn, reason: "in reverse"),
    fails("state_before_room", "agent.capacity", "too little room"),
    crashes("trap_on_nan", "agent.bad-values", "SIGABRT while evaluating bars with nan"),
    crashes("no_column_check", "agent.columns", "SIGSEGV"),
    crashes("no_null_check", "agent.capabilities", "SIGSEGV while evaluating without inputs 0x1"),
  ]

  private static let memory: [ZooCase] = [
    crashes("overrun_output", "agent.guards", "it touched the memory behind the output's rows"),
    crashes("writes_input", "agent.guards", "it touched close of window 0, which is read-only,"),
    crashes("look_ahead", "agent.guards", "it touched the memory behind close of window 0"),
    crashes("reads_before", "agent.guards", "it touched the memory before close of window 0"),
    fails("malloc_per_call", "agent.allocations", "up to 2 times"),
  ]

  private static let honesty: [ZooCase] = [
    fails("look_ahead", "lookahead.future", "behind the window"),
    fails("all_history", "lookahead.history", "1 more rows of history"),
    fails("address", "determinism.repeat", "instance"),
    fails("environment", "determinism.environment", "Kathmandu"),
    fails("uninitialised", "determinism.environment", "answers other bytes"),
    fails("clock", "determinism.clock", "days off"),
    fails("opens_file", "worker.equal", "in a worker process"),
  ]

  private static let states: [ZooCase] = [
    fails("saves_address", "state.round-trip", "other bytes"),
    fails("forgets", "state.resume", "resumed after"),
    fails("one_read", "state.chunks", "reads of 1 bytes"),
    fails("accepts_any_state", "state.broken", "accepts 1 MB of noise"),
    fails("half_restored", "state.broken", "not as it was"),
    fails("stop_forgets", "fuzz.calls", "stop, start"),
  ]

  private static let kinds: [ZooCase] = [
    fails("enlarging_policy", "policy.tightens", "it enlarges"),
    fails("reversing_policy", "policy.weights", "a weight of"),
    fails("duplicating_broker", "broker.resubmit", "submitted three times"),
    fails("unsummed_broker", "broker.fills", "an order of 10 filled"),
    fails("deaf_broker", "broker.cancel", "open_orders lists an order that was cancelled"),
    fails("trusting_broker", "broker.hostile", "accepts hostile order 0"),
  ]
}
