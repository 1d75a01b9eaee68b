import AlphaLoopRuntime
import Glibc

/// Where in its life a host process is killed.
struct CrashPoint: Equatable {
  enum How: String { case before, middle, after }

  /// Which of the calls that count, from 1.
  var number: Int
  var how: How
  /// Kinds that count; nil: all.
  var only: [Kind]?
  /// Of the sends only those of orders.
  var isOfOrders = false

  /// As `crash_point.c` counts them.
  enum Kind: Int, CaseIterable {
    case journalWrite, journalSync, journalTruncate, brokerConnect, brokerSend, brokerReceive

    var name: String {
      switch self {
      case .journalWrite: "journal_write"
      case .journalSync: "journal_sync"
      case .journalTruncate: "journal_truncate"
      case .brokerConnect: "broker_connect"
      case .brokerSend: "broker_send"
      case .brokerReceive: "broker_receive"
      }
    }
  }
}

/// What the interposer counted in one process.
struct CrashLog {
  var count = 0
  var kinds: [Int] = Array(repeating: 0, count: CrashPoint.Kind.allCases.count)
  /// The call that the process died at; nil: at none.
  var killed: CrashPoint.Kind?

  static let size = 8 * (2 + CrashPoint.Kind.allCases.count)

  init(path: String) {
    guard let bytes = readFile(path), bytes.count >= Self.size else { return }
    let words = bytes.withUnsafeBytes { b in
      (0..<Self.size / 8).map { Int(b.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
    }
    count = words[0]
    kinds = Array(words[1..<words.count - 1])
    killed = CrashPoint.Kind(rawValue: words[words.count - 1] - 1)
  }
}

/// A process of the host, started with a list of words and an environment of its own.
struct HostProcess {
  let pid: pid_t

  /// - Parameter output: file for both of its outputs.
  /// - Throws: when it cannot be started.
  init(_ arguments: [String], environment: [String], output: String) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, output + ".err", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    var words = arguments.map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { for word in words + variables { free(word) } }
    var pid: pid_t = 0
    let status = posix_spawn(&pid, arguments[0], &actions, nil, &words, &variables)
    guard status == 0 else { throw Failure("\(arguments[0]) cannot be started: \(String(cString: strerror(status)))") }
    self.pid = pid
  }

  enum Ending: Equatable {
    case exit(Int32)
    case signal(Int32)
  }

  /// nil: it runs still.
  func ending() -> Ending? {
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
    return status & 0x7f == 0 ? .exit(status >> 8 & 0xff) : .signal(status & 0x7f)
  }

  /// Ends it and takes its ending.
  func end() {
    kill(pid, SIGKILL)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
  }

  /// Runs to the end.
  ///
  /// - Returns: nil when it took longer than `seconds` and was ended.
  func wait(seconds: Double) -> Ending? {
    let until = monotonic() + seconds
    while monotonic() < until {
      if let ending = ending() { return ending }
      usleep(2000)
    }
    end()
    return nil
  }
}

/// Seconds on a clock that only goes on.
func monotonic() -> Double {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
}
